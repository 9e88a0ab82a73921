//! The state of the pipeline: which events and commands wait and since when, how fast they are processed, and what
//! failed. Everything is about the tenant whose transaction asks, and counting is bounded.

use chrono::{DateTime, Utc};
use domain::{AccountKey, TenantId};
use sqlx::PgConnection;

use crate::Error;

/// The most events that are looked at. With more, the figures cover less than an hour.
pub const MOST_EVENTS: i64 = 100_000;

/// A minute of the last hour.
#[derive(Debug, Clone, PartialEq)]
pub struct Minute {
    /// When it began.
    pub at: DateTime<Utc>,
    /// Events that Chatwoot sent in it, as far as they are processed.
    pub received: i64,
    /// Milliseconds from receipt to the database: the median.
    pub p50: Option<f64>,
    /// The same at the 95th percentile.
    pub p95: Option<f64>,
    /// The same at the 99th percentile.
    pub p99: Option<f64>,
}

/// The last 60 minutes, oldest first, ending with the current one.
pub async fn minutes(
    connection: &mut PgConnection,
    tenant: &TenantId,
) -> Result<Vec<Minute>, Error> {
    let minutes = sqlx::query_as!(
        Minute,
        r#"with events as (
             select date_trunc('minute', received_at) as minute,
                    extract(epoch from processed_at - received_at)::float8 * 1000 as took
             from (
               select received_at, processed_at, origin from webhook_events
               where tenant_id = $1
                 and received_at >= date_trunc('minute', now()) - interval '59 minutes'
               order by received_at desc limit $2
             ) newest
             where origin = 'webhook'
           )
           select minute as "at!", count(e.took) as "received!",
                  percentile_cont(0.5) within group (order by e.took) as p50,
                  percentile_cont(0.95) within group (order by e.took) as p95,
                  percentile_cont(0.99) within group (order by e.took) as p99
           from generate_series(date_trunc('minute', now()) - interval '59 minutes',
                                date_trunc('minute', now()), interval '1 minute') as minute
           left join events e using (minute)
           group by minute order by minute"#,
        tenant.as_str(),
        MOST_EVENTS,
    )
    .fetch_all(connection)
    .await?;
    Ok(minutes)
}

/// What became of events and commands lately.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counts {
    /// Events that Chatwoot sent in the last five minutes, as far as they are processed.
    pub received: i64,
    /// Events that entered the stream in the last five minutes, including those that the reconciler read, as far as
    /// they are processed.
    pub came_in: i64,
    /// Events processed in the last five minutes.
    pub processed: i64,
    /// Events rejected in the last hour.
    pub rejected: i64,
    /// Tries at commands in the last five minutes.
    pub tried: i64,
    /// Tries in the last five minutes by which a command was settled.
    pub settled: i64,
    /// Tries in the last hour that did not succeed.
    pub failed_tries: i64,
    /// Commands given up in the last hour.
    pub given_up: i64,
    /// Tries under way.
    pub under_way: i64,
    /// When the oldest try under way began.
    pub under_way_since: Option<DateTime<Utc>>,
    /// Activities of the last five minutes.
    pub told: i64,
    /// Activities that are committed and not known to be announced.
    pub untold: i64,
    /// When the oldest of these was committed.
    pub untold_since: Option<DateTime<Utc>>,
}

/// What became of events and commands lately.
pub async fn counts(connection: &mut PgConnection, tenant: &TenantId) -> Result<Counts, Error> {
    let counts = sqlx::query_as!(
        Counts,
        r#"select e.*, p.*, r.*, t.*, a.*, u.*
           from (
             select count(*) filter (where origin = 'webhook') as "received!",
                    count(*) as "came_in!"
             from (
               select origin from webhook_events
               where tenant_id = $1 and received_at > now() - interval '5 minutes' limit $2
             ) newest
           ) e, (
             -- However long they waited, but for a month: workers that catch up are at work.
             select count(*) as "processed!" from (
               select from webhook_events
               where tenant_id = $1 and received_at > now() - interval '28 days'
                 and processed_at > now() - interval '5 minutes' limit $2
             ) newest
           ) p, (
             select count(*) as "rejected!" from (
               select from webhook_events
               where tenant_id = $1 and outcome = 'rejected'
                 and received_at > now() - interval '28 days'
                 and processed_at > now() - interval '1 hour' limit $2
             ) newest
           ) r, (
             select count(*) filter (where recent) as "tried!",
                    count(*) filter (where recent and outcome in ('done', 'failed')) as "settled!",
                    count(*) filter (where outcome in ('retry', 'unknown', 'failed'))
                      as "failed_tries!",
                    count(*) filter (where outcome = 'failed') as "given_up!",
                    count(*) filter (where fresh) as "under_way!",
                    min(started_at) filter (where fresh) as under_way_since
             from (
               select outcome, started_at, started_at > now() - interval '5 minutes' as recent,
                      finished_at is null and started_at > now() - interval '10 minutes' as fresh
               from outbound_attempts
               where tenant_id = $1 and started_at > now() - interval '1 hour'
               order by started_at desc limit $2
             ) newest
           ) t, (
             select count(*) as "told!" from (
               select from activities
               where tenant_id = $1 and occurred_at > now() - interval '5 minutes' limit $2
             ) newest
           ) a, (
             select count(*) as "untold!", min(created_at) as untold_since from (
               select created_at from announcements
               where tenant_id = $1 order by created_at limit $2
             ) oldest
           ) u"#,
        tenant.as_str(),
        MOST_EVENTS,
    )
    .fetch_one(connection)
    .await?;
    Ok(counts)
}

/// An account's commands that wait to be carried out, except those within their undo window. Those of a disconnected
/// account wait for nothing that happens by itself, and are left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// The account.
    pub account: AccountKey,
    /// How many.
    pub commands: i64,
    /// When the oldest began to wait.
    pub since: Option<DateTime<Utc>>,
}

/// The waiting commands of every account that has any.
pub async fn waiting(
    connection: &mut PgConnection,
    tenant: &TenantId,
) -> Result<Vec<Waiting>, Error> {
    let rows = sqlx::query!(
        r#"select account_id, count(*) as "commands!", min(since) as since
           from (
             select account_id,
                    case when attempts = 0 then coalesce(not_before, created_at) else created_at end
                      as since
             from outbox
             where tenant_id = $1
               and (attempts > 0 or coalesce(not_before, created_at) <= now())
               and not exists (select from chatwoot_accounts a
                               where a.id = outbox.account_id and a.disconnected_at is not null)
             limit $2
           ) due
           group by account_id order by account_id"#,
        tenant.as_str(),
        MOST_EVENTS,
    )
    .fetch_all(connection)
    .await?;
    let waiting = rows.into_iter().map(|row| Waiting {
        account: AccountKey(row.account_id),
        commands: row.commands,
        since: row.since,
    });
    Ok(waiting.collect())
}
