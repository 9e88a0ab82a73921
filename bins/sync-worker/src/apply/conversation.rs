//! Snapshots of conversations.

use chatwoot::{AssigneeKind, Status};
use chrono::{DateTime, Utc};
use domain::snapshot::{Conversation, ConversationState};
use domain::{ConversationId, Version};
use store::catalogue::Owner;

use crate::clock;

/// Makes the snapshot of a conversation with the contact of this number, as heard of at `heard_at`. Its version is what
/// Chatwoot itself orders by. What is a day ahead of that counts as unknown.
pub fn snapshot(
    owner: &Owner,
    conversation: chatwoot::Conversation,
    contact: Option<i64>,
    heard_at: DateTime<Utc>,
) -> Conversation {
    let (assignee, team) = (conversation.assignee, conversation.team);
    let mut labels = conversation.labels;
    labels.sort_unstable();
    labels.dedup();
    let state = ConversationState {
        status: conversation.status.as_ref().map_or("open", Status::as_str).to_owned(),
        priority: conversation.priority.as_ref().map(|p| p.as_str().to_owned()),
        inbox_id: conversation.inbox_id,
        channel: conversation.channel,
        contact_chatwoot_id: contact,
        assignee_id: assignee.as_ref().map(|a| a.id),
        assignee_type: assignee.as_ref().map(|a| match a.kind {
            AssigneeKind::User => "user".to_owned(),
            _ => "agent_bot".to_owned(),
        }),
        assignee_name: assignee.and_then(|a| a.name),
        team_id: team.as_ref().map(|t| t.id),
        team_name: team.and_then(|t| t.name),
        labels,
        can_reply: conversation.can_reply,
        snoozed_until: conversation.snoozed_until,
        first_reply_at: conversation.first_reply_created_at,
        waiting_since: conversation.waiting_since,
        custom_attributes: conversation.custom_attributes.into(),
        additional_attributes: conversation.additional_attributes.into(),
    };
    let credible = |at: &DateTime<Utc>| !clock::is_ahead(*at, heard_at);
    let last_activity_at = conversation.last_activity_at.filter(credible);
    let updated_at = conversation.updated_at_us.and_then(|us| clock::credible(us, heard_at));
    let version = Version {
        at: updated_at.unwrap_or(0),
        step: last_activity_at.map_or(0, |at| at.timestamp()),
        digest: state.digest(),
    };
    // Without an activity, the beginning counts as one.
    let begun_ahead = conversation.created_at.is_some_and(|at| !credible(&at));
    let last_activity_at = last_activity_at.or_else(|| begun_ahead.then_some(heard_at));
    Conversation {
        id: ConversationId::of(owner.account, conversation.display_id, conversation.created_at),
        tenant: owner.tenant.clone(),
        account: owner.account,
        display_id: conversation.display_id,
        version,
        state,
        created_at: conversation.created_at,
        last_activity_at,
        agent_last_seen_at: conversation.agent_last_seen_at.filter(credible),
        contact_last_seen_at: conversation.contact_last_seen_at.filter(credible),
    }
}
