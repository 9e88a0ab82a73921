//! What a body says about rows: snapshots, made without looking at the database.

pub mod contact;
pub mod conversation;
pub mod message;

use domain::{AccountKey, TenantId};

/// Whose event it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// The tenant.
    pub tenant: TenantId,
    /// The account.
    pub account: AccountKey,
}
