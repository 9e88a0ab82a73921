//! A claim that means nobody any more.

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

/// Which claim. It may hold any character, which many a proxy would not let through in a path.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(in crate::routes) struct RemoveTenantClaim {
    /// What the OpenID provider says, to the letter.
    #[param(example = "Acme Ltd.")]
    claim: String,
}

/// Let a claim mean nobody: whoever it let in belongs to the tenant no more, from the next request on;
/// a live stream that is open ends with its token. Only keys of the installation may.
#[utoipa::path(
    delete, path = "/tenants/{id}/claims", tag = "tenants",
    security(("bearer" = ["tenants:manage"])),
    params(("id" = TenantId, Path, description = "The tenant's short name"), RemoveTenantClaim),
    responses(
        (status = 204, description = "It means nobody"),
        (status = 404, description = "It does not mean this tenant", body = Problem,
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
