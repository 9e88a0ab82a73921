//! Letting a claim mean a tenant.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::TenantId;
use serde::Deserialize;
use serde_json::json;

use super::TenantClaim;
use crate::App;
use crate::auth::{Above, ManageTenants};
use crate::error::ApiError;
use crate::extract::{self, Name};
use crate::idempotency::{Begun, Key};
use crate::problem::Problem;
use crate::routes::tenant::read;

/// A claim that is to mean the tenant.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::routes) struct AddTenantClaim {
    /// What the OpenID provider says of the tenant's people, exactly: at most 255 bytes, without
    /// control characters.
    #[schema(min_length = 1, max_length = 255, example = "Acme Ltd.")]
    claim: String,
}

/// Let a claim mean a tenant.
///
/// Everybody of whom the provider says it belongs to the tenant from then on. A claim means only
/// one tenant; repeating this changes nothing. Only keys of the installation may do it.
#[utoipa::path(
    post, path = "/tenants/{id}/claims", tag = "tenants",
    security(("bearer" = ["tenants:manage"])),
    params(("id" = TenantId, Path, description = "The tenant's short name")),
    request_body = AddTenantClaim,
    responses(
        (status = 200, description = "The claim, which meant the tenant already", body = TenantClaim),
        (status = 201, description = "The claim, which means the tenant now", body = TenantClaim),
        (status = 404, description = "There is no tenant of this name", body = Problem,
         content_type = "application/problem+json"),
        (status = 409, description = "`taken`: the claim means another tenant, see `current`. `under-way`: the \
                                      same request is being carried out",
         body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Fields hold values that they may not: see `errors`", body = Problem,
         content_type = "application/problem+json"),
    )
)]
pub(in crate::routes) async fn add_tenant_claim(
    State(app): State<App>,
    steward: Above<ManageTenants>,
    Name(id): Name<TenantId>,
    key: Key,
    extract::Json(wanted): extract::Json<AddTenantClaim>,
) -> Result<Response, ApiError> {
    let claim = &wanted.claim;
    if let Some(message) = identity::unfit(claim) {
        return Err(ApiError::field("claim", message));
    }
    let mut work = match key.begin(&app, &steward).await? {
        Begun::Fresh(work) => work,
        Begun::Answered(answer) => return Ok(answer),
    };
    read(work.connection(), &id).await?;
    let put = store::tenant_claims::put(work.connection(), claim, &id).await?;
    let known = TenantClaim::from(put.claim);
    if known.tenant_id != id {
        return Err(ApiError::taken("claim", &known));
    }
    if !put.new {
        return work.finish(StatusCode::OK, None, &known).await;
    }
    let entry = steward.does("tenants claims add", &id, json!({ "claim": claim }));
    store::audit::record(work.connection(), &entry).await?;
    work.finish(StatusCode::CREATED, None, &known).await
}
