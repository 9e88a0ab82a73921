//! New secrets for an account.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::AccountKey;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use super::{Account, Answering, LONGEST, again, deed, refused, served};
use crate::App;
use crate::auth::{ManageAccounts, May};
use crate::error::ApiError;
use crate::extract::{self, Id};
use crate::idempotency::{Begun, Key, answer};
use crate::problem::{Faults, Problem};

/// What to replace; at least one of the two.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({ "webhookSecret": true }))]
pub(in crate::routes) struct RotateAccount {
    /// A new access token of an administrator.
    #[serde(default, deserialize_with = "super::secret_if_any")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 500, format = "password")]
    token: Option<SecretString>,
    /// Whether to have Chatwoot sign with a new secret.
    #[serde(default)]
    webhook_secret: bool,
}

/// Replace an account's token, or have Chatwoot sign with a new secret.
///
/// All programs use the new token within half a minute. For a new secret the webhook is created
/// anew in Chatwoot; what was signed with the previous one is accepted until the next rotation.
#[utoipa::path(
    post, path = "/accounts/{id}/rotate", tag = "administration",
    security(("bearer" = ["accounts:manage"])),
    params(("id" = AccountKey, Path, description = "The account's key")),
    request_body = RotateAccount,
    responses(
        (status = 200, description = "The account, with its new secrets in use", body = Account),
        (status = 404, description = "There is no such connected account", body = Problem,
         content_type = "application/problem+json"),
        (status = 409, description = "`account-busy`: somebody else is changing it; `another-key`: its secrets cannot \
         be opened here; `under-way`: the same request is being carried out", body = Problem,
         content_type = "application/problem+json"),
        (status = 422, description = "Fields hold values that they may not, or that Chatwoot does not know: see `errors`",
         body = Problem, content_type = "application/problem+json"),
    )
)]
pub(in crate::routes) async fn rotate_account(
    State(app): State<App>,
    principal: May<ManageAccounts>,
    Id(id): Id<AccountKey>,
    key: Key,
    extract::Json(asked): extract::Json<RotateAccount>,
) -> Result<Response, ApiError> {
    let tenant = &principal.tenant;
    let _room = app.asking(tenant)?;
    let mut work = match key.begin(&app, &principal).await? {
        Begun::Fresh(work) => work,
        Begun::Answered(answer) => return again(&app, Some(id), answer).await,
    };
    served(work.connection(), tenant, id).await?;
    if asked.token.is_none() && !asked.webhook_secret {
        return Err(ApiError::field("webhookSecret", "must be true, or `token` must be given"));
    }
    if let Some(token) = &asked.token {
        Faults::only_text("token", token.expose_secret().trim(), 1..=LONGEST)?;
    }
    let administration = app.administration()?;
    let public_url = administration.public_url.as_deref();
    if asked.webhook_secret && public_url.is_none() {
        return Err(refused(accounts::Trouble::NoPublicUrl.into()));
    }
    let secret_for = public_url.filter(|_| asked.webhook_secret);
    let rotates = deed(&principal, "accounts rotate");
    let rotates =
        Answering::new(rotates, work.request(), |account| answer(StatusCode::OK, None, &account));
    let (accounts, token) = (&administration.accounts, asked.token.as_ref());
    accounts.rotate(id, token, secret_for, Some(&rotates)).await.map_err(refused)?;
    let answer = rotates.given()?;
    work.end(answer).await
}
