//! The claims that mean a tenant.

use axum::Json;
use axum::extract::State;
use domain::TenantId;
use serde::Serialize;

use super::TenantClaim;
use crate::App;
use crate::auth::{Above, ReadTenants};
use crate::error::ApiError;
use crate::extract::Name;
use crate::problem::Problem;
use crate::routes::tenant::read;

/// All claims that mean a tenant.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::routes) struct TenantClaimList {
    data: Vec<TenantClaim>,
}

/// List the claims that mean a tenant. Only keys of the installation may do it.
#[utoipa::path(
    get, path = "/tenants/{id}/claims", tag = "tenants",
    security(("bearer" = ["tenants:read"])),
    params(("id" = TenantId, Path, description = "The tenant's short name")),
    responses(
        (status = 200, description = "All claims that mean the tenant", body = TenantClaimList),
        (status = 404, description = "There is no tenant of this name", body = Problem,
         content_type = "application/problem+json"),
    )
)]
pub(in crate::routes) async fn list_tenant_claims(
    State(app): State<App>,
    _: Above<ReadTenants>,
    Name(id): Name<TenantId>,
) -> Result<Json<TenantClaimList>, ApiError> {
    let mut transaction = app.installation().await?;
    read(&mut transaction, &id).await?;
    let claims = store::tenant_claims::list(&mut transaction, Some(&id)).await?;
    Ok(Json(TenantClaimList { data: claims.into_iter().map(TenantClaim::from).collect() }))
}
