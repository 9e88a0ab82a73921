//! The list of tenants.

use axum::Json;
use axum::extract::State;
use serde::Serialize;

use crate::App;
use crate::auth::{Above, ReadTenants};
use crate::error::ApiError;
use crate::extract::Query;
use crate::paging::{Numbered, Page};
use crate::routes::tenant::Tenant;

/// Tenants, by their short names.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::routes) struct TenantList {
    data: Vec<Tenant>,
    page: Page,
}

/// List all tenants. Only keys of the installation may do it.
#[utoipa::path(
    get, path = "/tenants", tag = "tenants",
    security(("bearer" = ["tenants:read"])),
    params(Numbered),
    responses((status = 200, description = "A page of the list", body = TenantList))
)]
pub(in crate::routes) async fn list_tenants(
    State(app): State<App>,
    _: Above<ReadTenants>,
    Query(query): Query<Numbered>,
) -> Result<Json<TenantList>, ApiError> {
    let asked = query.asked()?;
    let mut transaction = app.installation().await?;
    let tenants =
        store::tenants::described(&mut transaction, None, asked.skip(), asked.limit).await?;
    let data = tenants.into_iter().map(Tenant::from).collect();
    Ok(Json(TenantList { data, page: asked.numbered() }))
}
