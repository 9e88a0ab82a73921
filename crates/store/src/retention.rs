//! The parts of the tables that are cut by month: which there are, and how one goes as a whole.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::{AssertSqlSafe, PgConnection};

use crate::Error;
use crate::connect::reset_role;

/// A table that is cut by month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table {
    /// The timeline.
    Activities,
    /// What came in, and what became of it.
    WebhookEvents,
}

impl Table {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Activities, Self::WebhookEvents];

    /// As the database calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Activities => "activities",
            Self::WebhookEvents => "webhook_events",
        }
    }
}

/// A span of time of a table.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Part {
    /// Its table.
    pub table: String,
    /// What it is called itself.
    pub name: String,
    /// All of its rows are from before then.
    pub until: DateTime<Utc>,
    /// With its indexes, on the disk.
    pub bytes: i64,
    /// How many rows the planner believes to be there; none before it was analysed.
    pub rows: Option<i64>,
    /// It has no beginning, and stays, empty, for what may yet come of that time.
    pub stays: bool,
}

/// The parts of a table that hold nothing from within the last `months` whole months, and nothing of this
/// month, oldest first. What is empty and stays is left out.
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

/// Whether who logged in may remove parts: only the owner of the tables may.
pub async fn may_remove(connection: &mut PgConnection) -> Result<bool, Error> {
    let owned = sqlx::query_scalar!(
        r#"select bool_and(pg_has_role(session_user, relowner, 'usage')) as "owned!"
           from pg_class where oid = any (array['activities', 'webhook_events']::regclass[])"#
    );
    Ok(owned.fetch_one(connection).await?)
}

/// Removes a part with its rows (or, if it must stay, its rows), unless blocked for more than a second:
/// everybody else would queue behind it. The history of before all months ends where a month
/// did that is removed, so that what a backfill brings of it later is found again. Who logged in must own the
/// table, and is whom the rest of the transaction runs as.
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

/// Moves the end of `activities_before` to where a removed month ended. Nobody is let in meanwhile, so nothing
/// is read for long: all that is in it is older than that month and goes. While there is something of that time
/// in the default part, which is empty as a rule, or too much in that to be looked through, the end stays where
/// it was.
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
