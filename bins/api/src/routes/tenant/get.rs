//! Reading the tenant.

use axum::Json;
use axum::extract::State;

use super::{Tenant, read};
use crate::App;
use crate::auth::{May, ReadAccounts};
use crate::error::ApiError;

/// Read the tenant that you belong to.
#[utoipa::path(
    get, path = "/tenant", tag = "administration",
    security(("bearer" = ["accounts:read"])),
    responses((status = 200, description = "The tenant", body = Tenant))
)]
pub(in crate::routes) async fn get_tenant(
    State(app): State<App>,
    principal: May<ReadAccounts>,
) -> Result<Json<Tenant>, ApiError> {
    let mut transaction = app.tenant(&principal.tenant).await?;
    Ok(Json(read(&mut transaction, &principal.tenant).await?))
}
