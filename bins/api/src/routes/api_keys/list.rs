//! The list of keys.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use store::api_keys::Owner;

use super::ApiKey;
use crate::App;
use crate::auth::{ManageKeys, May};
use crate::error::ApiError;
use crate::extract::Query;
use crate::paging::{Numbered, Page};

/// Keys, newest first, including revoked and expired ones.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::routes) struct ApiKeyList {
    data: Vec<ApiKey>,
    page: Page,
}

/// List keys, newest first, without their secrets.
#[utoipa::path(
    get, path = "/api-keys", tag = "administration",
    security(("bearer" = ["api-keys:manage"])),
    params(Numbered),
    responses((status = 200, description = "A page of the list", body = ApiKeyList))
)]
pub(in crate::routes) async fn list_api_keys(
    State(app): State<App>,
    principal: May<ManageKeys>,
    Query(query): Query<Numbered>,
) -> Result<Json<ApiKeyList>, ApiError> {
    let asked = query.asked()?;
    let owner = Owner::Tenant(&principal.tenant);
    let mut transaction = app.tenant(&principal.tenant).await?;
    let keys = store::api_keys::list(&mut transaction, owner, asked.skip(), asked.limit).await?;
    let data = keys.into_iter().map(ApiKey::from).collect();
    Ok(Json(ApiKeyList { data, page: asked.numbered() }))
}
