//! `/conversations/{id}/messages`

pub(in crate::routes) mod cancel;
pub(in crate::routes) mod create;
pub(in crate::routes) mod delete;
pub(in crate::routes) mod list;
pub(in crate::routes) mod retry;
