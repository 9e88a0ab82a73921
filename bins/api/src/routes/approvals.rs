//! `/approvals`

pub(super) mod get;
pub(super) mod list;

use chrono::{DateTime, Utc};
use domain::{ApprovalId, ConversationId};
use serde::Serialize;
use serde_json::Value;

/// A request that somebody decides, or has decided.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Approval {
    /// Its id.
    id: ApprovalId,
    /// The conversation it is about.
    conversation_id: ConversationId,
    /// `escalation`, `refund`, `discount`, …
    #[serde(rename = "type")]
    #[schema(example = "escalation")]
    kind: String,
    /// `submitted`, `approved`, `rejected` or `withdrawn`.
    #[schema(example = "submitted")]
    status: String,
    /// Why it was asked.
    reason: String,
    /// What was asked, frozen.
    #[schema(value_type = Object)]
    metadata: Value,
    /// Who asked.
    requested_by: String,
    /// Who decided.
    decided_by: Option<String>,
    /// The decider's words.
    decision: Option<String>,
    /// When it was asked.
    created_at: DateTime<Utc>,
    /// When it was decided.
    decided_at: Option<DateTime<Utc>>,
}

impl From<store::approvals::Approval> for Approval {
    fn from(approval: store::approvals::Approval) -> Self {
        Self {
            id: approval.id,
            conversation_id: approval.conversation_id,
            kind: approval.kind,
            status: approval.status,
            reason: approval.reason,
            metadata: approval.metadata,
            requested_by: approval.requested_by,
            decided_by: approval.decided_by,
            decision: approval.decision,
            created_at: approval.created_at,
            decided_at: approval.decided_at,
        }
    }
}
