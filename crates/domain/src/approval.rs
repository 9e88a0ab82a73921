//! An approval as clients see it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{About, ApprovalId, ConversationId, FreeForm, MessageId};

/// A request that somebody decides, or has decided.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Approval {
    /// Its id.
    pub id: ApprovalId,
    /// The conversation it is about.
    pub conversation_id: ConversationId,
    /// Whom it concerns; what was told before this was known lacks it.
    #[serde(default)]
    pub about: Option<About>,
    /// `escalation`, `proposed_reply`, `refund`, `discount`, …
    #[serde(rename = "type")]
    #[schema(example = "escalation")]
    pub kind: String,
    /// `submitted`, `approved`, `rejected` or `withdrawn`.
    #[schema(example = "submitted")]
    pub status: String,
    /// Why it was asked.
    pub reason: String,
    /// What was asked, frozen.
    #[schema(value_type = Object)]
    pub metadata: FreeForm,
    /// The conversation as it was when it was asked: its status, priority, assignee, team, labels
    /// and custom attributes, and its newest message.
    #[schema(value_type = Object)]
    pub snapshot: FreeForm,
    /// It waits for a decision, and the customer has written since it was asked.
    pub stale: bool,
    /// The customer's newest message.
    pub last_heard_at: Option<DateTime<Utc>>,
    /// Who asked.
    pub requested_by: String,
    /// Who asked, as the id of an activity's actor; they may not decide.
    pub requested_by_id: Option<String>,
    /// What asked: `member`, or `api_key` for a machine.
    #[serde(default)]
    pub requested_by_type: Option<String>,
    /// Who decided or withdrew it.
    pub decided_by: Option<String>,
    /// Who decided or withdrew it, as the id of an activity's actor.
    pub decided_by_id: Option<String>,
    /// What decided or withdrew: `member`, or `api_key` for a machine.
    #[serde(default)]
    pub decided_by_type: Option<String>,
    /// The decider's words.
    pub decision: Option<String>,
    /// The text that went out instead of the proposed one, if who approved it edited it.
    #[serde(default)]
    pub edited_content: Option<String>,
    /// The message that was sent by its approval.
    pub message_id: Option<MessageId>,
    /// When it was asked.
    pub created_at: DateTime<Utc>,
    /// When it was decided or withdrawn.
    pub decided_at: Option<DateTime<Utc>>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

impl Approval {
    /// The type whose approval sends the reply that its metadata hold.
    pub const PROPOSED_REPLY: &'static str = "proposed_reply";
    /// The type that `escalate` makes.
    pub const ESCALATION: &'static str = "escalation";
}
