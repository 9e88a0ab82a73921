//! `/conversations/{id}/draft`: the caller's own.

pub(in crate::routes) mod delete;
pub(in crate::routes) mod get;
pub(in crate::routes) mod put;

use chrono::{DateTime, Utc};
use serde::Serialize;

/// What somebody has begun to write.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::routes) struct Draft {
    /// The text so far.
    content: String,
    /// It is to be a note.
    private: bool,
    /// When it was kept.
    updated_at: DateTime<Utc>,
}

impl From<store::drafts::Draft> for Draft {
    fn from(draft: store::drafts::Draft) -> Self {
        Self { content: draft.content, private: draft.private, updated_at: draft.updated_at }
    }
}
