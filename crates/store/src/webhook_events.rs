//! The record of events: what came in and what became of it. What people did is in [`crate::audit`].

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use domain::{AccountKey, ActivityId, ConversationId, EventId, TenantId};
use sqlx::PgConnection;

use crate::{Error, activities, conversations};

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

/// What there is after the writing.
pub struct Recorded {
    /// The conversations.
    pub places: conversations::Rows,
    /// The activities of which there was nothing before; the others had been told already.
    pub new: HashSet<ActivityId>,
}

/// Writes down what became of events, and the activities that they told of, and reads the conversations
/// `about` which they are, as they are by now. Processing an event again corrects a rejection and nothing
/// else; for activities see [`activities::record`].
pub async fn record(
    connection: &mut PgConnection,
    events: &[WebhookEvent],
    told: &[activities::Record],
    about: &[ConversationId],
) -> Result<Recorded, Error> {
    activities::record_all(connection, events, told, about).await
}

/// Makes the monthly parts of the tables that only grow, for the months ahead.
pub async fn make_partitions(connection: &mut PgConnection) -> Result<(), Error> {
    sqlx::query!("select axis_make_partitions() as \"done: ()\"").execute(connection).await?;
    Ok(())
}
