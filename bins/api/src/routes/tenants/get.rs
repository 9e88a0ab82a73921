//! Reading any tenant, from above.

use axum::Json;
use axum::extract::State;
use domain::TenantId;

use crate::App;
use crate::auth::{Above, ReadTenants};
use crate::error::ApiError;
use crate::extract::Name;
use crate::problem::Problem;
use crate::routes::tenant::{Tenant, read};

/// Read any tenant.
///
/// Only keys of the installation may do it here; the tenant's own people have `/tenant`.
#[utoipa::path(
    get, path = "/tenants/{id}", tag = "tenants",
    security(("bearer" = ["tenants:read"])),
    params(("id" = TenantId, Path, description = "The tenant's short name")),
    responses(
        (status = 200, description = "The tenant", body = Tenant),
        (status = 404, description = "There is no tenant of this name", body = Problem,
         content_type = "application/problem+json"),
    )
)]
pub(in crate::routes) async fn get_any_tenant(
    State(app): State<App>,
    _: Above<ReadTenants>,
    Name(id): Name<TenantId>,
) -> Result<Json<Tenant>, ApiError> {
    let mut transaction = app.installation().await?;
    Ok(Json(read(&mut transaction, &id).await?))
}
