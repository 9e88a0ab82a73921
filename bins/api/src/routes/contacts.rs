//! `/contacts`

pub(super) mod get;
