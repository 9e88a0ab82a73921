//! Connecting an account.

use accounts::{AccountError, Trouble, Wanted};
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::Response;
use domain::AccountKey;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use store::idempotency::Answer;

use super::{Account, Answering, LONGEST, again, deed, read, refused};
use crate::App;
use crate::auth::{ManageAccounts, May};
use crate::error::ApiError;
use crate::extract;
use crate::idempotency::{Begun, Key, answer};
use crate::problem::{Faults, Problem};

const LONGEST_NAME: usize = 200;

/// An account to connect.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::routes) struct ConnectAccount {
    /// Scheme and host of the installation: `https`, at a public address.
    #[schema(min_length = 1, max_length = 500, example = "https://chat.example.com")]
    chatwoot_url: String,
    /// Scheme and host under which people open it, if that is another address. If not given, it
    /// stays as it was.
    #[schema(min_length = 1, max_length = 500, example = "https://support.example.com")]
    screen_url: Option<String>,
    /// Number of the account in the installation.
    #[schema(minimum = 1, example = 1)]
    chatwoot_account_id: i64,
    /// The access token of an administrator of the account. It is kept sealed and never shown.
    #[serde(deserialize_with = "super::secret")]
    #[schema(value_type = String, min_length = 1, max_length = 500, format = "password",
             example = "an administrator's access token")]
    token: SecretString,
    /// Name of the account, for people. If not given, it stays as it was; a new account gets the
    /// name that Chatwoot has.
    #[schema(min_length = 1, max_length = 200)]
    name: Option<String>,
}

/// A connected account.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
struct ConnectedAccount {
    account: Account,
    /// Why Chatwoot does not call us yet; null if it does.
    webhook_trouble: Option<String>,
}

/// Connect a Chatwoot account, or give a new token to one that is connected.
///
/// Chatwoot is asked whether the token is an administrator's. Then the webhook is registered there,
/// and the history is imported in the background. May be repeated.
#[utoipa::path(
    post, path = "/accounts", tag = "administration",
    security(("bearer" = ["accounts:manage"])),
    request_body = ConnectAccount,
    responses(
        (status = 201, description = "The account, which is served from now on",
         body = ConnectedAccount, headers(("location" = String, description = "Address of the account"))),
        (status = 409, description = "`account-taken`: it belongs, or belonged, to another tenant; `account-busy`: \
          somebody else is changing it; `another-key`: its secrets cannot be opened here; `too-many-accounts`: the \
          tenant has as many as it may; `under-way`: the same request is being carried out", body = Problem,
          content_type = "application/problem+json"),
        (status = 422, description = "Fields hold values that they may not, or that Chatwoot does not know: see `errors`",
         body = Problem, content_type = "application/problem+json"),
    )
)]
pub(in crate::routes) async fn connect_account(
    State(app): State<App>,
    principal: May<ManageAccounts>,
    key: Key,
    extract::Json(asked): extract::Json<ConnectAccount>,
) -> Result<Response, ApiError> {
    let tenant = &principal.tenant;
    let wanted = asked.wanted(tenant.clone())?;
    let administration = app.administration()?;
    let _room = app.asking(tenant)?;
    let mut work = match key.begin(&app, &principal).await? {
        Begun::Fresh(work) => work,
        Begun::Answered(answer) => return again(&app, located(&answer), answer).await,
    };
    let accounts = &administration.accounts;
    let connects = deed(&principal, "accounts connect");
    let unheard = |error| match error {
        // Perhaps there is nothing at the address that was given, so that field is at fault.
        error @ (AccountError::Chatwoot(_) | AccountError::Nowhere { .. }) => {
            ApiError::field("chatwootUrl", error.to_string())
        }
        other => refused(other),
    };
    let Some(url) = &administration.public_url else {
        let trouble = || Some(Trouble::NoPublicUrl.to_string());
        let connects =
            Answering::new(connects, work.request(), |account| connected(account, trouble()));
        accounts.connect(&wanted, Some(&connects)).await.map_err(unheard)?;
        let answer = connects.given()?;
        return work.end(answer).await;
    };
    let account = accounts.connect(&wanted, Some(&connects)).await.map_err(unheard)?;
    let registers = deed(&principal, "webhook register");
    let registers = Answering::new(registers, work.request(), |account| connected(account, None));
    let trouble = match accounts.register(account.id, url, Some(&registers)).await {
        Ok(_) => {
            let answer = registers.given()?;
            return work.end(answer).await;
        }
        Err(
            error @ (AccountError::Trouble(_)
            | AccountError::Chatwoot(_)
            | AccountError::Nowhere { .. }
            | AccountError::AnotherKey),
        ) => error.to_string(),
        Err(error) => return Err(refused(error)),
    };
    let account = read(work.connection(), tenant, account.id).await?;
    let answer = ConnectedAccount { account, webhook_trouble: Some(trouble) };
    let location = answer.location();
    work.finish(StatusCode::CREATED, Some(location), &answer).await
}

fn connected(account: Account, webhook_trouble: Option<String>) -> Result<Answer, ApiError> {
    let connected = ConnectedAccount { account, webhook_trouble };
    answer(StatusCode::CREATED, Some(connected.location()), &connected)
}

/// Returns which account an answer is about.
fn located(answer: &Response) -> Option<AccountKey> {
    answer.headers().get(LOCATION)?.to_str().ok()?.rsplit('/').next()?.parse().ok()
}

impl ConnectedAccount {
    fn location(&self) -> String {
        format!("{}/accounts/{}", crate::routes::BASE, self.account.id)
    }
}

impl ConnectAccount {
    fn wanted(self, tenant: domain::TenantId) -> Result<Wanted, ApiError> {
        let mut faults = Faults::default();
        faults.text("chatwootUrl", self.chatwoot_url.trim(), 1..=LONGEST);
        faults.text("token", self.token.expose_secret().trim(), 1..=LONGEST);
        if let Some(name) = &self.name {
            faults.text("name", name.trim(), 1..=LONGEST_NAME);
        }
        if let Some(url) = &self.screen_url {
            faults.text("screenUrl", url.trim(), 1..=LONGEST);
        }
        let is_number = self.chatwoot_account_id >= 1;
        faults.check("chatwootAccountId", is_number, "must be a number of Chatwoot");
        faults.done()?;
        let screen_url = self.screen_url.map(|url| accounts::Config::address(url.trim()));
        let screen_url = screen_url.transpose();
        let screen_url = screen_url.map_err(|message| ApiError::field("screenUrl", message))?;
        Ok(Wanted {
            tenant,
            base_url: self.chatwoot_url,
            screen_url,
            number: self.chatwoot_account_id,
            token: self.token,
            allow_unsigned: None,
            public_only: None,
            name: self.name.map(|name| name.trim().to_owned()),
        })
    }
}
