//! Revoking a key.

use axum::extract::State;
use axum::http::StatusCode;
use domain::ApiKeyId;
use serde_json::json;

use super::ApiKey;
use crate::App;
use crate::auth::{ManageKeys, May};
use crate::error::ApiError;
use crate::extract::Id;
use crate::problem::Problem;

/// Revoke a key.
///
/// It stops working with the next request. A live stream that it opened ends within a quarter of an
/// hour. Revoking it again changes nothing.
#[utoipa::path(
    delete, path = "/api-keys/{id}", tag = "administration",
    security(("bearer" = ["api-keys:manage"])),
    params(("id" = ApiKeyId, Path, description = "The key's id")),
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
) -> Result<StatusCode, ApiError> {
    let mut transaction = app.tenant(&principal.tenant).await?;
    let key = store::api_keys::get(&mut transaction, id).await?;
    let before = ApiKey::from(key.ok_or(ApiError::NotFound("key"))?);
    if store::api_keys::revoke(&mut transaction, id).await? {
        let before = serde_json::to_value(&before).map_err(ApiError::internal)?;
        let details = json!({ "before": before });
        let entry = principal.does("api-keys revoke", format!("api key {id}"), details);
        store::audit::record(&mut transaction, &entry).await?;
    }
    transaction.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
