//! `/tenants`: all of them, for machines that stand above the tenants.

pub(super) mod claims;
pub(super) mod create;
pub(super) mod get;
pub(super) mod list;
pub(super) mod update;
