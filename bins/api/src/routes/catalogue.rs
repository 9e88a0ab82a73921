//! Creating what a Chatwoot account consists of, such as labels.
//!
//! ```text
//! is it there? ─┬─ just so ──────► 200
//!               ├─ otherwise ────► 409
//!               └─ no ──► make it ─┬─ made ──────────────────► 201
//!                                  ├─ taken, or unknown ──► is it there? ── no ──► 422, 503
//!                                  └─ refused ──────────────► 502, 503
//! ```
//!
//! This has no place in any conversation's order, so Chatwoot is asked at once, and the answer comes when
//! Chatwoot has it. Chatwoot keeps names unique: even if an answer is lost, nothing is created twice.

use std::time::Duration;

use axum::http::StatusCode;
use axum::response::Response;
use chatwoot::{CallError, Client, Outcome};
use domain::{AccountKey, TenantId};
use serde::Serialize;
use serde_json::json;
use store::catalogue::Owner;
use store::{PgConnection, audit};

use crate::App;
use crate::auth::Principal;
use crate::error::ApiError;
use crate::idempotency::{Begun, Key};

/// How long all questions to Chatwoot for one request may take: less than the caller waits.
const PATIENCE: Duration = Duration::from_secs(25);

/// The account in which something is created.
pub(super) struct Place {
    pub(super) owner: Owner,
    pub(super) client: Client,
}

/// Something that an account is to have under a name.
pub(super) trait Wanted {
    /// The thing, as callers see it.
    type Thing: Serialize + Sync;
    /// What the audit calls creating it.
    const ACTION: &'static str;
    /// The field with its name.
    const NAME: &'static str;
    /// The account that is to have it. `None` means the only one.
    fn account(&self) -> Option<AccountKey>;
    /// Finds what the account has under this name.
    async fn find(&self, place: &Place) -> Result<Option<Self::Thing>, CallError>;
    /// Creates it.
    async fn make(&self, place: &Place) -> Result<Self::Thing, CallError>;
    /// Whether the thing is exactly as wanted.
    fn is(&self, thing: &Self::Thing) -> bool;
    /// The request's field for this attribute in Chatwoot.
    fn field(attribute: &str) -> Option<&'static str>;
    /// Stores it here too. Returns it as it is stored.
    async fn keep(
        connection: &mut PgConnection,
        owner: &Owner,
        thing: &Self::Thing,
    ) -> Result<Self::Thing, store::Error>;
    /// Names it in the audit.
    fn target(thing: &Self::Thing) -> String;
}

/// What the account has now.
struct Had<T> {
    thing: T,
    /// Whether it was there before.
    before: bool,
}

/// Answers a request for something that an account is to have.
pub(super) async fn create<W: Wanted>(
    app: &App,
    principal: &Principal,
    key: Key,
    wanted: &W,
) -> Result<Response, ApiError> {
    let _room = app.asking(&principal.tenant)?;
    let mut work = match key.begin(app, principal).await? {
        Begun::Fresh(work) => work,
        Begun::Answered(answer) => return Ok(answer),
    };
    let place = place(app, work.connection(), &principal.tenant, wanted.account()).await?;
    let had = make(wanted, &place).await?;
    let thing = W::keep(work.connection(), &place.owner, &had.thing).await?;
    if had.before {
        return work.finish(StatusCode::OK, None, &thing).await;
    }
    let mut deed = principal.does(W::ACTION, W::target(&thing), json!({ "after": thing }));
    deed.account = Some(place.owner.account);
    audit::record(work.connection(), &deed).await?;
    work.finish(StatusCode::CREATED, None, &thing).await
}

/// Has the account have it, once, and in time.
async fn make<W: Wanted>(wanted: &W, place: &Place) -> Result<Had<W::Thing>, ApiError> {
    let made = tokio::time::timeout(PATIENCE, make_unhurried(wanted, place)).await;
    made.unwrap_or(Err(ApiError::Timeout))
}

async fn make_unhurried<W: Wanted>(wanted: &W, place: &Place) -> Result<Had<W::Thing>, ApiError> {
    if let Some(there) = wanted.find(place).await.map_err(refused)? {
        return had(wanted, there, true);
    }
    let error = match wanted.make(place).await {
        Ok(thing) => return Ok(Had { thing, before: false }),
        Err(error) => error,
    };
    let unknown = error.outcome() == Outcome::Unknown;
    if !unknown && !matches!(error, CallError::Invalid { .. }) {
        return Err(refused(error));
    }
    match wanted.find(place).await.map_err(refused)? {
        // If the outcome is unknown it is ours, as far as anybody can tell; otherwise somebody else
        // was quicker.
        Some(there) => had(wanted, there, !unknown),
        None => Err(match error {
            CallError::Invalid { message, attributes } => {
                let named = attributes.iter().find_map(|attribute| W::field(attribute));
                ApiError::field(named.unwrap_or(W::NAME), format!("Chatwoot says: {message}"))
            }
            error => refused(error),
        }),
    }
}

fn had<W: Wanted>(wanted: &W, thing: W::Thing, before: bool) -> Result<Had<W::Thing>, ApiError> {
    if wanted.is(&thing) {
        return Ok(Had { thing, before });
    }
    Err(ApiError::taken(W::NAME, &thing))
}

/// Turns a failure into what the caller can do about it.
fn refused(error: CallError) -> ApiError {
    match error.outcome() {
        Outcome::Permanent => ApiError::Refused(error.into()),
        Outcome::Retry | Outcome::Unknown => ApiError::NoAnswer("Chatwoot", error.into()),
    }
}

/// Returns the named account, or the only one of the tenant.
async fn place(
    app: &App,
    connection: &mut PgConnection,
    tenant: &TenantId,
    named: Option<AccountKey>,
) -> Result<Place, ApiError> {
    let served = store::accounts::served(connection).await?;
    let mut served = served.into_iter().filter(|account| !account.ended).map(|account| account.id);
    let account = match named {
        Some(key) => served.find(|id| *id == key).ok_or(ApiError::NotFound("account"))?,
        None => match (served.next(), served.next()) {
            (Some(only), None) => only,
            (None, _) => return Err(ApiError::NotFound("account")),
            _ => {
                let message = "must be given: there are several Chatwoot accounts";
                return Err(ApiError::field("accountId", message));
            }
        },
    };
    let client = app.client(account).await?.ok_or(ApiError::NotFound("account"))?;
    Ok(Place { owner: Owner { tenant: tenant.clone(), account }, client })
}
