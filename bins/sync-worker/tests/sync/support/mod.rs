//! Deliveries made by hand, and the database written out.

pub mod history;
pub mod memory;
pub mod stage;
pub mod telling;
pub mod truth;

use std::collections::BTreeMap;

use bus::Delivery;
use chrono::{DateTime, Utc};
use domain::EventId;
use events::{Inbound, TraceParent, occurrence};
use secrecy::ExposeSecret;
use serde_json::Value;
use testkit::Account;
use testkit::sqlx::{self, Connection, Row};

/// When deliveries made here begin to be received: long after everything that happens in the stand-in, in 2100.
pub const RECEIVED: i64 = 4_102_444_800;

/// A body as the stream would deliver it, the `sequence`-th of the stream.
pub fn delivery(account: &Account, body: &str, sequence: u64) -> Delivery {
    let envelope = inbound(account, body, sequence).envelope(body.as_bytes().to_vec());
    Delivery {
        subject: envelope.subject,
        headers: envelope.headers,
        payload: envelope.payload.into(),
        sequence,
        attempt: 1,
        published_at: Utc::now(),
    }
}

pub fn inbound(account: &Account, body: &str, sequence: u64) -> Inbound {
    let event = chatwoot::peek(body.as_bytes()).map_or("unknown".into(), |p| p.event.to_string());
    let event_is_ours = event.starts_with("reconciled_");
    let delivery = format!("delivery-{sequence}");
    // Another one for every delivery, as in life.
    let received_at =
        DateTime::from_timestamp(RECEIVED + i64::try_from(sequence).unwrap(), 0).unwrap();
    let occurrence = occurrence(&event, Some(&delivery), received_at);
    Inbound {
        id: EventId::of(account.key, body.as_bytes(), &occurrence),
        account: account.key,
        tenant: account.tenant.clone(),
        event,
        received_at,
        delivery: Some(delivery),
        origin: if event_is_ours { "reconciler" } else { "webhook" }.into(),
        trace: TraceParent::generate(),
    }
}

/// The rows of each table, as JSON.
pub type State = BTreeMap<&'static str, Vec<Value>>;

/// What must be the same in the end, table by table: all columns but those that tell when this
/// database wrote a row, and the receipt's time where an event has none of its own.
pub async fn state(config: &store::Config) -> State {
    let mut connection = connect(config).await;
    let mut state = BTreeMap::new();
    for (table, query) in [
        ("contacts", "select to_jsonb(t) - '{updated_at,first_seen_at}'::text[] from contacts t"),
        ("conversations", "select to_jsonb(t) - '{updated_at}'::text[] from conversations t"),
        ("conversation_labels", "select to_jsonb(t) from conversation_labels t"),
        ("messages", "select to_jsonb(t) - '{updated_at}'::text[] from messages t"),
        ("failed_messages", "select to_jsonb(t) from failed_messages t"),
        (
            "activities",
            "select case when occurred_at > '2090-01-01'
                    then to_jsonb(t) - 'occurred_at' else to_jsonb(t) end from activities t",
        ),
        (
            "webhook_events",
            "select distinct jsonb_build_object('event', event, 'digest', digest,
                    'outcome', outcome) from webhook_events t",
        ),
    ] {
        let rows = sqlx::query(query).fetch_all(&mut connection).await.unwrap();
        let mut rows: Vec<Value> = rows.iter().map(|row| row.get(0)).collect();
        rows.sort_by_key(Value::to_string);
        state.insert(table, rows);
    }
    state
}

/// Shows only the rows that differ.
pub fn assert_same(expected: &State, found: &State) {
    for (table, rows) in expected {
        let missing: Vec<_> = rows.iter().filter(|row| !found[table].contains(row)).collect();
        let surplus: Vec<_> = found[table].iter().filter(|row| !rows.contains(row)).collect();
        assert!(
            missing.is_empty() && surplus.is_empty() && rows.len() == found[table].len(),
            "{table}: missing {missing:#?}, surplus {surplus:#?}"
        );
    }
}

/// How many rows there are; `what` is a table and perhaps a condition.
pub async fn count(config: &store::Config, what: &str) -> i64 {
    let query = sqlx::AssertSqlSafe(format!("select count(*) from {what}"));
    sqlx::query_scalar(query).fetch_one(&mut connect(config).await).await.unwrap()
}

/// Runs a statement as the superuser.
pub async fn execute(config: &store::Config, statement: &str) {
    let statement = sqlx::AssertSqlSafe(statement.to_owned());
    sqlx::query(statement).execute(&mut connect(config).await).await.unwrap();
}

/// A connection of the superuser's, to look behind the programs' backs.
pub async fn connect(config: &store::Config) -> sqlx::PgConnection {
    let url = config.database_url.expose_secret();
    sqlx::PgConnection::connect(url).await.unwrap()
}
