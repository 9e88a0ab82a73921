//! What happened, as the timeline and live events tell it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{AccountKey, ActivityId, ConversationId};

/// One line of the timeline. It holds only what can never change about what happened; the state
/// of things is in their own rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Activity {
    /// The same for every telling of the same thing.
    pub id: ActivityId,
    /// `message_created`, `conversation_status_changed`, …
    #[serde(rename = "type")]
    #[schema(example = "message_created")]
    pub kind: String,
    /// Where it was done: `chatwoot` or `axis`.
    #[schema(example = "chatwoot")]
    pub source: String,
    /// The account it concerns.
    pub account_id: Option<AccountKey>,
    /// The conversation it concerns.
    pub conversation_id: Option<ConversationId>,
    /// Who did it, where that is known.
    pub actor: Option<Actor>,
    /// When it happened.
    pub occurred_at: DateTime<Utc>,
    /// Facts of this type of activity.
    #[schema(value_type = Object)]
    pub data: Value,
}

impl Activity {
    /// What `actor` did in a conversation by way of this system, under a new id.
    pub fn done_here(
        kind: &str,
        account_id: Option<AccountKey>,
        conversation_id: ConversationId,
        actor: &Actor,
        occurred_at: DateTime<Utc>,
        data: Value,
    ) -> Self {
        Self {
            id: ActivityId::generate(),
            kind: kind.to_owned(),
            source: "axis".to_owned(),
            account_id,
            conversation_id: Some(conversation_id),
            actor: Some(actor.clone()),
            occurred_at,
            data,
        }
    }
}

/// Who did something.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Actor {
    /// `contact`, `user`, `agent_bot`, `member` (a person of this workspace),
    /// `api_key` (a machine of this workspace), `system`.
    #[serde(rename = "type")]
    #[schema(example = "user")]
    pub kind: String,
    /// Id among those of its type.
    pub id: Option<String>,
    /// Display name.
    pub name: Option<String>,
}
