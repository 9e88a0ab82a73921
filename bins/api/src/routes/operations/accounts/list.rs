//! The state of each account.

use axum::Json;
use axum::extract::State;
use serde::Serialize;

use super::{AccountState, look, states};
use crate::App;
use crate::auth::{May, ReadOperations};
use crate::error::ApiError;

/// The tenant's Chatwoot accounts.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(in crate::routes) struct AccountStateList {
    data: Vec<AccountState>,
}

/// See the state of each Chatwoot account.
///
/// Whether it answers, how many requests it allows, what waits, and how far it has been compared
/// with what is here.
#[utoipa::path(
    get, path = "/operations/accounts", tag = "operations",
    security(("bearer" = ["operations:read"])),
    responses((status = 200, description = "The accounts now", body = AccountStateList))
)]
pub(in crate::routes) async fn list_account_states(
    State(app): State<App>,
    principal: May<ReadOperations>,
) -> Result<Json<AccountStateList>, ApiError> {
    let mut transaction = app.tenant(&principal.tenant).await?;
    let mut data = states(&mut transaction, &principal.tenant, None).await?;
    transaction.commit().await?;
    look(&app, &mut data).await;
    Ok(Json(AccountStateList { data }))
}
