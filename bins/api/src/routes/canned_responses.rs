//! `/canned-responses`

pub(super) mod list;
