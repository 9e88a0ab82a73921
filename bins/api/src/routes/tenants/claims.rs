//! `/tenants/{id}/claims`: what an OpenID provider says of a tenant's people.

pub(in crate::routes) mod add;
pub(in crate::routes) mod list;
pub(in crate::routes) mod remove;

use chrono::{DateTime, Utc};
use domain::TenantId;
use serde::Serialize;

/// A claim that means a tenant.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::routes) struct TenantClaim {
    /// What the provider says.
    #[schema(example = "Acme Ltd.")]
    claim: String,
    /// The tenant that it means.
    #[schema(value_type = String, example = "acme")]
    tenant_id: TenantId,
    /// Since when it means this tenant.
    created_at: DateTime<Utc>,
}

impl From<store::tenant_claims::TenantClaim> for TenantClaim {
    fn from(known: store::tenant_claims::TenantClaim) -> Self {
        let store::tenant_claims::TenantClaim { claim, tenant, created_at } = known;
        Self { claim, tenant_id: tenant, created_at }
    }
}
