//! A message as clients see it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{Actor, Attachment, ConversationId, FreeForm, MessageId};

/// One message of a conversation, a note included.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// Our id, the same before and after Chatwoot has it.
    pub id: MessageId,
    /// The conversation it belongs to.
    pub conversation_id: ConversationId,
    /// Number in the Chatwoot installation; none until Chatwoot has it.
    pub chatwoot_id: Option<i64>,
    /// `incoming`, `outgoing`, `activity`, `template`.
    #[schema(example = "outgoing")]
    pub message_type: String,
    /// `text`, `incoming_email`, `cards`, …
    #[schema(example = "text")]
    pub content_type: String,
    /// The text.
    pub content: Option<String>,
    /// Chatwoot's attributes of the content: mail, forms, quotes.
    #[schema(value_type = Object)]
    pub content_attributes: FreeForm,
    /// Only the team sees it.
    pub private: bool,
    /// Deleted in Chatwoot; the text is gone.
    pub deleted: bool,
    /// Who sent it, as Chatwoot has it: whatever was written here goes out in the name of a user there.
    pub sender: Option<Sender>,
    /// The caller who wrote it here, under the same id as `/me` tells them; none for what was written
    /// in Chatwoot or by a customer.
    pub author: Option<Actor>,
    /// Files and places.
    pub attachments: Vec<Attachment>,
    /// How far it got; none for what a customer wrote.
    pub state: Option<DeliveryState>,
    /// Why it is not further, in words, when it is retrying, failed or unknown.
    pub state_reason: Option<String>,
    /// Number of tries so far, for what was written here.
    pub attempts: i32,
    /// How many tries there will be at most until it counts as failed, while it is sending, retrying or
    /// unknown, from the first try on; none after a try that does not count, for which Chatwoot could not be
    /// reached or asked to come later.
    #[schema(example = 12)]
    pub max_attempts: Option<i32>,
    /// When the next try is due, while retrying or queued.
    pub next_attempt_at: Option<DateTime<Utc>>,
    /// The client's own id of it, to recognise its optimistic copy.
    pub client_id: Option<String>,
    /// When it was written.
    pub created_at: DateTime<Utc>,
    /// When this row last changed here.
    pub updated_at: DateTime<Utc>,
}

/// Who wrote a message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Sender {
    /// `contact`, `user`, `agent_bot`, or another kind of the installation.
    #[serde(rename = "type")]
    #[schema(example = "user")]
    pub kind: String,
    /// Number in Chatwoot; none for someone known only here.
    pub id: Option<i64>,
    /// Display name.
    pub name: Option<String>,
}

/// How far a message got on its way to the customer.
///
/// ```text
/// queued ─► sending ─┬─► sent ─► delivered ─► read
///    ▲               ├─► retrying ─► sending …
///    └── undo        ├─► unknown ─► sent, or sending again
///                    └─► failed ─► (retry by a person) queued, or unknown
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum DeliveryState {
    /// Accepted here, not yet on its way.
    Queued,
    /// On its way to Chatwoot.
    Sending,
    /// Chatwoot has it.
    Sent,
    /// The channel has brought it.
    Delivered,
    /// The customer has read it.
    Read,
    /// Chatwoot did not take it; it will be tried again by itself.
    Retrying,
    /// It will not go out unless somebody acts.
    Failed,
    /// Chatwoot did not say whether it has it; being looked up.
    Unknown,
}

impl DeliveryState {
    const ALL: [Self; 8] = [
        Self::Queued,
        Self::Sending,
        Self::Sent,
        Self::Delivered,
        Self::Read,
        Self::Retrying,
        Self::Failed,
        Self::Unknown,
    ];

    /// The state's name, as stored and as sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Read => "read",
            Self::Retrying => "retrying",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }

    /// The state of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }
}
