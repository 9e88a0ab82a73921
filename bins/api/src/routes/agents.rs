//! `/agents`

pub(super) mod list;
