//! `/teams`

pub(super) mod list;
