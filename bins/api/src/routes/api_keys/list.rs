//! The list of keys.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use store::api_keys::Owner;

use super::ApiKey;
use crate::App;
use crate::auth::{ManageKeys, May};
use crate::error::ApiError;
use crate::extract::Query;
use crate::paging::{Asked, Page};

/// Which part of the list.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(in crate::routes) struct ListApiKeys {
    /// Number of the page, from 1.
    #[param(minimum = 1)]
    page: Option<u32>,
    /// Rows of a page; 25 if not given.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

/// Keys, newest first, revoked and expired ones too.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::routes) struct ApiKeyList {
    data: Vec<ApiKey>,
    page: Page,
}

/// List keys, newest first. None is shown with its secret.
#[utoipa::path(
    get, path = "/api-keys", tag = "administration",
    security(("bearer" = ["api-keys:manage"])),
    params(ListApiKeys),
    responses((status = 200, description = "A page of the list", body = ApiKeyList))
)]
pub(in crate::routes) async fn list_api_keys(
    State(app): State<App>,
    principal: May<ManageKeys>,
    Query(query): Query<ListApiKeys>,
) -> Result<Json<ApiKeyList>, ApiError> {
    let asked = Asked::read(query.page, query.limit, None)?;
    let owner = Owner::Tenant(&principal.tenant);
    let mut transaction = app.tenant(&principal.tenant).await?;
    let keys = store::api_keys::list(&mut transaction, owner, asked.skip(), asked.limit).await?;
    let data = keys.into_iter().map(ApiKey::from).collect();
    Ok(Json(ApiKeyList { data, page: asked.numbered() }))
}
