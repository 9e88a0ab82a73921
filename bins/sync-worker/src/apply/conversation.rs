//! Snapshots of conversations.

use chatwoot::{AssigneeKind, Status};
use domain::snapshot::{Conversation, ConversationState};
use domain::{ConversationId, Version};

use super::{Owner, object};

/// The snapshot of a conversation. Its version is what Chatwoot itself orders by.
pub fn snapshot(owner: &Owner, conversation: &chatwoot::Conversation) -> Conversation {
    let assignee = conversation.assignee.as_ref();
    let mut labels = conversation.labels.clone();
    labels.sort_unstable();
    labels.dedup();
    let state = ConversationState {
        status: conversation.status.as_ref().map_or("open", Status::as_str).to_owned(),
        priority: conversation.priority.as_ref().map(|p| p.as_str().to_owned()),
        inbox_id: conversation.inbox_id,
        channel: conversation.channel.clone(),
        contact_chatwoot_id: conversation.contact.as_ref().map(|c| c.id),
        assignee_id: assignee.map(|a| a.id),
        assignee_type: assignee.map(|a| match a.kind {
            AssigneeKind::User => "user".to_owned(),
            _ => "agent_bot".to_owned(),
        }),
        assignee_name: assignee.and_then(|a| a.name.clone()),
        team_id: conversation.team.as_ref().map(|t| t.id),
        team_name: conversation.team.as_ref().and_then(|t| t.name.clone()),
        labels,
        can_reply: conversation.can_reply,
        snoozed_until: conversation.snoozed_until,
        first_reply_at: conversation.first_reply_created_at,
        waiting_since: conversation.waiting_since,
        custom_attributes: object(&conversation.custom_attributes),
        additional_attributes: object(&conversation.additional_attributes),
    };
    let version = Version {
        at: conversation.updated_at_us.unwrap_or(0),
        step: conversation.last_activity_at.map_or(0, |at| at.timestamp()),
        digest: state.digest(),
    };
    Conversation {
        id: ConversationId::of(owner.account, conversation.display_id, conversation.created_at),
        tenant: owner.tenant.clone(),
        account: owner.account,
        display_id: conversation.display_id,
        version,
        state,
        created_at: conversation.created_at,
        last_activity_at: conversation.last_activity_at,
        agent_last_seen_at: conversation.agent_last_seen_at,
        contact_last_seen_at: conversation.contact_last_seen_at,
    }
}
