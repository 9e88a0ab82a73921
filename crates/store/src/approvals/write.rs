//! Asking for approval, and deciding.

use chrono::{DateTime, Utc};
use domain::{
    Activity, Actor, Approval, ApprovalId, Assignee, Conversation, ConversationId, FreeForm,
    MessageId, Team, TenantId,
};
use serde::Serialize;
use serde_json::{Value, json};
use sqlx::PgConnection;
use sqlx::types::Json;

use super::get;
use crate::{Error, activities, conversations, messages};

/// A request for approval.
#[derive(Debug, Clone, Copy)]
pub struct Submission<'a> {
    /// The asker's tenant.
    pub tenant: &'a TenantId,
    /// What it is about.
    pub conversation: ConversationId,
    /// `escalation`, `refund`, …
    pub kind: &'a str,
    /// Why.
    pub reason: &'a str,
    /// What exactly.
    pub metadata: &'a Value,
    /// The asker.
    pub actor: &'a Actor,
}

/// How a request ends: decided or withdrawn.
#[derive(Debug, Clone, Copy)]
pub struct Ending<'a> {
    /// The tenant.
    pub tenant: &'a TenantId,
    /// `approved`, `rejected` or `withdrawn`.
    pub status: &'a str,
    /// The decider's reason.
    pub decision: Option<&'a str>,
    /// The edited text that was sent instead of the proposed one.
    pub edited_content: Option<&'a str>,
    /// Who ends it.
    pub actor: &'a Actor,
    /// The message that the approval sent.
    pub message: Option<MessageId>,
}

/// Writes a request and its line of the timeline. Returns `None` if the tenant has no such conversation.
pub async fn submit(
    connection: &mut PgConnection,
    asked: &Submission<'_>,
) -> Result<Option<(Approval, Activity)>, Error> {
    let held = conversations::hold(connection, asked.tenant, asked.conversation).await?;
    let Some(about) = conversations::get(connection, asked.conversation).await? else {
        return Ok(None);
    };
    if held.is_none() {
        return Ok(None);
    }
    let heard = messages::newest_incoming(connection, asked.conversation).await?;
    let id = ApprovalId::generate();
    sqlx::query!(
        "insert into approvals
           (id, tenant_id, conversation_id, kind, reason, metadata, snapshot, requested_by,
            requested_by_id, requested_by_kind, created_at, heard_until, heard_number)
         select $1, c.tenant_id, c.id, $3, $4, $5, $6, $7, $8, $9, clock_timestamp(),
                (select m.created_at from messages m
                 where m.conversation_id = c.id and m.message_type = 'incoming'
                 order by m.created_at desc limit 1),
                $10
         from conversations c where c.id = $2",
        id.0,
        asked.conversation.0,
        asked.kind,
        asked.reason,
        asked.metadata,
        Json(Snapshot::of(&about)) as _,
        asked.actor.name.as_deref().unwrap_or_default(),
        asked.actor.id,
        asked.actor.kind,
        heard,
    )
    .execute(&mut *connection)
    .await?;
    tell(connection, asked.tenant, id, "approval_submitted", asked.actor).await
}

/// Ends a request that is locked ([`super::hold`]) and still open, and writes its line of the timeline.
pub async fn end(
    connection: &mut PgConnection,
    id: ApprovalId,
    ending: &Ending<'_>,
) -> Result<Option<(Approval, Activity)>, Error> {
    sqlx::query!(
        "update approvals
         set status = $2, decision = $3, decided_by = $4, decided_by_id = $5, decided_by_kind = $6,
             message_id = $7, edited_content = $8, decided_at = clock_timestamp(),
             updated_at = clock_timestamp()
         where id = $1 and status = 'submitted'",
        id.0,
        ending.status,
        ending.decision,
        ending.actor.name,
        ending.actor.id,
        ending.actor.kind,
        ending.message.map(|message| message.0),
        ending.edited_content,
    )
    .execute(&mut *connection)
    .await?;
    let kind = format!("approval_{}", ending.status);
    tell(connection, ending.tenant, id, &kind, ending.actor).await
}

async fn tell(
    connection: &mut PgConnection,
    tenant: &TenantId,
    id: ApprovalId,
    kind: &str,
    actor: &Actor,
) -> Result<Option<(Approval, Activity)>, Error> {
    let Some(approval) = get(connection, id).await? else { return Ok(None) };
    let about = conversations::get(connection, approval.conversation_id).await?;
    let mut data = json!({
        "approvalId": id,
        "approvalType": approval.kind,
        "requestedBy": approval.requested_by,
        "messageId": approval.message_id,
    });
    if approval.edited_content.is_some() {
        data["edited"] = json!(true);
    }
    let account = about.map(|conversation| conversation.account_id);
    let at = approval.decided_at.unwrap_or(approval.created_at);
    let activity = Activity::done_here(kind, account, approval.conversation_id, actor, at, data);
    activities::write(connection, tenant, &activity).await?;
    Ok(Some((approval, activity)))
}

/// The conversation's state that a decider must still be able to see later, whatever becomes of the conversation. It
/// holds no texts, which may have to be erased.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Snapshot<'a> {
    status: &'a str,
    priority: Option<&'a str>,
    assignee: Option<&'a Assignee>,
    team: Option<&'a Team>,
    labels: &'a [String],
    custom_attributes: &'a FreeForm,
    last_message_id: Option<MessageId>,
    last_message_at: Option<DateTime<Utc>>,
}

impl<'a> Snapshot<'a> {
    fn of(about: &'a Conversation) -> Self {
        let last = about.last_message.as_ref();
        Self {
            status: &about.status,
            priority: about.priority.as_deref(),
            assignee: about.assignee.as_ref(),
            team: about.team.as_ref(),
            labels: &about.labels,
            custom_attributes: &about.custom_attributes,
            last_message_id: last.map(|message| message.id),
            last_message_at: last.map(|message| message.created_at),
        }
    }
}
