//! Replaying an account's events.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use chrono::{DateTime, TimeDelta, Utc};
use domain::{AccountKey, in_words};
use repair::replay::{self, Ended, Wanted};
use serde::{Deserialize, Serialize};
use serde_json::json;
use service::joined;
use store::audit::{Progress, Undertaking};
use store::{PgConnection, TransactionId};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use super::{ACTION, Replay};
use crate::App;
use crate::auth::{May, ReplayEvents};
use crate::capacity::Room;
use crate::error::ApiError;
use crate::extract;
use crate::idempotency::{Begun, Key};
use crate::problem::{Faults, Problem};
use crate::routes::{BASE, operations};

/// Longest name of an event, in characters.
const LONGEST_EVENT: usize = 64;
/// Most events of a replay.
const MOST: u64 = 10_000;
/// Most events in a second.
const FASTEST: u32 = 1_000;
/// How long a dry run counts before its answer says how far it came.
const COUNTING: Duration = Duration::from_secs(15);
/// How long it is looked for at least, if the database could not say whether it was recorded.
const LOOKING: TimeDelta = TimeDelta::minutes(10);

/// Which events to hand to the workers again.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::routes) struct ReplayWanted {
    /// The Chatwoot account.
    account_id: AccountKey,
    /// Only events that came in at this time or later.
    #[schema(example = "2026-03-01T08:00:00Z")]
    from: DateTime<Utc>,
    /// Only events that came in before this time. If not given, all that there are now.
    to: Option<DateTime<Utc>>,
    /// Only events of this name: `message_created`, ….
    #[schema(max_length = 64)]
    event: Option<String>,
    /// Whether only to count them; true if not given.
    #[serde(default = "yes")]
    #[schema(default = true)]
    dry_run: bool,
    /// Most events to hand to the workers; 1,000 if not given.
    #[serde(default = "most")]
    #[schema(minimum = 1, maximum = 10_000, default = 1_000)]
    most: u64,
    /// Most events to hand to the workers per second; 200 if not given.
    #[serde(default = "per_second")]
    #[schema(minimum = 1, maximum = 1_000, default = 200)]
    per_second: u32,
}

const fn yes() -> bool {
    true
}

const fn most() -> u64 {
    1_000
}

const fn per_second() -> u32 {
    200
}

/// What a replay would hand to the workers.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::routes) struct ReplayCounted {
    /// This was a dry run: nothing was done.
    dry_run: bool,
    /// How many events it would hand to the workers.
    count: u64,
    /// How many of each name.
    by: Vec<EventCount>,
    /// Copies that earlier replays made, which it would skip.
    copies: u64,
    /// Events that no worker could read either.
    unreadable: u64,
    ended: CountingEnded,
    /// Time to begin at in order to see the rest; null if this is all.
    go_on_from: Option<DateTime<Utc>>,
}

/// How many events have a name.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct EventCount {
    #[schema(example = "message_created")]
    event: String,
    count: u64,
}

/// Why counting ended.
#[derive(Debug, Clone, Copy, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
enum CountingEnded {
    /// There are no more.
    Done,
    /// There are more than `most`.
    Most,
    /// Looking at all of them took too long.
    Time,
}

/// Hand past events of an account to the workers again.
///
/// They become the same rows, so replaying is always safe, and repairs what was lost or changed here. A dry
/// run counts them. A real one goes on after the answer, at the pace asked for; follow it at `Location`.
#[utoipa::path(
    post, path = "/operations/replay", tag = "operations",
    security(("bearer" = ["events:replay"])),
    request_body = ReplayWanted,
    responses(
        (status = 200, description = "What a replay would do", body = ReplayCounted),
        (status = 202, description = "The replay, which has begun", body = Replay,
         headers(("location" = String, description = "Where to follow it"))),
        (status = 404, description = "There is no such account", body = Problem,
         content_type = "application/problem+json"),
        (status = 422, description = "Fields hold values that they may not: see `errors`", body = Problem,
         content_type = "application/problem+json"),
    )
)]
pub(in crate::routes) async fn replay_events(
    State(app): State<App>,
    principal: May<ReplayEvents>,
    key: Key,
    extract::Json(asked): extract::Json<ReplayWanted>,
) -> Result<Response, ApiError> {
    asked.check()?;
    if asked.dry_run {
        return only_count(&app, &principal, key, &asked).await;
    }
    // Not given up together with its request: what is recorded as begun has to be carried out.
    let tasks = app.tasks.clone();
    joined(tasks.spawn(begin(app, principal, key, asked).in_current_span())).await
}

async fn only_count(
    app: &App,
    principal: &May<ReplayEvents>,
    key: Key,
    asked: &ReplayWanted,
) -> Result<Response, ApiError> {
    let mut work = match key.begin(app, principal).await? {
        Begun::Fresh(work) => work,
        Begun::Answered(answer) => return Ok(answer),
    };
    asked.check_account(work.connection()).await?;
    let _room = app.reading(&principal.tenant)?;
    // Counting may take long, and an open transaction keeps the database from cleaning up.
    work.release().await?;
    Ok(Json(count(app, asked.wanted()).await?).into_response())
}

/// Records the replay, and has it go on by itself.
async fn begin(
    app: App,
    principal: May<ReplayEvents>,
    key: Key,
    asked: ReplayWanted,
) -> Result<Response, ApiError> {
    let mut work = match in_time(key.begin(&app, &principal)).await? {
        Begun::Fresh(work) => work,
        Begun::Answered(answer) => return Ok(answer),
    };
    let recorded = Box::pin(record(&app, &principal, &asked, work.connection()));
    let recorded = in_time(recorded).await?;
    let Recorded { room, mut replay, ends_by, begun, transaction, shown } = recorded;
    let location = format!("{BASE}/operations/replays/{}", begun.id);
    let answer = in_time(work.finish(StatusCode::ACCEPTED, Some(location), &shown)).await;
    let is_said = answer.is_ok();
    let look_until = ends_by.max(Utc::now() + LOOKING);
    let tasks = app.tasks.clone();
    tasks.spawn(async move {
        let _room = room;
        // Who asks again under the same key is told that it has begun.
        if !is_said && !begun.is_recorded(&app, &transaction, look_until).await {
            return;
        }
        let run = async |telling: watch::Sender<Progress>| {
            let tell = |at: &replay::Replay| {
                let (done, total, count) = (at.looked(), at.total(), at.count());
                telling.send_replace(Progress { done, total, count });
            };
            replay.run(&app.shutdown, tell).await
        };
        let ended = begun.follow(&app.store, run).await;
        if let Ended::Failed(error) = &ended {
            tracing::warn!(error = in_words(&error), "a replay failed");
        }
        begun.end_at_last(&app.store, replay.count(), &ended.words()).await;
    });
    answer
}

/// Gives up on a database that is silent. Nobody else does: this goes on without its request, and would keep its
/// places for ever.
async fn in_time<T>(work: impl Future<Output = Result<T, ApiError>>) -> Result<T, ApiError> {
    store::within(store::PATIENCE, async { Ok(work.await) }).await?
}

/// A replay that begins once its record is committed.
struct Recorded {
    room: Room,
    replay: replay::Replay,
    ends_by: DateTime<Utc>,
    begun: operations::Begun,
    transaction: TransactionId,
    shown: Replay,
}

async fn record(
    app: &App,
    principal: &May<ReplayEvents>,
    asked: &ReplayWanted,
    connection: &mut PgConnection,
) -> Result<Recorded, ApiError> {
    asked.check_account(connection).await?;
    let wanted = asked.wanted();
    let room = app.replays.enter(&principal.tenant).ok_or(ApiError::TooManyReplays)?;
    let (words, account) = (wanted.words(), asked.account_id);
    let replay = replay::Replay::start(wanted, &app.bus).await?;
    let ends_by = replay.ends_by();
    let details = json!({
        "endsBy": ends_by, "most": asked.most, "perSecond": asked.per_second,
    });
    let begun =
        operations::Begun::write(connection, principal, ACTION, words, Some(account), details)
            .await?;
    let transaction = TransactionId::of(connection).await?;
    let (mut found, _) =
        store::audit::undertakings(connection, ACTION, Some(begun.id), None, 1).await?;
    let shown = found.pop().map(Undertaking::into).ok_or(ApiError::NotFound("replay"))?;
    Ok(Recorded { room, replay, ends_by, begun, transaction, shown })
}

async fn count(app: &App, wanted: Wanted) -> Result<ReplayCounted, ApiError> {
    let mut replay = replay::Replay::start(wanted, &app.bus).await?;
    let never = CancellationToken::new();
    let ended = match tokio::time::timeout(COUNTING, replay.run(&never, |_| ())).await {
        Err(_) => CountingEnded::Time,
        Ok(Ended::Done | Ended::Interrupted) => CountingEnded::Done,
        Ok(Ended::Most) => CountingEnded::Most,
        Ok(Ended::Failed(error)) => return Err(ApiError::NoBus(error.into())),
    };
    let by = replay
        .counts()
        .iter()
        .map(|((_, event), count)| EventCount { event: event.clone(), count: *count });
    Ok(ReplayCounted {
        dry_run: true,
        count: replay.count(),
        by: by.collect(),
        copies: replay.copies(),
        unreadable: replay.unreadable(),
        ended,
        go_on_from: (!matches!(ended, CountingEnded::Done)).then(|| replay.next()),
    })
}

impl ReplayWanted {
    fn check(&self) -> Result<(), ApiError> {
        let mut faults = Faults::default();
        let past = (DateTime::UNIX_EPOCH..=Utc::now()).contains(&self.from);
        faults.check("from", past, "must be in the past, and after 1970");
        faults.check("to", self.to.is_none_or(|to| to > self.from), "must be after from");
        let is_name = |event: &String| {
            let characters = event.chars().count();
            (1..=LONGEST_EVENT).contains(&characters) && !event.contains(char::is_control)
        };
        let message = format!("must have 1 to {LONGEST_EVENT} printable characters");
        faults.check("event", self.event.as_ref().is_none_or(is_name), message);
        let (most, pace) = (1..=MOST, 1..=FASTEST);
        faults.check("most", most.contains(&self.most), format!("must be 1 to {MOST}"));
        let message = format!("must be 1 to {FASTEST}");
        faults.check("perSecond", pace.contains(&self.per_second), message);
        faults.done()
    }

    async fn check_account(&self, connection: &mut PgConnection) -> Result<(), ApiError> {
        let served = store::accounts::served(connection).await?;
        let is_served = served.iter().any(|account| account.id == self.account_id);
        is_served.then_some(()).ok_or(ApiError::NotFound("account"))
    }

    fn wanted(&self) -> Wanted {
        Wanted {
            from: self.from,
            to: self.to,
            account: Some(self.account_id),
            event: self.event.clone(),
            dry_run: self.dry_run,
            most: Some(self.most),
            per_second: self.per_second,
        }
    }
}
