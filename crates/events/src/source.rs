//! What the receiver must know about a Chatwoot account; an entry of the key-value bucket `SOURCES`.

use domain::{AccountKey, TenantId};
use serde::{Deserialize, Serialize};

/// An account that may send webhooks. Its key in the bucket is [`AccountKey::token`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Source {
    /// The key in the webhook's address.
    pub account: AccountKey,
    /// The account's tenant.
    pub tenant: TenantId,
    /// The account's number, which is `account.id` in its bodies.
    pub chatwoot_account_id: i64,
    /// The installation's address, for people.
    pub base_url: String,
    /// The webhook secrets that are valid now (several during a rotation), each sealed under the
    /// deployment's key for [`Source::SECRET_PURPOSE`], in hexadecimal.
    pub sealed_secrets: Vec<String>,
    /// Whether the operator accepts unsigned webhooks from it (Chatwoot before 4.11.2).
    pub allow_unsigned: bool,
}

impl Source {
    /// The purpose that webhook secrets are sealed for.
    pub const SECRET_PURPOSE: &'static str = "webhook-secret";
}
