//! What callers have begun to write: each sees their own.

pub(super) mod list;

use chrono::{DateTime, Utc};
use domain::ConversationId;
use serde::Serialize;

/// What somebody has begun to write.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::routes) struct Draft {
    /// The conversation it is for.
    conversation_id: ConversationId,
    /// The text so far.
    content: String,
    /// It is to be a note.
    private: bool,
    /// When it was kept.
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
