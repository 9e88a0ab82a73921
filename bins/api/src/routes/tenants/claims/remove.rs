//! Letting a claim mean nobody any more.

use axum::extract::State;
use axum::http::StatusCode;
use domain::TenantId;
use serde::Deserialize;
use serde_json::json;

use crate::App;
use crate::auth::{Above, ManageTenants};
use crate::error::ApiError;
use crate::extract::{Name, Query};
use crate::problem::Problem;

/// Which claim. It may hold any character, and many proxies would not let some of them through in a path.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(in crate::routes) struct RemoveTenantClaim {
    /// What the OpenID provider says, exactly.
    #[param(example = "Acme Ltd.")]
    claim: String,
}

/// Let a claim mean nobody any more.
///
/// Whoever came in by it no longer belongs to the tenant, from the next request on; a live stream
/// that is open ends with its token. Only keys of the installation may do it.
#[utoipa::path(
    delete, path = "/tenants/{id}/claims", tag = "tenants",
    security(("bearer" = ["tenants:manage"])),
    params(("id" = TenantId, Path, description = "The tenant's short name"), RemoveTenantClaim),
    responses(
        (status = 204, description = "The claim means nobody any more"),
        (status = 404, description = "The claim does not mean this tenant", body = Problem,
         content_type = "application/problem+json"),
    )
)]
pub(in crate::routes) async fn remove_tenant_claim(
    State(app): State<App>,
    steward: Above<ManageTenants>,
    Name(id): Name<TenantId>,
    Query(RemoveTenantClaim { claim }): Query<RemoveTenantClaim>,
) -> Result<StatusCode, ApiError> {
    let mut transaction = app.installation().await?;
    if !store::tenant_claims::remove(&mut transaction, &claim, &id).await? {
        return Err(ApiError::NotFound("claim of this tenant's"));
    }
    let entry = steward.does("tenants claims remove", &id, json!({ "claim": claim }));
    store::audit::record(&mut transaction, &entry).await?;
    transaction.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
