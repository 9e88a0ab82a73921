//! The list of accounts.

use axum::Json;
use axum::extract::State;
use serde::Serialize;

use super::Account;
use crate::App;
use crate::auth::{May, ReadAccounts};
use crate::error::ApiError;

/// All accounts, including those that are no longer served.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(in crate::routes) struct AccountList {
    data: Vec<Account>,
}

/// List all Chatwoot accounts of the tenant, without their secrets.
#[utoipa::path(
    get, path = "/accounts", tag = "administration",
    security(("bearer" = ["accounts:read"])),
    responses((status = 200, description = "The accounts", body = AccountList))
)]
pub(in crate::routes) async fn list_accounts(
    State(app): State<App>,
    principal: May<ReadAccounts>,
) -> Result<Json<AccountList>, ApiError> {
    let mut transaction = app.tenant(&principal.tenant).await?;
    let shown = store::accounts::shown(&mut transaction, &principal.tenant, None).await?;
    Ok(Json(AccountList { data: shown.into_iter().map(Account::from).collect() }))
}
