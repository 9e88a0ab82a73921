//! One account.

use axum::Json;
use axum::extract::State;
use domain::AccountKey;

use super::{Account, read};
use crate::App;
use crate::auth::{May, ReadAccounts};
use crate::error::ApiError;
use crate::extract::Id;
use crate::problem::Problem;

/// Read a Chatwoot account, without its secrets.
#[utoipa::path(
    get, path = "/accounts/{id}", tag = "administration",
    security(("bearer" = ["accounts:read"])),
    params(("id" = AccountKey, Path, description = "The account's key")),
    responses(
        (status = 200, description = "The account", body = Account),
        (status = 404, description = "There is no such account", body = Problem,
         content_type = "application/problem+json"),
    )
)]
pub(in crate::routes) async fn get_account(
    State(app): State<App>,
    principal: May<ReadAccounts>,
    Id(id): Id<AccountKey>,
) -> Result<Json<Account>, ApiError> {
    let mut transaction = app.tenant(&principal.tenant).await?;
    Ok(Json(read(&mut transaction, &principal.tenant, id).await?))
}
