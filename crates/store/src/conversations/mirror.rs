//! Conversations as they are mirrored, for comparing them with Chatwoot.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use domain::snapshot::ConversationState;
use domain::{AccountKey, ConversationId, TenantId, Version};
use sqlx::PgConnection;

use crate::Error;

/// A conversation as its row has it.
#[derive(Debug, Clone, PartialEq)]
pub struct Mirrored {
    /// The snapshot's version.
    pub version: Version,
    /// The snapshot.
    pub state: ConversationState,
    /// When something last happened in it.
    pub last_activity_at: DateTime<Utc>,
    /// When an agent last looked.
    pub agent_last_seen_at: Option<DateTime<Utc>>,
    /// When the customer last looked.
    pub contact_last_seen_at: Option<DateTime<Utc>>,
    /// When Chatwoot was found not to know it any more, in microseconds since 1970; `None` if it knows it.
    pub gone_at: Option<i64>,
    /// A client's change of it waits, so the row shows what is wanted. Other commands do not show in the row.
    pub pending: bool,
    /// When the row last changed here.
    pub updated_at: DateTime<Utc>,
}

/// The conversations of an account with these display ids, by display id.
pub async fn mirrored(
    connection: &mut PgConnection,
    account: AccountKey,
    display_ids: &[i64],
) -> Result<HashMap<i64, Mirrored>, Error> {
    let rows = sqlx::query!(
        "select display_id, version_at, version_step, version_digest, status, priority, inbox_id,
                channel, contact_chatwoot_id, assignee_id, assignee_type, assignee_name, team_id,
                team_name, labels, can_reply, snoozed_until, first_reply_at, waiting_since,
                custom_attributes, additional_attributes, last_activity_at, agent_last_seen_at,
                contact_last_seen_at, updated_at,
                case when gone_at > version_at then gone_at end as gone_at,
                changing and exists (select from conversation_changes w
                  where w.conversation_id = c.id and w.settled_at is null) as \"pending!\"
         from conversations c where account_id = $1 and display_id = any($2)",
        account.0,
        display_ids
    )
    .fetch_all(connection)
    .await?;
    let mirrored = rows.into_iter().map(|row| {
        let version =
            Version { at: row.version_at, step: row.version_step, digest: row.version_digest };
        let state = ConversationState {
            status: row.status,
            priority: row.priority,
            inbox_id: row.inbox_id,
            channel: row.channel,
            contact_chatwoot_id: row.contact_chatwoot_id,
            assignee_id: row.assignee_id,
            assignee_type: row.assignee_type,
            assignee_name: row.assignee_name,
            team_id: row.team_id,
            team_name: row.team_name,
            labels: row.labels,
            can_reply: row.can_reply,
            snoozed_until: row.snoozed_until,
            first_reply_at: row.first_reply_at,
            waiting_since: row.waiting_since,
            custom_attributes: row.custom_attributes,
            additional_attributes: row.additional_attributes,
        };
        let mirrored = Mirrored {
            version,
            state,
            last_activity_at: row.last_activity_at,
            agent_last_seen_at: row.agent_last_seen_at,
            contact_last_seen_at: row.contact_last_seen_at,
            gone_at: row.gone_at,
            pending: row.pending,
            updated_at: row.updated_at,
        };
        (row.display_id, mirrored)
    });
    Ok(mirrored.collect())
}

/// The display ids above `after` and up to `to`, with the times of creation, of conversations that Chatwoot still knew;
/// at most `limit`, lowest first.
pub async fn known_between(
    connection: &mut PgConnection,
    account: AccountKey,
    after: i64,
    to: i64,
    limit: u32,
) -> Result<Vec<(i64, DateTime<Utc>)>, Error> {
    let rows = sqlx::query!(
        "select display_id, created_at from conversations
         where account_id = $1 and display_id > $2 and display_id <= $3 and gone_at <= version_at
         order by display_id limit $4",
        account.0,
        after,
        to,
        i64::from(limit)
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| (row.display_id, row.created_at)).collect())
}

/// A conversation that Chatwoot no longer knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gone {
    /// The tenant of the account.
    pub tenant: TenantId,
    /// The account that it belonged to.
    pub account: AccountKey,
    /// Number within the account.
    pub display_id: i64,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// When its absence was noticed, in microseconds since 1970.
    pub at: i64,
}

/// Notes that a conversation is gone, and returns its id. If there is no row yet (its snapshots may come later, in a
/// replay), one is made with a version below every snapshot's.
pub async fn mark_gone(
    connection: &mut PgConnection,
    gone: &Gone,
) -> Result<ConversationId, Error> {
    let id = ConversationId::of(gone.account, gone.display_id, Some(gone.created_at));
    let id = sqlx::query_scalar!(
        "insert into conversations as c
           (id, tenant_id, account_id, display_id, version_at, version_step, version_digest,
            status, created_at, last_activity_at, gone_at)
         values ($1, $2, $3, $4, -1, 0, 0, 'resolved', $5, $5, $6)
         on conflict (account_id, display_id) do update
           set gone_at = greatest(c.gone_at, excluded.gone_at),
               updated_at = case when c.gone_at < excluded.gone_at
                 then greatest(clock_timestamp(), c.updated_at + interval '1 microsecond')
                 else c.updated_at end
         returning id",
        id.0,
        gone.tenant.as_str(),
        gone.account.0,
        gone.display_id,
        gone.created_at,
        gone.at,
    )
    .fetch_one(connection)
    .await?;
    Ok(ConversationId(id))
}
