//! The token buckets of Chatwoot installations, shared by all workers.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use crate::Error;

/// An installation's token bucket.
#[derive(Debug, Clone, PartialEq)]
pub struct Host {
    /// Host name and port.
    pub host: String,
    /// Requests per minute, by the settings of the worker that last took some.
    pub per_minute: i32,
    /// Requests that may be made now and that no worker has leased.
    pub tokens: f64,
    /// Callers that were put off and have not had their turn.
    pub away: f64,
    /// When `tokens` and `away` were computed; if long ago, the bucket is full.
    pub filled_at: DateTime<Utc>,
    /// All requests ever granted, less those given back.
    pub granted: i64,
    /// It asked to be left alone until then.
    pub paused_until: Option<DateTime<Utc>>,
    /// How often it has asked for a pause since it last answered well.
    pub pauses: i32,
}

/// An installation's bucket, locked until the transaction ends, and the database's time.
pub async fn lock(
    connection: &mut PgConnection,
    host: &str,
) -> Result<(Host, DateTime<Utc>), Error> {
    let row = sqlx::query!(
        r#"insert into chatwoot_hosts (host) values ($1)
           on conflict (host) do update set host = excluded.host
           returning host, per_minute, tokens, away, filled_at, granted, paused_until, pauses,
                     clock_timestamp() as "now!""#,
        host
    )
    .fetch_one(connection)
    .await?;
    let known = Host {
        host: row.host,
        per_minute: row.per_minute,
        tokens: row.tokens,
        away: row.away,
        filled_at: row.filled_at,
        granted: row.granted,
        paused_until: row.paused_until,
        pauses: row.pauses,
    };
    Ok((known, row.now))
}

/// Saves a bucket whose row the transaction has locked.
pub async fn write(connection: &mut PgConnection, host: &Host) -> Result<(), Error> {
    sqlx::query!(
        "update chatwoot_hosts
         set per_minute = $2, tokens = $3, away = $4, filled_at = $5, granted = $6,
             paused_until = $7, pauses = $8
         where host = $1",
        host.host,
        host.per_minute,
        host.tokens,
        host.away,
        host.filled_at,
        host.granted,
        host.paused_until,
        host.pauses
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Takes one request out of what replies leave of an installation's allowance. None is left while it asked for a pause,
/// while a caller is put off, or of the last half second's worth; with `anyway` only the pause counts. Returns how long
/// to wait before asking again, or `None` if the request may be made. It may be made, too, if nothing is known of the
/// installation, since nothing was ever sent there.
pub async fn take_spare(
    connection: &mut PgConnection,
    host: &str,
    anyway: bool,
) -> Result<Option<Duration>, Error> {
    let wait = sqlx::query_scalar!(
        r#"with known as (
             select host, tokens, away, per_minute / 60.0::float8 as rate,
                    greatest(per_minute / 60.0::float8, 1) as most,
                    greatest(extract(epoch from clock_timestamp() - filled_at)::float8, 0) as passed,
                    coalesce(extract(epoch from paused_until - clock_timestamp())::float8, 0) as pause
             from chatwoot_hosts where host = $1 and per_minute > 0 for update
           ),
           reckoned as (
             select host, most, pause,
                    least(greatest(tokens, 0) + passed * rate, most) as there,
                    greatest(away - passed * rate, 0) as away
             from known
           ),
           taken as (
             update chatwoot_hosts h
             set tokens = r.there - 1, away = r.away, filled_at = clock_timestamp(),
                 granted = h.granted + 1
             from reckoned r
             where h.host = r.host and r.pause <= 0
               and ($2 or r.away = 0 and r.there >= least(1 + r.most / 2, r.most))
             returning h.host
           )
           select case when pause > 0 then pause else 0.25 end as "wait!" from reckoned
           where not exists (select from taken)"#,
        host,
        anyway
    )
    .fetch_optional(connection)
    .await?;
    Ok(wait.map(|seconds| Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)))
}

/// All installations that were ever called, ordered by name.
pub async fn list(connection: &mut PgConnection) -> Result<Vec<Host>, Error> {
    let hosts = sqlx::query_as!(
        Host,
        "select host, per_minute, tokens, away, filled_at, granted, paused_until, pauses
         from chatwoot_hosts order by host"
    )
    .fetch_all(connection)
    .await?;
    Ok(hosts)
}

/// How much may be asked of an installation, as tenants with an account there see it.
#[derive(Debug, Clone, PartialEq)]
pub struct Allowance {
    /// Host name and port.
    pub host: String,
    /// Requests per minute, by the settings of the worker that last took some.
    pub per_minute: i32,
    /// Requests that may be made at once; at most a second's worth is kept.
    pub available: f64,
    /// It asked to be left alone until then.
    pub paused_until: Option<DateTime<Utc>>,
}

/// The installations of the tenant's accounts, as far as they were ever called.
pub async fn allowances(connection: &mut PgConnection) -> Result<Vec<Allowance>, Error> {
    let allowances = sqlx::query_as!(
        Allowance,
        r#"select host, per_minute,
                  least(greatest(per_minute / 60.0, 1),
                        greatest(tokens, 0) + greatest(extract(epoch from now() - filled_at), 0)
                          * per_minute / 60.0)::float8 as "available!",
                  case when paused_until > now() then paused_until end as paused_until
           from chatwoot_hosts order by host"#
    )
    .fetch_all(connection)
    .await?;
    Ok(allowances)
}
