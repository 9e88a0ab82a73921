//! What is in the database, for operators: how much, how recent, and what looks wrong.
//!
//! The work is bounded whatever the size: a count stops at [`COUNTED`] rows and is estimated from the planner's
//! statistics beyond, and the newest rows are read from the end of an index. No index has the newest contacts: of more
//! contacts than are counted, they are left out.

mod outbox;

use chrono::{DateTime, Utc};
use domain::EventId;
use serde::Serialize;
use serde_json::{Map, Value};
use sqlx::{PgConnection, Row as _};

pub use outbox::*;

use crate::connect::reset_role;
use crate::{Error, Store};

/// Up to this many rows are counted; beyond, their number is estimated.
pub const COUNTED: i64 = 100_000;

/// What is in the database.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Inspection {
    /// The newest migration that was applied.
    pub schema_version: i64,
    /// Table by table.
    pub tables: Vec<Table>,
    /// Rows in the default partitions of the tables that are partitioned by month, by table.
    pub in_default_partitions: Vec<(String, i64)>,
    /// Commands that have been in the outbox for too long, by account: those that have waited longest.
    pub outbox_overdue: Vec<Overdue>,
    /// Events rejected in the last 30 days.
    pub rejected_events: i64,
}

/// What is in a table.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// How many rows there are.
    pub rows: i64,
    /// Whether the number was counted, not estimated.
    pub exact: bool,
    /// When the newest row was created. `None` if there is none, or of too many nobody can tell without reading all.
    pub newest_at: Option<DateTime<Utc>>,
    /// The newest rows.
    pub newest: Vec<Row>,
}

/// What tells one row from another.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// When it was created.
    pub at: DateTime<Utc>,
    /// Ids, kinds and states; texts and names only where asked for.
    pub facts: Map<String, Value>,
}

/// The outcome of an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fate {
    /// `applied`, `ignored` or `rejected`.
    pub outcome: String,
    /// Why, if it was rejected.
    pub detail: Option<String>,
}

/// How a table is inspected.
struct Look {
    table: &'static str,
    counting: &'static str,
    /// `$1`: how many rows; `$2`: whether with texts and names.
    newest: &'static str,
}

/// `look!(table, "its time", "newest first", "facts", "texts and names")`
macro_rules! look {
    ($table:literal, $at:literal, $order:literal, $facts:literal, $content:literal) => {
        Look {
            table: $table,
            counting: concat!(
                "select count(*) from (select 1 from ",
                $table,
                " limit $1) as counted"
            ),
            newest: concat!(
                "select ",
                $at,
                " as at, jsonb_build_object(",
                $facts,
                ") || case when $2 then ",
                "jsonb_build_object(",
                $content,
                ") else '{}' end as facts from ",
                $table,
                " order by ",
                $order,
                " limit $1"
            ),
        }
    };
}

/// Tables that grow and whose newest rows are found by reading all of them: a contact's id is derived from its number.
const UNORDERED: [&str; 1] = ["contacts"];

// Ids of conversations and messages begin with the time, so the primary key finds the newest.
const LOOKS: [Look; 11] = [
    look!("tenants", "created_at", "created_at desc", "'id', id", "'name', name"),
    look!(
        "chatwoot_accounts",
        "created_at",
        "created_at desc",
        "'id', id, 'tenant', tenant_id, 'account', chatwoot_account_id, 'webhook', webhook_id",
        "'name', name, 'url', base_url"
    ),
    look!(
        "contacts",
        "first_seen_at",
        "first_seen_at desc",
        "'id', id, 'tenant', tenant_id, 'contact', chatwoot_id",
        "'name', name, 'email', email, 'phone', phone_number"
    ),
    look!(
        "conversations",
        "created_at",
        "id desc",
        "'id', id, 'tenant', tenant_id, 'conversation', display_id, 'status', status,
         'priority', priority, 'channel', channel",
        "'assignee', assignee_name, 'labels', to_jsonb(labels)"
    ),
    look!(
        "messages",
        "created_at",
        "id desc",
        "'id', id, 'tenant', tenant_id, 'message', chatwoot_id, 'type', message_type,
         'private', private, 'outbound', outbound_state",
        "'sender', sender_name, 'content', left(content, 200)"
    ),
    look!(
        "approvals",
        "created_at",
        "id desc",
        "'id', id, 'tenant', tenant_id, 'kind', kind, 'status', status",
        "'reason', reason, 'requestedBy', requested_by, 'decidedBy', decided_by"
    ),
    look!(
        "activities",
        "occurred_at",
        "occurred_at desc, id desc",
        "'id', id, 'tenant', tenant_id, 'kind', kind, 'source', source",
        "'actor', actor, 'data', data"
    ),
    look!(
        "webhook_events",
        "received_at",
        "received_at desc, event_id desc",
        "'id', event_id, 'tenant', tenant_id, 'event', event, 'outcome', outcome,
         'sequence', stream_sequence",
        "'detail', detail"
    ),
    look!(
        "outbox",
        "created_at",
        "created_at desc",
        "'id', operation_id, 'tenant', tenant_id, 'command', command, 'attempts', attempts,
         'dueAt', due_at",
        "'payload', payload"
    ),
    look!(
        "outbound_attempts",
        "started_at",
        "started_at desc",
        "'id', operation_id, 'tenant', tenant_id, 'attempt', attempt, 'outcome', outcome",
        "'detail', detail"
    ),
    look!(
        "reconciliations",
        "updated_at",
        "updated_at desc",
        "'account', account_id, 'tenant', tenant_id, 'sweptTo', swept_to, 'walkedAt', walked_at,
         'driftFound', drift_found, 'driftRepaired', drift_repaired, 'failures', failures",
        "'lastError', last_error"
    ),
];

/// Inspects every table, with its `rows` newest rows; texts and names are included only if `show_content` is set.
pub async fn inspect(store: &Store, rows: i64, show_content: bool) -> Result<Inspection, Error> {
    let mut transaction = store.worker().await?;
    let mut tables = Vec::with_capacity(LOOKS.len());
    for look in &LOOKS {
        tables.push(examine(&mut transaction, look, rows, show_content).await?);
    }
    let outbox_overdue = overdue(&mut transaction).await?;
    let rejected_events = count(
        &mut transaction,
        "select count(*) from webhook_events
         where received_at > now() - interval '30 days' and outcome = 'rejected'",
    );
    let rejected_events = rejected_events.await?;
    let in_default_partitions = sqlx::query!(
        r#"select parent as "parent!", rows as "rows!" from axis_rows_without_a_month()"#
    )
    .map(|row| (row.parent, row.rows))
    .fetch_all(&mut *transaction)
    .await?;
    // Only the role that logged in may read this table.
    reset_role(&mut transaction).await?;
    let version = "select coalesce(max(version), 0) from _sqlx_migrations where success";
    let schema_version = count(&mut transaction, version).await?;
    Ok(Inspection {
        schema_version,
        tables,
        in_default_partitions,
        outbox_overdue,
        rejected_events,
    })
}

/// The outcome of an event that was received within the last day. Returns `None` if it is not recorded (yet).
pub async fn event(connection: &mut PgConnection, id: EventId) -> Result<Option<Fate>, Error> {
    let found = sqlx::query!(
        "select outcome, detail from webhook_events
         where event_id = $1 and received_at > now() - interval '1 day'
         order by received_at desc limit 1",
        id.0
    )
    .fetch_optional(connection)
    .await?;
    Ok(found.map(|row| Fate { outcome: row.outcome, detail: row.detail }))
}

async fn examine(
    connection: &mut PgConnection,
    look: &Look,
    rows: i64,
    show_content: bool,
) -> Result<Table, Error> {
    let counted: i64 =
        sqlx::query_scalar(look.counting).bind(COUNTED + 1).fetch_one(&mut *connection).await?;
    let exact = counted <= COUNTED;
    let total = if exact { counted } else { estimate(connection, look.table).await?.max(counted) };
    let is_found = exact || !UNORDERED.contains(&look.table);
    let newest = sqlx::query(look.newest).bind(rows.max(1)).bind(show_content);
    let found = if is_found { newest.fetch_all(&mut *connection).await? } else { Vec::new() };
    let mut newest = Vec::with_capacity(found.len());
    for row in found {
        let Value::Object(facts) = row.try_get("facts")? else {
            return Err(Error::Unreadable { table: look.table, column: "facts" });
        };
        newest.push(Row { at: row.try_get("at")?, facts });
    }
    let newest_at = newest.first().map(|row| row.at);
    newest.truncate(usize::try_from(rows).unwrap_or(0));
    Ok(Table { name: look.table, rows: total, exact, newest_at, newest })
}

/// How many rows the planner believes a table and its partitions to have.
async fn estimate(connection: &mut PgConnection, table: &str) -> Result<i64, Error> {
    let rows = sqlx::query_scalar!(
        "select coalesce(sum(greatest(class.reltuples, 0)), 0)::bigint as \"rows!\"
         from pg_partition_tree($1::text::regclass) as part
         join pg_class as class on class.oid = part.relid
         where part.isleaf",
        table
    );
    Ok(rows.fetch_one(connection).await?)
}

async fn count(connection: &mut PgConnection, statement: &'static str) -> Result<i64, Error> {
    Ok(sqlx::query_scalar(statement).fetch_one(connection).await?)
}
