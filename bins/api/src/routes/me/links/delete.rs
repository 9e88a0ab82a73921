//! Being nobody in particular in Chatwoot again.

use axum::extract::State;
use axum::http::StatusCode;
use domain::AccountKey;

use super::{own_refused, require_person};
use crate::App;
use crate::auth::{May, Reply};
use crate::error::ApiError;
use crate::extract::Id;
use crate::problem::Problem;
use crate::routes::accounts::{deed, served};

/// Have your own token forgotten: what you write goes out with the account's. Doing so again changes
/// nothing.
#[utoipa::path(
    delete, path = "/me/links/{id}", tag = "session",
    security(("bearer" = ["conversations:reply"])),
    params(("id" = AccountKey, Path, description = "The account's key")),
    responses(
        (status = 204, description = "Your token is forgotten here"),
        (status = 403, description = "`people-only`: a key is nobody in Chatwoot", body = Problem,
         content_type = "application/problem+json"),
        (status = 404, description = "There is no such account that is served", body = Problem,
         content_type = "application/problem+json"),
    )
)]
pub(in crate::routes) async fn delete_link(
    State(app): State<App>,
    principal: May<Reply>,
    Id(id): Id<AccountKey>,
) -> Result<StatusCode, ApiError> {
    require_person(&principal)?;
    let tenant = &principal.tenant;
    served(&mut *app.store.tenant(tenant).await?, tenant, id).await?;
    let unlinks = deed(&principal, "accounts unlink");
    let accounts = &app.administration()?.accounts;
    let unlinked = accounts.unlink(tenant, id, &principal.id, Some(&unlinks)).await;
    unlinked.map_err(own_refused)?;
    Ok(StatusCode::NO_CONTENT)
}
