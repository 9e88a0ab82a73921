//! `/accounts`: Chatwoot accounts of the caller's tenant.

pub(super) mod check;
pub(super) mod connect;
pub(super) mod disconnect;
pub(super) mod get;
pub(super) mod list;
pub(super) mod rotate;

use std::sync::OnceLock;

use accounts::{AccountError, Actor, Kept, Trouble};
use axum::response::Response;
use chrono::{DateTime, Utc};
use domain::{AccountKey, SealError, TenantId};
use secrecy::SecretString;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use store::PgConnection;
use store::accounts::{Account as Known, Shown};
use store::audit::Entry;
use store::idempotency::{Answer, Request};

use crate::auth::Principal;
use crate::error::ApiError;
use crate::idempotency::KEPT;
use crate::{Administration, App};

/// An account of a Chatwoot installation, without its secrets.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Account {
    /// Our key for the account.
    id: AccountKey,
    /// Scheme and host of the installation.
    #[schema(example = "https://chat.example.com")]
    chatwoot_url: String,
    /// Address at which people open the installation; null if it is the same one.
    #[schema(example = "https://support.example.com")]
    screen_url: Option<String>,
    /// Number of the account in the installation.
    #[schema(example = 1)]
    chatwoot_account_id: i64,
    /// Name of the account, for people.
    #[schema(example = "Acme Support")]
    name: Option<String>,
    /// Number of our webhook in Chatwoot; null if Chatwoot does not call us.
    webhook_id: Option<i64>,
    /// Whether webhooks without a signature are accepted. Only an operator can allow that.
    allow_unsigned: bool,
    /// When it became known here.
    created_at: DateTime<Utc>,
    /// When its settings last changed.
    updated_at: DateTime<Utc>,
    /// Since when it is no longer served; its data are still there. Null while it is connected.
    disconnected_at: Option<DateTime<Utc>>,
}

impl From<Shown> for Account {
    fn from(shown: Shown) -> Self {
        Self {
            id: shown.id,
            chatwoot_url: shown.base_url,
            screen_url: shown.screen_url,
            chatwoot_account_id: shown.chatwoot_account_id,
            name: shown.name,
            webhook_id: shown.webhook_id,
            allow_unsigned: shown.allow_unsigned,
            created_at: shown.created_at,
            updated_at: shown.updated_at,
            disconnected_at: shown.disconnected_at,
        }
    }
}

/// Reads a secret. Nothing shows it from then on.
pub(super) fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SecretString, D::Error> {
    String::deserialize(deserializer).map(SecretString::from)
}

/// Reads a secret that may be left out.
fn secret_if_any<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<SecretString>, D::Error> {
    let text: Option<String> = Option::deserialize(deserializer)?;
    Ok(text.map(SecretString::from))
}

/// Longest address and longest token, in characters.
pub(super) const LONGEST: usize = 500;

/// Returns the tenant's account with this key.
async fn shown(
    connection: &mut PgConnection,
    tenant: &TenantId,
    id: AccountKey,
) -> Result<Shown, ApiError> {
    let found = store::accounts::shown(connection, tenant, Some(id)).await?.pop();
    found.ok_or(ApiError::NotFound("account"))
}

/// Returns the account with this key, as callers see it.
async fn read(
    connection: &mut PgConnection,
    tenant: &TenantId,
    id: AccountKey,
) -> Result<Account, ApiError> {
    shown(connection, tenant, id).await.map(Account::from)
}

/// Returns the tenant's account with this key, if it is served.
pub(super) async fn served(
    connection: &mut PgConnection,
    tenant: &TenantId,
    id: AccountKey,
) -> Result<Shown, ApiError> {
    let account = shown(connection, tenant, id).await?;
    match account.disconnected_at {
        None => Ok(account),
        Some(_) => Err(ApiError::NotFound("connected account")),
    }
}

impl App {
    pub(super) fn administration(&self) -> Result<&Administration, ApiError> {
        self.administration.as_ref().ok_or(ApiError::NotSetUp)
    }
}

/// Names an account in words, for the audit.
pub(super) fn target(number: i64, base_url: &str) -> String {
    format!("account {number} of {base_url}")
}

/// Makes audit entries about what the caller does to an account.
pub(super) fn deed<'a>(
    principal: &'a Principal,
    action: &'static str,
) -> impl Fn(&Known, Value) -> Entry + Sync + 'a {
    move |account, details| {
        let target = target(account.chatwoot_account_id, &account.base_url);
        Entry { account: Some(account.id), ..principal.does(action, target, details) }
    }
}

/// What a caller does to an account, with the answer to it, which is stored in the same transaction.
struct Answering<'a, D, A> {
    deed: D,
    request: Option<Request<'a>>,
    answer: A,
    given: OnceLock<Answer>,
}

impl<'a, D, A> Answering<'a, D, A>
where
    D: Fn(&Known, Value) -> Entry + Sync,
    A: Fn(Account) -> Result<Answer, ApiError> + Sync,
{
    fn new(deed: D, request: Option<Request<'a>>, answer: A) -> Self {
        Self { deed, request, answer, given: OnceLock::new() }
    }

    /// Returns what was answered.
    fn given(self) -> Result<Answer, ApiError> {
        let given = self.given.into_inner();
        given.ok_or_else(|| ApiError::internal(anyhow::anyhow!("an account is lost")))
    }
}

impl<D, A> Actor for Answering<'_, D, A>
where
    D: Fn(&Known, Value) -> Entry + Sync,
    A: Fn(Account) -> Result<Answer, ApiError> + Sync,
{
    fn entry(&self, account: &Known, details: Value) -> Entry {
        (self.deed)(account, details)
    }

    fn answer(&self, after: &Shown) -> Option<Kept<'_>> {
        let answer = (self.answer)(after.clone().into()).ok()?;
        let answer = self.given.get_or_init(|| answer).clone();
        self.request.map(|request| Kept { request, answer, keep: KEPT })
    }
}

/// Repeats the answer that a request had. That request may have been cut off before the receivers
/// were told what came of it, so they are told again.
async fn again(app: &App, id: Option<AccountKey>, answer: Response) -> Result<Response, ApiError> {
    if let Some(id) = id {
        app.administration()?.accounts.publish(id).await.map_err(refused)?;
    }
    Ok(answer)
}

/// Turns a failure into what the caller can do about it.
pub(super) fn refused(error: AccountError) -> ApiError {
    match error {
        AccountError::Trouble(
            trouble @ (Trouble::Token(_) | Trouble::NoAdministrator(_) | Trouble::NoUser),
        ) => ApiError::field("token", trouble.to_string()),
        AccountError::Trouble(trouble @ (Trouble::NoMember(_) | Trouble::NoSuch(_))) => {
            ApiError::field("chatwootAccountId", trouble.to_string())
        }
        AccountError::Trouble(trouble @ Trouble::NoPublicUrl) => {
            ApiError::field("webhookSecret", trouble.to_string())
        }
        AccountError::Trouble(trouble @ (Trouble::Unsigned | Trouble::LongSecret)) => {
            ApiError::field("chatwootUrl", trouble.to_string())
        }
        AccountError::Client(error @ accounts::ClientError::Token) => {
            ApiError::field("token", error.to_string())
        }
        AccountError::Client(error) => ApiError::field("chatwootUrl", error.to_string()),
        AccountError::Taken { .. } => ApiError::AccountTaken,
        AccountError::Busy => ApiError::AccountBusy,
        AccountError::TooMany(most) => ApiError::TooManyAccounts(most),
        AccountError::TooManyNew(_) => {
            ApiError::TooManyRequests { kind: "new accounts in a day", seconds: 60 * 60 }
        }
        AccountError::NoAccount(_) | AccountError::Several(_) => ApiError::NotFound("account"),
        AccountError::Chatwoot(error) => ApiError::NoAnswer("Chatwoot", error.into()),
        error @ AccountError::Nowhere { .. } => ApiError::NoAnswer("Chatwoot", error.into()),
        AccountError::Bus(error) => ApiError::NoAnswer("NATS", error.into()),
        AccountError::Store(error) => error.into(),
        error @ (AccountError::Seal(SealError::WrongKey) | AccountError::AnotherKey) => {
            ApiError::AnotherKey(error.into())
        }
        error @ (AccountError::NoTenant(_) | AccountError::Seal(_) | AccountError::Untold(_)) => {
            ApiError::internal(error)
        }
    }
}
