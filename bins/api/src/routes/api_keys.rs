//! `/api-keys`

pub(super) mod create;
pub(super) mod list;
pub(super) mod revoke;

use chrono::{DateTime, Utc};
use domain::{ApiKeyId, Permission};
use serde::Serialize;

/// A key for a machine, without its secret.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ApiKey {
    /// Its id; not the key itself.
    id: ApiKeyId,
    /// What it is for.
    #[schema(example = "nightly export")]
    name: String,
    /// What it may do.
    permissions: Vec<Permission>,
    /// Who made it.
    #[schema(example = "member dev-admin")]
    created_by: String,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// From when on it is worth nothing; null: for good.
    expires_at: Option<DateTime<Utc>>,
    /// When it last came in, to the minute.
    last_used_at: Option<DateTime<Utc>>,
    /// Since when it is worth nothing, by somebody's word.
    revoked_at: Option<DateTime<Utc>>,
}

impl From<store::api_keys::ApiKey> for ApiKey {
    fn from(key: store::api_keys::ApiKey) -> Self {
        Self {
            id: key.id,
            name: key.name,
            permissions: key.permissions.iter().collect(),
            created_by: key.created_by,
            created_at: key.created_at,
            expires_at: key.expires_at,
            last_used_at: key.last_used_at,
            revoked_at: key.revoked_at,
        }
    }
}
