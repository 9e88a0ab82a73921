//! The state of the pipeline that events and commands pass through.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use domain::AccountKey;
use events::Inbound;
use futures_util::{StreamExt as _, stream};
use repair::{Owner, owner_of};
use serde::Serialize;
use store::pipeline::{Counts, Minute};

use super::accounts::Queue;
use super::dead_letters::Own;
use super::dead_letters::list::{AT_ONCE, REACH};
use super::receivers::{self, Known};
use crate::App;
use crate::auth::{May, Principal, ReadOperations};
use crate::error::ApiError;
use crate::single_flight::SingleFlight;

/// How many accounts' lanes are asked about at a time: one that gets no answer takes seconds.
const LANES_AT_ONCE: usize = 100;
/// How many of the newest dead letters are searched for the tenant's.
const COUNTED: usize = 200;

/// The owners of the newest dead letters, looked up once for all tenants. `None` while NATS does
/// not answer, or if they are too far apart.
pub(crate) type NewestLetters = SingleFlight<Option<Arc<[Option<Owner>]>>, ()>;

/// The last answer for each tenant: it takes much counting, and screens ask again and again.
pub(crate) type Pipelines = SingleFlight<Pipeline>;

/// The pipeline that the tenant's events and commands pass through.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Pipeline {
    /// When this was measured.
    at: DateTime<Utc>,
    /// The stages from Chatwoot to the screen and back: receiver, inbound, sync, outbound,
    /// chatwoot, activity.
    stages: Vec<Stage>,
    /// How many receivers say what waits in their journals and what they refused; null while none
    /// does, or without an account to ask about.
    receivers: Option<u64>,
    /// The last 60 minutes, oldest first. The last one is still under way.
    points: Vec<Point>,
    /// How many of the 200 newest dead letters are the tenant's; null while NATS does not answer,
    /// or if they are too far apart to be counted.
    dead_letters: Option<u64>,
}

/// A stage of the pipeline. What is null is not known.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
struct Stage {
    name: StageName,
    /// What passed per minute, as a mean of the last five. `receiver` and `inbound` count only what
    /// has been processed since.
    per_minute: Option<f64>,
    /// What waits before this stage; for `receiver`, in the receivers' journals.
    pending: Option<u64>,
    /// When the oldest of it came.
    oldest_at: Option<DateTime<Utc>>,
    /// Failures of the last hour: webhooks refused (as far as the receivers have been running),
    /// events rejected, commands given up, calls to which Chatwoot gave no good answer.
    errors: Option<u64>,
}

#[derive(Debug, Clone, Copy, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
enum StageName {
    /// Takes webhooks. What the receivers do not say themselves is not known.
    Receiver,
    /// The stream of events.
    Inbound,
    /// Applies events to the database.
    Sync,
    /// Commands that wait to be carried out.
    Outbound,
    /// Calls to Chatwoot.
    Chatwoot,
    /// Announces to screens what happened.
    Activity,
}

/// One minute.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
struct Point {
    /// When it began.
    at: DateTime<Utc>,
    /// Webhooks received in it that are processed by now.
    received: u64,
    /// Median time from the receipt of a webhook to the commit that screens are told of, in milliseconds.
    p50_ms: Option<f64>,
    /// 95th percentile of that time, in milliseconds.
    p95_ms: Option<f64>,
    /// 99th percentile of that time, in milliseconds.
    p99_ms: Option<f64>,
}

/// See how fast events and commands pass, and what waits or fails.
///
/// Each stage with its rate, what waits before it, since when, and its failures; throughput and
/// latency of the last hour. At most two seconds old.
#[utoipa::path(
    get, path = "/operations/pipeline", tag = "operations",
    security(("bearer" = ["operations:read"])),
    responses((status = 200, description = "The pipeline now", body = Pipeline))
)]
pub(in crate::routes) async fn get_pipeline(
    State(app): State<App>,
    principal: May<ReadOperations>,
) -> Result<Json<Pipeline>, ApiError> {
    let look = Box::pin(look(&app, &principal));
    app.pipelines.get(&principal.tenant, look).await.map(Json)
}

async fn look(app: &App, principal: &Principal) -> Result<Pipeline, ApiError> {
    let tenant = &principal.tenant;
    let mut transaction = app.tenant(tenant).await?;
    let own = Own::of(&mut transaction, principal).await?;
    let counts = store::pipeline::counts(&mut transaction, tenant).await?;
    let minutes = store::pipeline::minutes(&mut transaction, tenant).await?;
    let waiting = store::pipeline::waiting(&mut transaction, tenant).await?;
    transaction.commit().await?;
    let accounts = own.accounts();
    let (known, lanes, dead_letters) =
        tokio::join!(receivers::ask(app, accounts), lanes(app, accounts), dead_letters(app, &own));
    let all: Option<Vec<_>> = lanes.into_iter().collect();
    let inbound = all.map(|all| all.into_iter().fold(Inside::default(), Inside::and));
    let outbound = (
        waiting.iter().map(|one| one.commands).sum(),
        waiting.iter().filter_map(|one| one.since).min(),
    );
    Ok(Pipeline {
        at: Utc::now(),
        stages: stages(&counts, &known, inbound, outbound),
        receivers: known.iter().flatten().map(|known| known.receivers).min(),
        points: minutes.into_iter().map(Point::from).collect(),
        dead_letters,
    })
}

/// What the stream has of some accounts that is not settled.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Inside {
    pub(super) queue: Queue,
    pub(super) in_hand: u64,
}

impl Inside {
    fn and(self, other: Self) -> Self {
        Self { queue: self.queue.and(other.queue), in_hand: self.in_hand + other.in_hand }
    }
}

/// Returns what the stream has of each of these accounts, or `None` while NATS does not answer.
pub(super) async fn lanes(app: &App, accounts: &[AccountKey]) -> Vec<Option<Inside>> {
    let asked = stream::iter(accounts.iter().copied()).map(|account| lane(app, account));
    asked.buffered(LANES_AT_ONCE).collect().await
}

async fn lane(app: &App, account: AccountKey) -> Option<Inside> {
    let lane = match app.bus.lane(account).await {
        Ok(lane) => lane,
        Err(error) => {
            tracing::debug!(%account, %error, "cannot look into an account's lane");
            return None;
        }
    };
    let oldest = lane.oldest.and_then(|headers| Inbound::read(&headers).ok());
    let oldest_at = oldest.map(|inbound| inbound.received_at);
    Some(Inside { queue: Queue { pending: lane.pending, oldest_at }, in_hand: lane.in_hand })
}

async fn dead_letters(app: &App, own: &Own<'_>) -> Option<u64> {
    // A failure is kept too, so that those who wait do not each wait for NATS in turn.
    let look = async { Ok::<_, Infallible>(newest_letters(app).await) };
    let Ok(owners) = app.newest_letters.get(&(), look).await;
    Some(owners?.iter().flatten().filter(|owner| own.is(owner)).count() as u64)
}

async fn newest_letters(app: &App) -> Option<Arc<[Option<Owner>]>> {
    let (letters, mut owners, mut before) = (app.bus.dead_letters(), Vec::new(), None);
    let all = usize::try_from(letters.count().await.ok()?).unwrap_or(COUNTED).min(COUNTED);
    for _ in 0..REACH / AT_ONCE {
        if owners.len() >= all {
            return Some(owners.into());
        }
        let (some, go_on) = letters.among(before, AT_ONCE).await.ok()?;
        owners.extend(some.iter().take(all - owners.len()).map(owner_of));
        if go_on.is_none() {
            return Some(owners.into());
        }
        before = go_on;
    }
    None
}

fn stages(
    counts: &Counts,
    known: &[Option<Known>],
    inbound: Option<Inside>,
    outbound: (i64, Option<DateTime<Utc>>),
) -> Vec<Stage> {
    let whole = |count: i64| u64::try_from(count).unwrap_or_default();
    #[expect(clippy::cast_precision_loss, reason = "a rate needs no more precision")]
    let rate = |count: i64| Some(count as f64 / 5.0);
    let stage = |name, per_minute, pending, oldest_at, errors| Stage {
        name,
        per_minute,
        pending,
        oldest_at,
        errors,
    };
    let in_journals = known
        .iter()
        .try_fold(Queue::default(), |sum, known| Some(sum.and(known.as_ref()?.waiting?)));
    let refused = known.iter().try_fold(0u64, |sum, known| {
        Some(known.as_ref()?.refused.values().copied().fold(sum, u64::saturating_add))
    });
    let oldest_at = inbound.and_then(|inside| inside.queue.oldest_at);
    let pending = inbound.map(|inside| inside.queue.pending);
    let in_hand = inbound.map(|inside| inside.in_hand);
    let (commands, since) = outbound;
    vec![
        stage(
            StageName::Receiver,
            rate(counts.received),
            in_journals.map(|queue| queue.pending),
            in_journals.and_then(|queue| queue.oldest_at),
            refused,
        ),
        stage(StageName::Inbound, rate(counts.came_in), pending, oldest_at, None),
        stage(StageName::Sync, rate(counts.processed), in_hand, None, Some(whole(counts.rejected))),
        stage(
            StageName::Outbound,
            rate(counts.settled),
            Some(whole(commands)),
            since,
            Some(whole(counts.given_up)),
        ),
        stage(
            StageName::Chatwoot,
            rate(counts.tried),
            Some(whole(counts.under_way)),
            counts.under_way_since,
            Some(whole(counts.failed_tries)),
        ),
        stage(
            StageName::Activity,
            rate(counts.told),
            Some(whole(counts.untold)),
            counts.untold_since,
            None,
        ),
    ]
}

impl From<Minute> for Point {
    fn from(minute: Minute) -> Self {
        Self {
            at: minute.at,
            received: u64::try_from(minute.received).unwrap_or_default(),
            p50_ms: minute.p50,
            p95_ms: minute.p95,
            p99_ms: minute.p99,
        }
    }
}
