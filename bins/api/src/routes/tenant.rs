//! `/tenant`: the caller's own.

pub(super) mod get;
pub(super) mod update;

use chrono::{DateTime, Utc};
use domain::TenantId;
use serde::Serialize;
use store::PgConnection;

use crate::error::ApiError;

/// The company that the caller belongs to.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Tenant {
    /// Its short name, which stays.
    #[schema(value_type = String, example = "acme")]
    id: TenantId,
    /// Its name for people.
    #[schema(example = "Acme Ltd")]
    name: String,
    /// Since when it is here.
    created_at: DateTime<Utc>,
    /// What an OpenID provider says of its people. Operators say so, by `axis tenants claims`: a
    /// tenant could take another one's.
    #[schema(example = json!(["acme"]))]
    claims: Vec<String>,
}

async fn read(connection: &mut PgConnection, id: &TenantId) -> Result<Tenant, ApiError> {
    let tenants = store::tenants::list(&mut *connection).await?;
    let known = tenants.into_iter().find(|one| one.id == *id);
    let known = known.ok_or(ApiError::NotFound("tenant"))?;
    let claims = store::tenant_claims::list(connection).await?;
    let claims = claims.into_iter().filter(|one| one.tenant == *id).map(|one| one.claim);
    let store::tenants::Tenant { id, name, created_at } = known;
    Ok(Tenant { id, name, created_at, claims: claims.collect() })
}
