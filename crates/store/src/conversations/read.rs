//! What clients read of conversations.

use chrono::{DateTime, Utc};
use domain::{
    AccountKey, Assignee, ContactId, Conversation, ConversationContact, ConversationId, MessageId,
    MessagePreview, Team,
};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::Error;
use crate::messages::DeliveryFacts;
use crate::rows::FreeForm;

/// The columns that make a [`Conversation`].
pub(crate) struct Row {
    pub(crate) id: Uuid,
    pub(crate) account_id: Uuid,
    pub(crate) display_id: i64,
    pub(crate) chatwoot_url: String,
    pub(crate) status: String,
    pub(crate) priority: Option<String>,
    pub(crate) channel: Option<String>,
    pub(crate) inbox_id: Option<i64>,
    pub(crate) contact_id: Option<Uuid>,
    pub(crate) contact_name: Option<String>,
    pub(crate) contact_thumbnail: Option<String>,
    pub(crate) assignee_id: Option<i64>,
    pub(crate) assignee_type: Option<String>,
    pub(crate) assignee_name: Option<String>,
    pub(crate) team_id: Option<i64>,
    pub(crate) team_name: Option<String>,
    pub(crate) labels: Vec<String>,
    pub(crate) can_reply: Option<bool>,
    pub(crate) snoozed_until: Option<DateTime<Utc>>,
    pub(crate) waiting_since: Option<DateTime<Utc>>,
    pub(crate) first_reply_at: Option<DateTime<Utc>>,
    pub(crate) last_activity_at: DateTime<Utc>,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) updated_at: DateTime<Utc>,
    pub(crate) custom_attributes: FreeForm,
    pub(crate) pending_changes: Vec<String>,
    pub(crate) unread_count: i64,
    pub(crate) seen_until: Option<DateTime<Utc>>,
    pub(crate) deleted: bool,
    pub(crate) reply_failed: bool,
    pub(crate) approval_pending: bool,
    pub(crate) last_id: Option<Uuid>,
    pub(crate) last_content: Option<String>,
    pub(crate) last_deleted: Option<bool>,
    pub(crate) last_type: Option<String>,
    pub(crate) last_private: Option<bool>,
    pub(crate) last_in_chatwoot: Option<bool>,
    pub(crate) last_outbound_state: Option<String>,
    pub(crate) last_rank: Option<i16>,
    pub(crate) last_succeeded_at: Option<i64>,
    pub(crate) last_failed_at: Option<i64>,
    pub(crate) last_created_at: Option<DateTime<Utc>>,
    /// The activities that the statement has written before reading; one of the rows says it for all.
    pub(crate) told: Option<Vec<Uuid>>,
}

/// Conversations that were just read.
pub struct Rows(pub(crate) Vec<Row>);

impl Rows {
    /// What clients read of each of them.
    pub fn conversations(self) -> impl Iterator<Item = Result<Conversation, Error>> {
        self.0.into_iter().map(Conversation::try_from)
    }
}

/// A checked query for [`Row`]s. The caller gives what comes before the select, the expression for `told`, and the rows
/// to choose. The newest message and the number of unread ones are looked up for the chosen rows only.
macro_rules! select_conversations {
    (
        before [$($before:tt)+] told [$($told:tt)+] chosen [$($chosen:tt)+] order [$($order:tt)+]
        $(, $argument:expr)* $(,)?
    ) => {
        sqlx::query_as!(
            crate::conversations::Row,
            $($before)+
            + r#"select c.id as "id!", c.account_id as "account_id!", c.display_id as "display_id!",
                      concat(coalesce(a.screen_url, a.base_url), '/app/accounts/',
                             a.chatwoot_account_id, '/conversations/', c.display_id)
                        as "chatwoot_url!",
                      c.status as "status!", c.priority, c.channel, c.inbox_id,
                      k.id as "contact_id?", k.name as contact_name,
                      k.thumbnail as contact_thumbnail,
                      c.assignee_id, c.assignee_type, c.assignee_name, c.team_id, c.team_name,
                      c.labels as "labels!", c.can_reply, c.snoozed_until, c.waiting_since,
                      c.first_reply_at, c.last_activity_at as "last_activity_at!",
                      c.created_at as "created_at!", c.updated_at as "updated_at!",
                      c.custom_attributes as "custom_attributes!: crate::rows::FreeForm",
                      case when c.changing then array(
                        select distinct w.field from conversation_changes w
                        where w.conversation_id = c.id and w.settled_at is null order by 1
                      ) else '{}' end as "pending_changes!",
                      unread.count as "unread_count!", seen.until as seen_until,
                      c.gone_at > c.version_at as "deleted!",
                      coalesce(failed.counts, false) as "reply_failed!",
                      -- One look for each row, however many requests there are.
                      (select true from approvals p
                       where p.conversation_id = c.id and p.status = 'submitted'
                       limit 1) is not null as "approval_pending!",
                      last.id as "last_id?", last.content as last_content,
                      last.deleted as "last_deleted?",
                      last.message_type as "last_type?", last.private as "last_private?",
                      last.chatwoot_id is not null as last_in_chatwoot,
                      last.outbound_state as last_outbound_state,
                      last.delivery_rank as "last_rank?",
                      last.delivery_succeeded_at as "last_succeeded_at?",
                      last.delivery_failed_at as "last_failed_at?",
                      last.created_at as "last_created_at?",
                      "# + $($told)+ + r#" as told
               from ("# + $($chosen)+ + r#") c
               join chatwoot_accounts a on a.id = c.account_id
               left join contacts k on k.id = c.contact_id and k.gone_at <= k.version_at
               left join lateral (
                 select m.id,
                        case when m.delete_operation is null then left(m.content, 200) end
                          as content,
                        m.deleted or m.delete_operation is not null as deleted,
                        m.message_type, m.private, m.chatwoot_id, m.outbound_state, m.delivery_rank, m.delivery_succeeded_at,
                        m.delivery_failed_at, m.created_at
                 from messages m
                 where m.conversation_id = c.id and m.message_type <> 'activity'
                 order by m.created_at desc, m.id desc limit 1
               ) last on true
               left join lateral (
                 -- What answers the last failure answers those before it, too.
                 select not axis_replied(c.id, f.failed_at) as counts
                 from failed_messages f
                 where f.conversation_id = c.id
                 order by f.failed_at desc limit 1
               ) failed on true
               cross join lateral (
                 select seen.*, date_trunc('second', coalesce(seen.until, '-infinity')) as since
                 from (
                   select case when marked.counts then c.marked_seen_until
                          -- Told in whole seconds: it was at some time within that one.
                          else c.agent_last_seen_at + interval '999999 microseconds' end as until,
                          case when marked.counts then c.marked_up_to end as up_to
                   from (select c.marked_at > coalesce(c.agent_last_seen_at, '-infinity')
                             or c.agent_last_seen_at = c.marked_there_at as counts) marked
                 ) seen
                 -- Worked out here. Within the condition below it would keep that from the index for whoever may see only
                 -- one tenant's rows, and all of a conversation would be read.
                 offset 0
               ) seen
               cross join lateral (
                 select count(*) from (
                   select from messages m
                   where m.conversation_id = c.id and m.message_type = 'incoming'
                     and m.created_at >= seen.since
                     and (m.created_at > coalesce(seen.until, '-infinity')
                       or m.chatwoot_id > seen.up_to)
                   limit 10
                 ) first_ten
               ) unread "# + $($order)+
            $(, $argument)*
        )
    };
}
pub(crate) use select_conversations;

/// The conversations with these ids that the transaction may see, in the order of the ids.
pub async fn by_ids(
    connection: &mut PgConnection,
    ids: &[ConversationId],
) -> Result<Vec<Conversation>, Error> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let rows = select_conversations!(
        before [""]
        told ["null::uuid[]"]
        chosen ["select * from conversations c where c.id = any($1)"]
        order [" order by array_position($1, c.id)"],
        &ids
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(Conversation::try_from).collect()
}

/// The conversation with this id, if the transaction may see it.
pub async fn get(
    connection: &mut PgConnection,
    id: ConversationId,
) -> Result<Option<Conversation>, Error> {
    Ok(by_ids(connection, &[id]).await?.pop())
}

/// The channel of a conversation, such as `Channel::Email`, if it is known.
pub async fn channel(
    connection: &mut PgConnection,
    id: ConversationId,
) -> Result<Option<String>, Error> {
    let channel = sqlx::query_scalar!("select channel from conversations where id = $1", id.0);
    Ok(channel.fetch_optional(connection).await?.flatten())
}

/// Whether there is a conversation with this id that the transaction may see.
pub async fn exists(connection: &mut PgConnection, id: ConversationId) -> Result<bool, Error> {
    let row = sqlx::query!("select id from conversations where id = $1", id.0);
    Ok(row.fetch_optional(connection).await?.is_some())
}

impl Row {
    fn last_message(&mut self) -> Result<Option<MessagePreview>, Error> {
        let (Some(id), Some(message_type), Some(created_at)) =
            (self.last_id, self.last_type.take(), self.last_created_at)
        else {
            return Ok(None);
        };
        let state = DeliveryFacts {
            message_type: &message_type,
            in_chatwoot: self.last_in_chatwoot.unwrap_or_default(),
            outbound_state: self.last_outbound_state.as_deref(),
            rank: self.last_rank.unwrap_or_default(),
            succeeded_at: self.last_succeeded_at.unwrap_or_default(),
            failed_at: self.last_failed_at.unwrap_or_default(),
        }
        .state()?;
        Ok(Some(MessagePreview {
            id: MessageId(id),
            content: self.last_content.take(),
            deleted: self.last_deleted.unwrap_or_default(),
            message_type,
            private: self.last_private.unwrap_or_default(),
            state,
            created_at,
        }))
    }
}

impl TryFrom<Row> for Conversation {
    type Error = Error;

    fn try_from(mut row: Row) -> Result<Self, Error> {
        Ok(Self {
            last_message: row.last_message()?,
            id: ConversationId(row.id),
            account_id: AccountKey(row.account_id),
            chatwoot_id: row.display_id,
            chatwoot_url: Some(row.chatwoot_url),
            status: row.status,
            priority: row.priority,
            channel: row.channel,
            inbox_id: row.inbox_id,
            contact: row.contact_id.map(|id| ConversationContact {
                id: ContactId(id),
                name: row.contact_name,
                thumbnail: row.contact_thumbnail,
            }),
            assignee: row.assignee_id.map(|id| Assignee {
                id,
                kind: row.assignee_type.unwrap_or_else(|| "user".to_owned()),
                name: row.assignee_name,
            }),
            team: row.team_id.map(|id| Team { id, name: row.team_name }),
            labels: row.labels,
            can_reply: row.can_reply,
            unread_count: row.unread_count,
            seen_until: row.seen_until,
            deleted: row.deleted,
            reply_failed: row.reply_failed,
            approval_pending: row.approval_pending,
            pending_changes: row.pending_changes,
            snoozed_until: row.snoozed_until,
            waiting_since: row.waiting_since,
            first_reply_at: row.first_reply_at,
            last_activity_at: row.last_activity_at,
            created_at: row.created_at,
            updated_at: row.updated_at,
            custom_attributes: row.custom_attributes.0,
        })
    }
}
