//! `/audit`

pub(super) mod list;
