//! `/labels`

pub(super) mod list;
