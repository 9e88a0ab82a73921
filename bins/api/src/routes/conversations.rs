//! `/conversations`

pub(super) mod draft;
pub(super) mod escalate;
pub(super) mod get;
pub(super) mod list;
pub(super) mod marks;
pub(super) mod messages;
pub(super) mod presence;
pub(super) mod typing;
pub(super) mod update;
