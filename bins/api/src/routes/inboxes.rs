//! `/inboxes`

pub(super) mod list;
