//! A conversation as clients see it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{AccountKey, ContactId, ConversationId, DeliveryState, FreeForm, MessageId};

/// A conversation with a customer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Conversation {
    /// Our id; it survives a rebuild of the database.
    pub id: ConversationId,
    /// The Chatwoot account it belongs to.
    pub account_id: AccountKey,
    /// Number within the Chatwoot account, as agents know it.
    pub chatwoot_id: i64,
    /// Where people open it in Chatwoot's own screen; what was told before this was known lacks it.
    #[serde(default)]
    #[schema(example = "https://chat.example.com/app/accounts/1/conversations/7")]
    pub chatwoot_url: Option<String>,
    /// `open`, `resolved`, `pending`, `snoozed`, or another status of the installation.
    #[schema(example = "open")]
    pub status: String,
    /// `low`, `medium`, `high`, `urgent`, or none.
    #[schema(example = "high")]
    pub priority: Option<String>,
    /// `Channel::…`, as Chatwoot names it.
    #[schema(example = "Channel::WebWidget")]
    pub channel: Option<String>,
    /// Number of the inbox in Chatwoot.
    pub inbox_id: Option<i64>,
    /// Who writes to us.
    pub contact: Option<ConversationContact>,
    /// Who answers.
    pub assignee: Option<Assignee>,
    /// The team in charge.
    pub team: Option<Team>,
    /// Labels, sorted.
    pub labels: Vec<String>,
    /// The channel's reply window is open.
    pub can_reply: Option<bool>,
    /// Messages of the customer that no agent has seen; ten may be more than ten.
    pub unread_count: i64,
    /// What the customer wrote later than this no agent has seen; null: nothing of it.
    #[serde(default)]
    pub seen_until: Option<DateTime<Utc>>,
    /// Chatwoot does not have it any more: nothing can be done in it.
    #[serde(default)]
    pub deleted: bool,
    /// A reply or note failed, and nobody has seen to it: it was not sent again, discarded or deleted, and
    /// no agent's reply that was written after the failure has gone out.
    #[serde(default)]
    pub reply_failed: bool,
    /// A request for approval about it waits for a decision.
    #[serde(default)]
    pub approval_pending: bool,
    /// The newest message that is no activity line.
    pub last_message: Option<MessagePreview>,
    /// Snoozed until then.
    pub snoozed_until: Option<DateTime<Utc>>,
    /// The customer waits since then.
    pub waiting_since: Option<DateTime<Utc>>,
    /// An agent's first answer.
    pub first_reply_at: Option<DateTime<Utc>>,
    /// When something last happened in it.
    pub last_activity_at: DateTime<Utc>,
    /// When Chatwoot created it.
    pub created_at: DateTime<Utc>,
    /// Fields that show what somebody here wants and that Chatwoot has not confirmed yet: `status`,
    /// `priority`, `assignee`, `team`, `labels`, `customAttributes`.
    #[serde(default)]
    pub pending_changes: Vec<String>,
    /// When this row last changed here; it is the entity tag too.
    pub updated_at: DateTime<Utc>,
    /// The company's attributes.
    #[schema(value_type = Object)]
    pub custom_attributes: FreeForm,
}

/// The customer, as far as a list needs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConversationContact {
    /// Our id.
    pub id: ContactId,
    /// Display name.
    pub name: Option<String>,
    /// Address of a picture.
    pub thumbnail: Option<String>,
}

/// The user or bot in charge.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Assignee {
    /// Number in Chatwoot.
    pub id: i64,
    /// `user` or `agent_bot`.
    #[serde(rename = "type")]
    #[schema(example = "user")]
    pub kind: String,
    /// Display name.
    pub name: Option<String>,
}

/// A team.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Team {
    /// Number in Chatwoot.
    pub id: i64,
    /// Display name.
    pub name: Option<String>,
}

/// The line a list shows of the newest message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MessagePreview {
    /// Our id.
    pub id: MessageId,
    /// At most 200 characters of the text.
    pub content: Option<String>,
    /// It was deleted, or is being deleted.
    #[serde(default)]
    pub deleted: bool,
    /// `incoming`, `outgoing`, `template`.
    pub message_type: String,
    /// Only the team sees it.
    pub private: bool,
    /// How far it got, for what was written here or by an agent.
    pub state: Option<DeliveryState>,
    /// When it was written.
    pub created_at: DateTime<Utc>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Announcements are kept for days, and programs of two versions run side by side.
    #[test]
    fn what_was_told_before_there_were_marks_is_read_as_unmarked() {
        let told: Conversation = serde_json::from_value(json!({
            "id": "00000000-0000-8000-8000-000000000001",
            "accountId": "00000000-0000-8000-8000-000000000002",
            "chatwootId": 7,
            "status": "open",
            "labels": [],
            "unreadCount": 0,
            "lastActivityAt": "2026-01-02T03:04:05Z",
            "createdAt": "2026-01-02T03:04:05Z",
            "updatedAt": "2026-01-02T03:04:05Z",
            "customAttributes": {},
        }))
        .unwrap();
        assert!(!told.reply_failed && !told.approval_pending);
    }
}
