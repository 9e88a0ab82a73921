//! Renaming any tenant, from above.

use axum::Json;
use axum::extract::State;
use domain::TenantId;

use crate::App;
use crate::auth::{Above, ManageTenants};
use crate::error::ApiError;
use crate::extract::{self, Name};
use crate::problem::Problem;
use crate::routes::tenant::update::UpdateTenant;
use crate::routes::tenant::{Tenant, named, rename};

/// Rename any tenant.
///
/// Only keys of the installation may do it here; the tenant's own administrators have `/tenant`.
#[utoipa::path(
    patch, path = "/tenants/{id}", tag = "tenants",
    security(("bearer" = ["tenants:manage"])),
    params(("id" = TenantId, Path, description = "The tenant's short name")),
    request_body = UpdateTenant,
    responses(
        (status = 200, description = "The tenant, as it is now", body = Tenant),
        (status = 404, description = "There is no tenant of this name", body = Problem,
         content_type = "application/problem+json"),
        (status = 422, description = "Fields hold values that they may not: see `errors`", body = Problem,
         content_type = "application/problem+json"),
    )
)]
pub(in crate::routes) async fn update_any_tenant(
    State(app): State<App>,
    steward: Above<ManageTenants>,
    Name(id): Name<TenantId>,
    extract::Json(wanted): extract::Json<UpdateTenant>,
) -> Result<Json<Tenant>, ApiError> {
    let name = named(&wanted.name)?;
    let transaction = app.installation().await?;
    let entry = |details| steward.does("tenants update", &id, details);
    Ok(Json(rename(transaction, &id, name, entry).await?))
}
