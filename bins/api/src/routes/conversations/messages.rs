//! `/conversations/{id}/messages`

pub(in crate::routes) mod create;
pub(in crate::routes) mod list;
