//! What callers have begun to write. Each sees only their own.

pub(super) mod list;

use chrono::{DateTime, Utc};
use domain::ConversationId;
use serde::Serialize;

/// What somebody has begun to write.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::routes) struct Draft {
    /// The conversation that it is for.
    conversation_id: ConversationId,
    /// The text so far.
    content: String,
    /// Whether it is a note.
    private: bool,
    /// When it was saved.
    updated_at: DateTime<Utc>,
}

impl From<store::drafts::Draft> for Draft {
    fn from(draft: store::drafts::Draft) -> Self {
        Self {
            conversation_id: draft.conversation,
            content: draft.content,
            private: draft.private,
            updated_at: draft.updated_at,
        }
    }
}
