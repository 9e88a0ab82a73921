//! `/tenant`: the caller's own.

pub(super) mod get;
pub(super) mod update;

use chrono::{DateTime, Utc};
use domain::TenantId;
use serde::Serialize;
use serde_json::{Value, json};
use store::PgConnection;
use store::audit::Entry;
use store::tenants::Described;

use crate::database::Placed;
use crate::error::ApiError;
use crate::problem::Faults;

/// Longest name, in characters.
const LONGEST_NAME: usize = 200;

/// A company whose people and machines use this installation.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Tenant {
    /// Short name, which never changes.
    #[schema(value_type = String, example = "acme")]
    id: TenantId,
    /// Name for people.
    #[schema(example = "Acme Ltd")]
    name: String,
    /// When it was created.
    created_at: DateTime<Utc>,
    /// What an OpenID provider says of its people. Only keys of the installation and operators set
    /// this: a tenant could take another one's.
    #[schema(example = json!(["acme"]))]
    claims: Vec<String>,
}

impl From<Described> for Tenant {
    fn from(described: Described) -> Self {
        let store::tenants::Tenant { id, name, created_at } = described.tenant;
        Self { id, name, created_at, claims: described.claims }
    }
}

/// Returns the tenant with this name, if the transaction may see it.
pub(super) async fn read(connection: &mut PgConnection, id: &TenantId) -> Result<Tenant, ApiError> {
    let known = store::tenants::described(connection, Some(id), 0, 1).await?.pop();
    known.map(Tenant::from).ok_or(ApiError::NotFound("tenant"))
}

/// Gives a tenant another name. `entry` makes the audit's entry of what changed.
pub(super) async fn rename(
    mut transaction: Placed,
    id: &TenantId,
    name: &str,
    entry: impl FnOnce(Value) -> Entry,
) -> Result<Tenant, ApiError> {
    let before = store::tenants::rename(&mut transaction, id, name).await?;
    let before = before.ok_or(ApiError::NotFound("tenant"))?;
    let details = json!({ "before": { "name": before }, "after": { "name": name } });
    store::audit::record(&mut transaction, &entry(details)).await?;
    let now = read(&mut transaction, id).await?;
    transaction.commit().await?;
    Ok(now)
}

/// Checks a name for people. Returns it without the blanks around it.
pub(super) fn named(name: &str) -> Result<&str, ApiError> {
    let name = name.trim();
    Faults::only_text("name", name, 1..=LONGEST_NAME)?;
    Ok(name)
}
