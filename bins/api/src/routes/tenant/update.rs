//! Renaming the tenant.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;

use super::{Tenant, named, rename};
use crate::App;
use crate::auth::{ManageAccounts, May};
use crate::error::ApiError;
use crate::extract;
use crate::problem::Problem;

/// What to change.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::routes) struct UpdateTenant {
    /// Name for people; not only blanks.
    #[schema(min_length = 1, max_length = 200, example = "Acme Ltd")]
    pub(in crate::routes) name: String,
}

/// Rename the tenant that you belong to.
#[utoipa::path(
    patch, path = "/tenant", tag = "administration",
    security(("bearer" = ["accounts:manage"])),
    request_body = UpdateTenant,
    responses(
        (status = 200, description = "The tenant, as it is now", body = Tenant),
        (status = 422, description = "Fields hold values that they may not: see `errors`", body = Problem,
         content_type = "application/problem+json"),
    )
)]
pub(in crate::routes) async fn update_tenant(
    State(app): State<App>,
    principal: May<ManageAccounts>,
    extract::Json(wanted): extract::Json<UpdateTenant>,
) -> Result<Json<Tenant>, ApiError> {
    let (name, id) = (named(&wanted.name)?, &principal.tenant);
    let transaction = app.tenant(id).await?;
    let entry = |details| principal.does("tenants update", format!("tenant {id}"), details);
    Ok(Json(rename(transaction, id, name, entry).await?))
}
