//! Disconnecting an account.

use axum::Json;
use axum::extract::State;
use domain::AccountKey;
use serde::Serialize;

use super::{Account, deed, read, refused};
use crate::App;
use crate::auth::{ManageAccounts, May};
use crate::error::ApiError;
use crate::extract::Id;
use crate::problem::Problem;

/// An account that is no longer served.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::routes) struct DisconnectedAccount {
    account: Account,
    /// Whether the webhook was removed from Chatwoot. If not, remove it there.
    webhook_removed: bool,
}

/// Disconnect a Chatwoot account: nothing more is accepted from it or sent to it.
///
/// What came from it stays, and what waits to be sent stays waiting. Its token and webhook secrets
/// are deleted, which cannot be undone: to serve it again, connect it again.
#[utoipa::path(
    delete, path = "/accounts/{id}", tag = "administration",
    security(("bearer" = ["accounts:manage"])),
    params(("id" = AccountKey, Path, description = "The account's key")),
    responses(
        (status = 200, description = "The account, which is no longer served", body = DisconnectedAccount),
        (status = 404, description = "There is no such connected account", body = Problem,
         content_type = "application/problem+json"),
        (status = 409, description = "`account-busy`: somebody else is changing it", body = Problem,
         content_type = "application/problem+json"),
    )
)]
pub(in crate::routes) async fn disconnect_account(
    State(app): State<App>,
    principal: May<ManageAccounts>,
    Id(id): Id<AccountKey>,
) -> Result<Json<DisconnectedAccount>, ApiError> {
    let tenant = &principal.tenant;
    let _room = app.asking(tenant)?;
    let mut transaction = app.tenant(tenant).await?;
    if read(&mut transaction, tenant, id).await?.disconnected_at.is_some() {
        // An earlier request may have ended it and been cut off before the receivers were told.
        app.administration()?.accounts.publish(id).await.map_err(refused)?;
        return Err(ApiError::NotFound("connected account"));
    }
    let disconnects = deed(&principal, "accounts disconnect");
    let disconnected = app.administration()?.accounts.disconnect(id, Some(&disconnects)).await;
    let webhook_removed = disconnected.map_err(refused)?.webhook_removed;
    let account = read(&mut transaction, tenant, id).await?;
    Ok(Json(DisconnectedAccount { account, webhook_removed }))
}
