//! What matters only now: typing and presence.

use domain::ConversationId;
use serde::{Deserialize, Serialize};

/// An ephemeral event; nobody who was not listening will ever hear of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Live {
    /// Somebody began or stopped to type.
    Typing {
        /// Where.
        #[serde(rename = "conversationId")]
        conversation_id: ConversationId,
        /// `contact`, `user`, `agent_bot`, `member` (a person of this workspace).
        #[serde(rename = "actorType")]
        actor_type: String,
        /// The id of a member, so that clients tell their own person.
        #[serde(rename = "actorId", default, skip_serializing_if = "Option::is_none")]
        actor_id: Option<String>,
        /// The typist's name.
        name: Option<String>,
        /// Began, or stopped.
        on: bool,
        /// It is a note.
        private: bool,
    },
    /// A person of this workspace looks at a conversation. It is said again as long as it is so, at
    /// least every half minute; who says it no more has left.
    Presence {
        /// Where.
        #[serde(rename = "conversationId")]
        conversation_id: ConversationId,
        /// Who.
        #[serde(rename = "actorId")]
        actor_id: String,
        /// The person's name.
        name: Option<String>,
        /// `viewing`, `replying` or `away`.
        state: PresenceState,
    },
}

/// What somebody does in a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PresenceState {
    /// Has it open.
    Viewing,
    /// Writes an answer.
    Replying,
    /// Has left it.
    Away,
}

impl Live {
    /// The last token of its subject.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Typing { .. } => "typing",
            Self::Presence { .. } => "presence",
        }
    }
}
