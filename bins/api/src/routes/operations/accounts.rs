//! `/operations/accounts`

pub(in crate::routes) mod list;
pub(in crate::routes) mod reconcile;

use chrono::{DateTime, Utc};
use domain::{AccountKey, TenantId};
use serde::Serialize;
use store::PgConnection;
use store::accounts::Served;
use store::breakers::State;
use store::hosts::Allowance;
use store::reconciliations::Reconciliation;

use super::{pipeline, receivers};
use crate::App;
use crate::error::ApiError;

/// The state of a Chatwoot account: of calls to it, and of its events.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct AccountState {
    id: AccountKey,
    /// Number of the account in the installation.
    chatwoot_account_id: i64,
    /// Address of the installation.
    base_url: String,
    /// Name of the account, for people.
    name: Option<String>,
    breaker: Breaker,
    /// How many requests the installation allows, for all who have an account there together; null
    /// if it was never called.
    rate: Option<Rate>,
    /// Events in the stream that are not processed yet; null while NATS does not answer.
    inbound: Option<Queue>,
    /// Events in the receivers' journals that are not in the stream yet; null while no receiver
    /// says so.
    journal: Option<Queue>,
    /// Webhooks that the receivers refused in the last hour, or since they were started; null
    /// while no receiver says so.
    refused: Option<Vec<RefusedWebhooks>>,
    /// Commands that wait to be carried out.
    outbound: Queue,
    /// How far it has been compared with Chatwoot; null if that has not begun.
    reconciliation: Option<Comparison>,
}

/// Whether calls to an account are let through.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::routes) struct Breaker {
    state: BreakerState,
    /// Calls in a row that got no answer.
    failures: i32,
    /// When `open`, the end of the rest; on `trial`, until when its outcome is awaited. Null if `closed`.
    until: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, Copy, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
enum BreakerState {
    /// Calls are let through.
    Closed,
    /// Calls are not let through: Chatwoot did not answer.
    Open,
    /// One worker tries whether Chatwoot answers again.
    Trial,
}

/// How many requests an installation allows.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::routes) struct Rate {
    /// Requests per minute.
    per_minute: i32,
    /// Requests that may be made at once.
    available: f64,
    /// Until when Chatwoot has asked to be left alone; null if it has not.
    pub(in crate::routes) paused_until: Option<DateTime<Utc>>,
}

/// Webhooks that were refused.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct RefusedWebhooks {
    /// Why, in a word.
    #[schema(example = "signature")]
    reason: String,
    /// How many.
    count: u64,
}

/// What waits.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::routes) struct Queue {
    /// How many wait.
    pub(in crate::routes) pending: u64,
    /// When the oldest of them came; null if none waits.
    pub(in crate::routes) oldest_at: Option<DateTime<Utc>>,
}

/// How far an account has been compared with Chatwoot.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
struct Comparison {
    /// Whether it is being compared at this moment.
    under_way: bool,
    /// Everything that changed before then has been compared once.
    swept_to: Option<DateTime<Utc>>,
    /// When recent changes are compared next.
    sweep_due_at: DateTime<Utc>,
    /// Whether a walk through everything has begun and not ended.
    walk_under_way: bool,
    /// Conversations that the walk has passed.
    walk_done: i64,
    /// Conversations in all, as Chatwoot says.
    walk_total: Option<i64>,
    /// When a walk last came to its end.
    walked_at: Option<DateTime<Utc>>,
    /// Rows of history that were imported.
    brought_in: i64,
    /// Rows that were found missing, different or gone since then.
    drift_found: i64,
    /// How many of these are repaired or being repaired.
    drift_repaired: i64,
    /// Comparisons in a row that failed.
    failures: u32,
    /// Why the last one failed; null if it did not.
    last_error: Option<String>,
    /// What Chatwoot could not answer since the last walk began, and why: it was left out, and is asked for again by the
    /// next walk. At most 20.
    #[schema(example = json!(["message 7 of conversation 42: …"]))]
    unread: Vec<String>,
}

/// The way to an account: the state of calls to it, and of its commands.
pub(in crate::routes) struct Way {
    pub(in crate::routes) account: Served,
    pub(in crate::routes) breaker: Breaker,
    pub(in crate::routes) rate: Option<Rate>,
    pub(in crate::routes) outbound: Queue,
}

/// Returns the ways to the tenant's accounts that are served. Needs a transaction of the tenant.
pub(in crate::routes) async fn ways(
    connection: &mut PgConnection,
    tenant: &TenantId,
) -> Result<Vec<Way>, ApiError> {
    let served = store::accounts::served(connection).await?;
    let breakers = store::breakers::list(connection).await?;
    let allowances = store::hosts::allowances(connection).await?;
    let waiting = store::pipeline::waiting(connection, tenant).await?;
    let ways = served.into_iter().filter(|account| !account.ended).map(|account| {
        let breaker = breakers.iter().find(|breaker| breaker.account == account.id);
        let allowance = allowances.iter().find(|allowance| allowance.host == account.host);
        let outbound = waiting.iter().find(|one| one.account == account.id);
        Way {
            breaker: Breaker::of(breaker),
            rate: allowance.map(Rate::of),
            outbound: outbound.map_or_else(Queue::default, |one| Queue {
                pending: u64::try_from(one.commands).unwrap_or_default(),
                oldest_at: one.since,
            }),
            account,
        }
    });
    Ok(ways.collect())
}

/// Returns the states of the tenant's accounts, or of one of them. Needs a transaction of the
/// tenant. What is in the stream and what the receivers know is still unknown then.
async fn states(
    connection: &mut PgConnection,
    tenant: &TenantId,
    which: Option<AccountKey>,
) -> Result<Vec<AccountState>, ApiError> {
    let ways = ways(connection, tenant).await?;
    let reconciliations = store::reconciliations::list(connection).await?;
    let meant = ways.into_iter().filter(|way| which.is_none_or(|id| id == way.account.id));
    let states = meant.map(|Way { account, breaker, rate, outbound }| {
        let compared = reconciliations.iter().find(|one| one.account == account.id);
        AccountState {
            id: account.id,
            chatwoot_account_id: account.chatwoot_account_id,
            base_url: account.base_url,
            name: account.name,
            breaker,
            rate,
            inbound: None,
            journal: None,
            refused: None,
            outbound,
            reconciliation: compared.map(Comparison::of),
        }
    });
    Ok(states.collect())
}

/// Adds what is in the stream and what the receivers know, which may take seconds.
async fn look(app: &App, states: &mut [AccountState]) {
    let accounts: Vec<_> = states.iter().map(|state| state.id).collect();
    let (lanes, known) =
        tokio::join!(pipeline::lanes(app, &accounts), receivers::ask(app, &accounts));
    for ((state, inside), known) in states.iter_mut().zip(lanes).zip(known) {
        state.inbound = inside.map(|pipeline::Inside { queue, in_hand }| Queue {
            pending: queue.pending + in_hand,
            ..queue
        });
        state.journal = known.as_ref().and_then(|known| known.waiting);
        state.refused = known.map(|known| {
            let refused = known.refused.into_iter();
            refused.map(|(reason, count)| RefusedWebhooks { reason, count }).collect()
        });
    }
}

impl Queue {
    /// Both together.
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            pending: self.pending.saturating_add(other.pending),
            oldest_at: self.oldest_at.into_iter().chain(other.oldest_at).min(),
        }
    }
}

impl Breaker {
    /// Whether calls pass without any restriction.
    pub(in crate::routes) fn is_closed(&self) -> bool {
        matches!(self.state, BreakerState::Closed)
    }

    fn of(breaker: Option<&store::breakers::Breaker>) -> Self {
        let (state, until) = match breaker.map(|breaker| breaker.state) {
            None | Some(State::Closed) => (BreakerState::Closed, None),
            Some(State::Open(until)) => (BreakerState::Open, Some(until)),
            Some(State::Trial(until)) => (BreakerState::Trial, Some(until)),
        };
        Self { state, failures: breaker.map_or(0, |breaker| breaker.failures), until }
    }
}

impl Rate {
    fn of(allowance: &Allowance) -> Self {
        let Allowance { per_minute, available, paused_until, .. } = *allowance;
        Self { per_minute, available, paused_until }
    }
}

impl Comparison {
    fn of(one: &Reconciliation) -> Self {
        let (progress, tally) = (&one.progress, &one.tally);
        Self {
            under_way: one.held,
            swept_to: progress.swept_to,
            sweep_due_at: progress.sweep_due_at,
            walk_under_way: progress.walk.under_way(),
            walk_done: progress.walk.done,
            walk_total: progress.walk.total,
            walked_at: progress.walked_at,
            brought_in: tally.brought_in,
            drift_found: tally.drift_found,
            drift_repaired: tally.drift_repaired,
            failures: progress.failures,
            last_error: progress.last_error.clone(),
            unread: one.unread.clone(),
        }
    }
}
