//! Whether Chatwoot calls us.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::AccountKey;
use serde::Serialize;

use super::{refused, served};
use crate::App;
use crate::auth::{May, ReadAccounts};
use crate::error::ApiError;
use crate::extract::Id;
use crate::idempotency::{Begun, Key};
use crate::problem::Problem;

/// The state of an account's webhook in Chatwoot.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_excessive_bools, reason = "each answers a question of its own")]
struct CheckedWebhook {
    /// Whether Chatwoot has the webhook.
    registered: bool,
    /// Address that it posts to; null if Chatwoot does not have it.
    url: Option<String>,
    /// Whether that is the receiver's address, as far as the API knows it.
    placed: bool,
    /// Whether it subscribes to all events, and to no others.
    complete: bool,
    /// Whether Chatwoot signs with the secret that is known here.
    signed: bool,
    /// Addresses of other webhooks that post to this account here as well. Every event then comes
    /// more than once, which costs time but does no harm.
    duplicates: Vec<String>,
}

/// Ask Chatwoot for the state of the webhook. Changes nothing.
#[utoipa::path(
    post, path = "/accounts/{id}/webhook/check", tag = "administration",
    security(("bearer" = ["accounts:read"])),
    params(("id" = AccountKey, Path, description = "The account's key")),
    responses(
        (status = 200, description = "The state of the webhook", body = CheckedWebhook),
        (status = 404, description = "There is no such connected account", body = Problem,
         content_type = "application/problem+json"),
        (status = 409, description = "`another-key`: the account's token cannot be opened here; `under-way`: the \
         same request is being carried out", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "`no-answer`: Chatwoot does not answer properly", body = Problem,
         content_type = "application/problem+json"),
    )
)]
pub(in crate::routes) async fn check_webhook(
    State(app): State<App>,
    principal: May<ReadAccounts>,
    Id(id): Id<AccountKey>,
    key: Key,
) -> Result<Response, ApiError> {
    let _room = app.asking(&principal.tenant)?;
    let mut work = match key.begin(&app, &principal).await? {
        Begun::Fresh(work) => work,
        Begun::Answered(answer) => return Ok(answer),
    };
    served(work.connection(), &principal.tenant, id).await?;
    let administration = app.administration()?;
    let public_url = administration.public_url.as_deref();
    let checked = administration.accounts.check(id, public_url).await.map_err(refused)?;
    let answer = CheckedWebhook {
        registered: checked.registered,
        url: checked.url,
        placed: checked.placed,
        complete: checked.complete,
        signed: checked.signed,
        duplicates: checked.duplicates,
    };
    work.finish(StatusCode::OK, None, &answer).await
}
