//! The partitions of the tables that are partitioned by month: which there are, and removing one as a whole.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::{AssertSqlSafe, PgConnection};

use crate::Error;
use crate::connect::reset_role;

/// A table that is partitioned by month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table {
    /// The timeline.
    Activities,
    /// The record of events.
    WebhookEvents,
}

impl Table {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Activities, Self::WebhookEvents];

    /// Its name in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Activities => "activities",
            Self::WebhookEvents => "webhook_events",
        }
    }
}

/// A partition of a table.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Part {
    /// Its table.
    pub table: String,
    /// Its own name in the database.
    pub name: String,
    /// All of its rows are from before then.
    pub until: DateTime<Utc>,
    /// Its size on disk, with its indexes.
    pub bytes: i64,
    /// How many rows the planner believes it to have; `None` before it was analysed.
    pub rows: Option<i64>,
    /// It has no lower bound, and is emptied instead of dropped, since rows of that time may yet come.
    pub stays: bool,
}

/// The partitions of a table that end before the last `months` whole months, oldest first. Leaves out one that is kept
/// and empty.
pub async fn ended(
    connection: &mut PgConnection,
    table: Table,
    months: u16,
) -> Result<Vec<Part>, Error> {
    let parts = sqlx::query_as!(
        Part,
        r#"select parent.relname::text as "table!", part.relname::text as "name!",
             span.until as "until!", pg_total_relation_size(part.oid) as "bytes!",
             nullif(part.reltuples, -1)::bigint as rows, span.stays as "stays!"
           from pg_inherits
           join pg_class parent on parent.oid = inhparent
           join pg_class part on part.oid = inhrelid,
           lateral (select pg_get_expr(part.relpartbound, part.oid) as bound) bounds,
           lateral (select substring(bound from $$TO \('([^']+)'\)$$)::timestamptz as until,
                           bound like '%FROM (MINVALUE)%' as stays) span
           where parent.oid = $1::text::regclass
             and span.until <= date_trunc('month', now(), 'UTC') - make_interval(months => $2)
             and not (span.stays and pg_relation_size(part.oid) = 0)
           order by span.until"#,
        table.name(),
        i32::from(months),
    );
    Ok(parts.fetch_all(connection).await?)
}

/// Whether the role that logged in may remove partitions: only the owner of the tables may.
pub async fn may_remove(connection: &mut PgConnection) -> Result<bool, Error> {
    let owned = sqlx::query_scalar!(
        r#"select bool_and(pg_has_role(session_user, relowner, 'usage')) as "owned!"
           from pg_class where oid = any (array['activities', 'webhook_events']::regclass[])"#
    );
    Ok(owned.fetch_one(connection).await?)
}

/// Drops a partition, or empties it if it is kept, unless that is blocked for more than a second: everybody else would
/// queue behind it. The partition of the history before all months is extended to the end of a dropped month, so that
/// what a backfill brings from that time is found. The role that logged in must own the table, and the rest of the
/// transaction runs as it.
pub async fn remove(connection: &mut PgConnection, part: &Part) -> Result<(), Error> {
    reset_role(connection).await?;
    let words = if part.stays { "truncate %I" } else { "drop table %I" };
    let statement = sqlx::query_scalar!(
        r#"select format($1::text, $2::text) as "statement!""#,
        words,
        part.name
    )
    .fetch_one(&mut *connection)
    .await?;
    sqlx::raw_sql("set local lock_timeout = '1s'").execute(&mut *connection).await?;
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut *connection).await?;
    if !part.stays && part.table == Table::Activities.name() {
        move_history(connection, part.until).await?;
    }
    Ok(())
}

/// Moves the end of `activities_before` to the end of a dropped month. It is emptied first, while nobody else can write
/// to it, so that attaching it again has no rows to check; all of them are older than that month and have to go anyway.
/// The end stays where it was if the default partition, which is usually empty, has rows from that time, or is too
/// large to be searched.
async fn move_history(connection: &mut PgConnection, until: DateTime<Utc>) -> Result<(), Error> {
    let statements = sqlx::query_scalar!(
        r#"select format(
             'truncate activities_before;
              alter table activities detach partition activities_before;
              alter table activities attach partition activities_before
                for values from (minvalue) to (%1$L)', $1::timestamptz) as "statements!"
           from pg_inherits
           where inhparent = 'activities'::regclass
             and inhrelid = to_regclass('activities_before')
             and case when pg_relation_size('activities_other'::regclass) < 8 * 1024 * 1024
                 then not exists (select from activities_other where occurred_at < $1) end"#,
        until
    )
    .fetch_optional(&mut *connection)
    .await?;
    if let Some(statements) = statements {
        sqlx::raw_sql(AssertSqlSafe(statements)).execute(connection).await?;
    }
    Ok(())
}
