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
    /// Id of the key; not the key itself.
    id: ApiKeyId,
    /// What the key is for.
    #[schema(example = "nightly export")]
    name: String,
    /// What the key may do.
    permissions: Vec<Permission>,
    /// Who created it.
    #[schema(example = "member dev-admin")]
    created_by: String,
    /// When it was created.
    created_at: DateTime<Utc>,
    /// When it expires; null if never.
    expires_at: Option<DateTime<Utc>>,
    /// When it was last used, to the minute; null if never.
    last_used_at: Option<DateTime<Utc>>,
    /// When it was revoked; null if it was not.
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
