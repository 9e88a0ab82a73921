//! A tenant, renamed from above.

use axum::Json;
use axum::extract::State;
use domain::TenantId;
use serde_json::json;

use crate::App;
use crate::auth::{Above, ManageTenants};
use crate::error::ApiError;
use crate::extract::{self, Name};
use crate::problem::Problem;
use crate::routes::tenant::update::UpdateTenant;
use crate::routes::tenant::{Tenant, named, read};

/// Rename a tenant. Only keys of the installation may here; its own administrators have `/tenant`.
#[utoipa::path(
    patch, path = "/tenants/{id}", tag = "tenants",
    security(("bearer" = ["tenants:manage"])),
    params(("id" = TenantId, Path, description = "The tenant's short name")),
    request_body = UpdateTenant,
    responses(
        (status = 200, description = "The tenant, as it is now", body = Tenant),
        (status = 404, description = "There is none of this name", body = Problem,
         content_type = "application/problem+json"),
        (status = 422, description = "Fields hold what they may not", body = Problem,
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
    let mut transaction = app.store.installation().await?;
    let before = store::tenants::rename(&mut transaction, &id, name).await?;
    let before = before.ok_or(ApiError::NotFound("tenant"))?;
    let details = json!({ "before": { "name": before }, "after": { "name": name } });
    let entry = steward.does("tenants update", &id, details);
    store::audit::record(&mut transaction, &entry).await?;
    let now = read(&mut transaction, &id).await?;
    store::commit(transaction).await?;
    Ok(Json(now))
}
