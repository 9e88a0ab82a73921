//! The audit of what came in.

use chrono::{DateTime, Utc};
use domain::{AccountKey, EventId, TenantId};
use sqlx::PgConnection;

use crate::Error;

/// An event and what became of it.
#[derive(Debug, Clone, PartialEq)]
pub struct WebhookEvent {
    /// The same for equal bodies of one account.
    pub id: EventId,
    /// When it was made durable.
    pub received_at: DateTime<Utc>,
    /// Whose.
    pub tenant: TenantId,
    /// Of which account.
    pub account: AccountKey,
    /// Its name.
    pub event: String,
    /// `webhook` or `reconciler`.
    pub origin: String,
    /// Chatwoot's id of the delivery.
    pub delivery: Option<String>,
    /// SHA-256 of the body.
    pub digest: Vec<u8>,
    /// Where the body is in `INBOUND`.
    pub stream_sequence: i64,
    /// What became of it.
    pub outcome: Outcome,
    /// Why, if it was rejected.
    pub detail: Option<String>,
}

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// What it says is in the database.
    Applied,
    /// It says nothing that the database keeps.
    Ignored,
    /// It could not be processed and is a dead letter.
    Rejected,
}

impl Outcome {
    /// The name, as stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Ignored => "ignored",
            Self::Rejected => "rejected",
        }
    }
}

/// Writes down what became of events. Processing one again corrects a rejection and nothing else.
pub async fn record(connection: &mut PgConnection, events: &[WebhookEvent]) -> Result<(), Error> {
    if events.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "insert into webhook_events as w
           (event_id, received_at, tenant_id, account_id, event, origin, delivery, digest,
            stream_sequence, outcome, detail, processed_at)
         select distinct on (x.received_at, x.event_id) x.*, clock_timestamp()
         from unnest($1::uuid[], $2::timestamptz[], $3::text[], $4::uuid[], $5::text[],
                     $6::text[], $7::text[], $8::bytea[], $9::bigint[], $10::text[], $11::text[])
           as x (event_id, received_at, tenant_id, account_id, event, origin, delivery, digest,
                 stream_sequence, outcome, detail)
         order by x.received_at, x.event_id, x.stream_sequence
         on conflict (received_at, event_id) do update
           set outcome = excluded.outcome,
               detail = excluded.detail,
               stream_sequence = excluded.stream_sequence,
               processed_at = excluded.processed_at
           where w.outcome = 'rejected' and excluded.outcome <> 'rejected'",
        &column!(events, |e| e.id.0),
        &column!(events, |e| e.received_at),
        &column!(events, |e| e.tenant.as_str()) as &[&str],
        &column!(events, |e| e.account.0),
        &column!(events, |e| e.event.as_str()) as &[&str],
        &column!(events, |e| e.origin.as_str()) as &[&str],
        &column!(events, |e| e.delivery.as_deref()) as &[Option<&str>],
        &column!(events, |e| e.digest.as_slice()) as &[&[u8]],
        &column!(events, |e| e.stream_sequence),
        &column!(events, |e| e.outcome.as_str()) as &[&str],
        &column!(events, |e| e.detail.as_deref()) as &[Option<&str>],
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Makes the monthly parts of the tables that only grow, for the months ahead.
pub async fn make_partitions(connection: &mut PgConnection) -> Result<(), Error> {
    sqlx::query!("select axis_make_partitions() as \"done: ()\"").execute(connection).await?;
    Ok(())
}
