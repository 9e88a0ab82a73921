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

/// How the webhook is in Chatwoot.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_excessive_bools, reason = "each answers a question of its own")]
struct CheckedWebhook {
    /// Chatwoot has it.
    registered: bool,
    /// Where it posts to.
    url: Option<String>,
    /// That is where the receiver is, as far as the API knows where that is.
    placed: bool,
    /// It subscribes to all events, and to no other.
    complete: bool,
    /// Chatwoot signs with the secret that is known here.
    signed: bool,
    /// Where other webhooks post to this account's address too: every event then comes more than once,
    /// which costs time and does no harm.
    duplicates: Vec<String>,
}

/// Ask Chatwoot how the webhook is. Changes nothing.
#[utoipa::path(
    post, path = "/accounts/{id}/webhook/check", tag = "administration",
    security(("bearer" = ["accounts:read"])),
    params(("id" = AccountKey, Path, description = "The account's key")),
    responses(
        (status = 200, description = "How it is", body = CheckedWebhook),
        (status = 404, description = "There is no such account that is served", body = Problem,
         content_type = "application/problem+json"),
        (status = 409, description = "`another-key`: the account's token does not open here; `under-way`",
         body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "`no-answer`: Chatwoot does not say", body = Problem,
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
