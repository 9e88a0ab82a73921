//! The record of events: what came in, and what became of it. What people did is in [`crate::audit`].

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use domain::{AccountKey, ActivityId, ConversationId, EventId, TenantId};
use sqlx::PgConnection;

use crate::{Error, activities, conversations};

/// An event and what became of it.
#[derive(Debug, Clone, PartialEq)]
pub struct WebhookEvent {
    /// Its id; equal bodies of one account have the same one.
    pub id: EventId,
    /// When it was made durable here.
    pub received_at: DateTime<Utc>,
    /// The account's tenant.
    pub tenant: TenantId,
    /// The account that it came from.
    pub account: AccountKey,
    /// The event's name.
    pub event: String,
    /// `webhook` or `reconciler`.
    pub origin: String,
    /// Chatwoot's id of the delivery.
    pub delivery: Option<String>,
    /// SHA-256 of the body.
    pub digest: Vec<u8>,
    /// The position of the body in `INBOUND`.
    pub stream_sequence: i64,
    /// What became of it.
    pub outcome: Outcome,
    /// Why, if it was rejected.
    pub detail: Option<String>,
}

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// What it says was applied to the database.
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

/// What [`record`] has written and read.
pub struct Recorded {
    /// The conversations.
    pub places: conversations::Rows,
    /// The activities that are new; the others had been told before.
    pub new: HashSet<ActivityId>,
}

/// Records what became of events, and the activities that they told of, and reads the conversations in `about` as they
/// are by now. Recording an event again corrects a rejection and nothing else; for activities see
/// [`activities::record`].
pub async fn record(
    connection: &mut PgConnection,
    events: &[WebhookEvent],
    told: &[activities::Record],
    about: &[ConversationId],
) -> Result<Recorded, Error> {
    activities::record_all(connection, events, told, about).await
}

/// Creates the partitions of the coming months for the tables that only grow.
pub async fn make_partitions(connection: &mut PgConnection) -> Result<(), Error> {
    sqlx::query!("select axis_make_partitions() as \"done: ()\"").execute(connection).await?;
    Ok(())
}
