//! `/attachments`

pub(super) mod get;
