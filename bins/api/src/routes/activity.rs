//! `/activity`

pub(super) mod get;
pub(super) mod list;
mod stream;
pub(super) mod tickets;
