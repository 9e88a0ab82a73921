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
        /// `contact`, `user`, `agent_bot`.
        #[serde(rename = "actorType")]
        actor_type: String,
        /// The typist's name.
        name: Option<String>,
        /// Began, or stopped.
        on: bool,
        /// It is a note.
        private: bool,
    },
}

impl Live {
    /// The last token of its subject.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Typing { .. } => "typing",
        }
    }
}
