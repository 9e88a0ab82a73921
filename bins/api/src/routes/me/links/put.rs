//! Linking one's own user.

use axum::Json;
use axum::extract::State;
use domain::AccountKey;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use super::{Link, own_refused, require_person};
use crate::App;
use crate::auth::{May, Reply};
use crate::error::ApiError;
use crate::extract::{self, Id};
use crate::problem::{Faults, Problem};
use crate::routes::accounts::{LONGEST, deed, secret, served};

/// Who you are in Chatwoot.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::routes) struct PutLink {
    /// Your own access token, from your profile in Chatwoot. It is kept sealed and never shown.
    #[serde(deserialize_with = "secret")]
    #[schema(value_type = String, min_length = 1, max_length = 500, format = "password",
             example = "your access token")]
    token: SecretString,
}

/// Have your replies and notes go out under your own name, instead of what you linked before.
///
/// Chatwoot is asked whose token it is. What you write in the account's conversations then goes out
/// with it; everything else still goes out with the account's token. May be repeated.
#[utoipa::path(
    put, path = "/me/links/{id}", tag = "session",
    security(("bearer" = ["conversations:reply"])),
    params(("id" = AccountKey, Path, description = "The account's key")),
    request_body = PutLink,
    responses(
        (status = 200, description = "Who you are in Chatwoot from now on", body = Link),
        (status = 403, description = "`people-only`: an API key is no user in Chatwoot", body = Problem,
         content_type = "application/problem+json"),
        (status = 404, description = "There is no such connected account", body = Problem,
         content_type = "application/problem+json"),
        (status = 409, description = "`another-key`: an operator has to give the API the right AXIS_SECRET_KEY",
         body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Chatwoot does not accept the token, or its owner is not in the account",
         body = Problem, content_type = "application/problem+json"),
    )
)]
pub(in crate::routes) async fn put_link(
    State(app): State<App>,
    principal: May<Reply>,
    Id(id): Id<AccountKey>,
    extract::Json(asked): extract::Json<PutLink>,
) -> Result<Json<Link>, ApiError> {
    let tenant = &principal.tenant;
    let account = served(&mut *app.tenant(tenant).await?, tenant, id).await?;
    require_person(&principal)?;
    Faults::only_text("token", asked.token.expose_secret().trim(), 1..=LONGEST)?;
    let _room = app.asking(tenant)?;
    let links = deed(&principal, "accounts link");
    let accounts = &app.administration()?.accounts;
    let linked = accounts.link(tenant, id, &principal.id, &asked.token, Some(&links)).await;
    let link = linked.map_err(own_refused)?;
    Ok(Json(Link::new(account, Some(link))))
}
