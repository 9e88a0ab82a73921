//! Revoking a key.

use axum::extract::State;
use axum::http::StatusCode;
use domain::ApiKeyId;
use serde::Deserialize;
use serde_json::json;

use super::ApiKey;
use crate::App;
use crate::auth::{ManageKeys, May};
use crate::error::ApiError;
use crate::extract::{Id, Query};
use crate::problem::Problem;

/// Whether to revoke more than the key.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(in crate::routes) struct RevokeApiKey {
    /// Revoke the keys that it created too, those that these created, and so on. Otherwise they stay valid.
    #[serde(default)]
    #[param(default = false)]
    with_created: bool,
}

/// Revoke a key, and what it created if asked to.
///
/// It stops working with the next request. A live stream that it opened ends within a quarter of an
/// hour. Revoking it again changes nothing, but still revokes what it created, if that is asked for. `createdBy` in the
/// list of keys says which key created which.
#[utoipa::path(
    delete, path = "/api-keys/{id}", tag = "administration",
    security(("bearer" = ["api-keys:manage"])),
    params(("id" = ApiKeyId, Path, description = "The key's id"), RevokeApiKey),
    responses(
        (status = 204, description = "The key no longer works"),
        (status = 404, description = "There is no key with this id", body = Problem,
         content_type = "application/problem+json"),
    )
)]
pub(in crate::routes) async fn revoke_api_key(
    State(app): State<App>,
    principal: May<ManageKeys>,
    Id(id): Id<ApiKeyId>,
    Query(RevokeApiKey { with_created }): Query<RevokeApiKey>,
) -> Result<StatusCode, ApiError> {
    let mut transaction = app.tenant(&principal.tenant).await?;
    let key = store::api_keys::get(&mut transaction, id).await?;
    let key = key.ok_or(ApiError::NotFound("key"))?;
    let mut revoked = Vec::new();
    if store::api_keys::revoke(&mut transaction, id).await? {
        revoked.push(key);
    }
    if with_created {
        revoked.extend(store::api_keys::revoke_created(&mut transaction, id).await?);
    }
    for before in revoked {
        let target = format!("api key {}", before.id);
        let before = serde_json::to_value(ApiKey::from(before)).map_err(ApiError::internal)?;
        let entry = principal.does("api-keys revoke", target, json!({ "before": before }));
        store::audit::record(&mut transaction, &entry).await?;
    }
    transaction.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
