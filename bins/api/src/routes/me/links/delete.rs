//! Unlinking one's own user.

use axum::extract::State;
use axum::http::StatusCode;
use domain::AccountKey;
use serde_json::json;

use super::require_person;
use crate::App;
use crate::auth::Known;
use crate::error::ApiError;
use crate::extract::Id;
use crate::problem::Problem;
use crate::routes::accounts::{served, target};

/// Delete your own token: what you write then goes out with the account's.
///
/// Any person may do this, whatever else they may not do any more. Repeating it changes nothing.
#[utoipa::path(
    delete, path = "/me/links/{id}", tag = "session",
    security(("bearer" = [])),
    params(("id" = AccountKey, Path, description = "The account's key")),
    responses(
        (status = 204, description = "Your token is deleted here"),
        (status = 403, description = "`people-only`: an API key is no user in Chatwoot", body = Problem,
         content_type = "application/problem+json"),
        (status = 404, description = "There is no such connected account", body = Problem,
         content_type = "application/problem+json"),
    )
)]
pub(in crate::routes) async fn delete_link(
    State(app): State<App>,
    Known(caller): Known,
    Id(id): Id<AccountKey>,
) -> Result<StatusCode, ApiError> {
    let mut transaction = app.tenant(&caller.tenant).await?;
    let account = served(&mut transaction, &caller.tenant, id).await?;
    require_person(&caller)?;
    if store::links::remove(&mut transaction, id, &caller.id).await? {
        let target = target(account.chatwoot_account_id, &account.base_url);
        let entry = caller.does("accounts unlink", target, json!({ "member": caller.id }));
        let entry = store::audit::Entry { account: Some(id), ..entry };
        store::audit::record(&mut transaction, &entry).await?;
    }
    transaction.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
