//! What clients read of conversations.

use chrono::{DateTime, Utc};
use domain::{
    AccountKey, Assignee, ContactId, Conversation, ConversationContact, ConversationId, MessageId,
    MessagePreview, Team, TenantId,
};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{labels, search};
use crate::messages::DeliveryFacts;
use crate::{Error, part};

/// Which conversations to list; what is none does not restrict.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// With this status.
    pub status: Option<String>,
    /// With this priority; `none` for those that have none.
    pub priority: Option<String>,
    /// In somebody's charge.
    pub assignee: Option<AssigneeFilter>,
    /// In this team's charge, by its number in Chatwoot.
    pub team_id: Option<i64>,
    /// That bear this label.
    pub label: Option<String>,
    /// Of this inbox, by its number in Chatwoot.
    pub inbox_id: Option<i64>,
    /// With this person.
    pub contact: Option<ContactId>,
    /// Whose number is this, whose contact's name, address or number contains it, or that have a
    /// message with these words.
    pub search: Option<String>,
}

/// In whose charge a conversation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AssigneeFilter {
    /// Nobody's.
    None,
    /// Somebody's.
    Any,
    /// That of the user or bot with this number in Chatwoot.
    Id(i64),
}

/// What comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sort {
    /// Where something happened last.
    #[default]
    Newest,
    /// Where nothing has happened for longest.
    Oldest,
    /// The customer who has waited longest; those who do not wait at the end.
    Waiting,
    /// The most urgent, then the newest.
    Priority,
}

/// The place of a conversation in a sorted list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// By [`Sort::Waiting`] the beginning of the wait, else the last activity.
    pub at: Option<DateTime<Utc>>,
    /// By [`Sort::Priority`]: 4 urgent to 0 none.
    pub rank: i32,
    /// The conversation.
    pub id: ConversationId,
}

/// Where to begin in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// After this many rows. They are read and thrown away: the caller bounds them.
    Skip(u32),
    /// After this row.
    After(Place),
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// At most as many as were asked for.
    pub conversations: Vec<Conversation>,
    /// Where the next part begins, if there is one.
    pub next: Option<Place>,
}

/// Columns that make a [`Conversation`].
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
    pub(crate) custom_attributes: Value,
    pub(crate) pending_changes: Vec<String>,
    pub(crate) unread_count: i64,
    pub(crate) last_id: Option<Uuid>,
    pub(crate) last_content: Option<String>,
    pub(crate) last_type: Option<String>,
    pub(crate) last_private: Option<bool>,
    pub(crate) last_in_chatwoot: Option<bool>,
    pub(crate) last_outbound_state: Option<String>,
    pub(crate) last_rank: Option<i16>,
    pub(crate) last_succeeded_at: Option<i64>,
    pub(crate) last_failed_at: Option<i64>,
    pub(crate) last_created_at: Option<DateTime<Utc>>,
    /// How many activities were written by what comes before.
    pub(crate) told: Option<i64>,
}

/// Conversations as they were just read.
pub struct Rows(pub(crate) Vec<Row>);

impl Rows {
    /// What clients read of them.
    pub fn conversations(self) -> Result<Vec<Conversation>, Error> {
        self.0.into_iter().map(Conversation::try_from).collect()
    }
}

/// A checked query whose answer is [`Row`]s, given what comes before it and says what it `told`. The newest
/// message and the number of unread ones are looked up for the chosen rows only.
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
                      c.custom_attributes as "custom_attributes!",
                      case when c.changing then array(
                        select distinct w.field from conversation_changes w
                        where w.conversation_id = c.id and w.settled_at is null order by 1
                      ) else '{}' end as "pending_changes!",
                      unread.count as "unread_count!",
                      last.id as "last_id?", last.content as last_content,
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
               left join contacts k on k.id = c.contact_id
               left join lateral (
                 select m.id, left(m.content, 200) as content, m.message_type, m.private,
                        m.chatwoot_id, m.outbound_state, m.delivery_rank, m.delivery_succeeded_at,
                        m.delivery_failed_at, m.created_at
                 from messages m
                 where m.conversation_id = c.id and m.message_type <> 'activity'
                 order by m.created_at desc, m.id desc limit 1
               ) last on true
               cross join lateral (
                 select count(*) from (
                   select from messages m
                   where m.conversation_id = c.id and m.message_type = 'incoming'
                     and m.created_at > coalesce(
                       case when c.marked_at > coalesce(c.agent_last_seen_at, '-infinity')
                       then c.marked_seen_until else c.agent_last_seen_at end, '-infinity')
                   limit 10
                 ) first_ten
               ) unread "# + $($order)+
            $(, $argument)*
        )
    };
}
pub(crate) use select_conversations;

/// A checked query for a part of a tenant's list. Its arguments: tenant, filter (9 of them), row
/// ids found beforehand, how many rows, how many to skip; then what `after` speaks of, from `$13`.
macro_rules! select_page {
    (
        after $after:literal order $order:literal
        arguments ($tenant:expr, $filter:expr, $found:expr, $limit:expr, $skip:expr)
        $(, $place:expr)*
    ) => {
        select_conversations!(
            before [""]
            told ["null::bigint"]
            chosen [
                "select * from conversations c
                 where c.tenant_id = $1 and c.gone_at <= c.version_at
                   and ($2::text is null or c.status = $2)
                   and ($3::text is null or coalesce(c.priority, 'none') = $3)
                   and ($4::bigint is null or c.assignee_id = $4)
                   and ($5::boolean is null or (c.assignee_id is not null) = $5)
                   and ($6::bigint is null or c.team_id = $6)
                   and ($7::text is null or $7 = any(c.labels))
                   and ($8::bigint is null or c.inbox_id = $8)
                   and ($9::uuid is null or c.contact_id = $9)
                   and ($10::uuid[] is null or c.id = any($10))
                   and " + $after + " order by " + $order + " limit $11 offset $12"
            ]
            order [" order by " + $order],
            $tenant.as_str(),
            $filter.status.as_deref(),
            $filter.priority.as_deref(),
            match $filter.assignee {
                Some(AssigneeFilter::Id(id)) => Some(id),
                _ => None,
            },
            match $filter.assignee {
                Some(AssigneeFilter::Any) => Some(true),
                Some(AssigneeFilter::None) => Some(false),
                _ => None,
            },
            $filter.team_id,
            $filter.label.as_deref(),
            $filter.inbox_id,
            $filter.contact.map(|contact| contact.0),
            $found,
            $limit,
            $skip
            $(, $place)*
        )
    };
}

/// The conversations with these ids, in no particular order, of those that the transaction may see.
pub async fn by_ids(
    connection: &mut PgConnection,
    ids: &[ConversationId],
) -> Result<Vec<Conversation>, Error> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let rows = select_conversations!(
        before [""]
        told ["null::bigint"]
        chosen ["select * from conversations c where c.id = any($1)"]
        order [""],
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

/// The kind of a conversation's inbox, such as `Channel::Email`, where it is known.
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

/// At most `limit` conversations of a tenant, in a transaction of that tenant.
pub async fn list(
    connection: &mut PgConnection,
    tenant: &TenantId,
    filter: &Filter,
    sort: Sort,
    start: Start,
    limit: u32,
) -> Result<Listed, Error> {
    plan_for_arguments(connection).await?;
    let found = match (&filter.search, &filter.label) {
        (Some(text), _) => Some(search::find(connection, tenant, text).await?),
        (None, Some(label)) => labels::few(connection, tenant, label).await?,
        (None, None) => None,
    };
    let (skip, place) = match start {
        Start::Skip(rows) => (i64::from(rows), None),
        Start::After(place) => (0, Some(place)),
    };
    let (at, id) = (place.and_then(|place| place.at), place.map(|place| place.id.0));
    let rank = place.map(|place| place.rank);
    let found = found.as_deref();
    let fetched = i64::from(limit) + 1;
    let mut rows =
        match sort {
            Sort::Newest => select_page!(
                after "($14::uuid is null or (c.last_activity_at, c.id) < ($13::timestamptz, $14))"
                order "c.last_activity_at desc, c.id desc"
                arguments (tenant, filter, found, fetched, skip), at, id
            )
            .fetch_all(connection)
            .await?,
            Sort::Oldest => select_page!(
                after "($14::uuid is null or (c.last_activity_at, c.id) > ($13::timestamptz, $14))"
                order "c.last_activity_at, c.id"
                arguments (tenant, filter, found, fetched, skip), at, id
            )
            .fetch_all(connection)
            .await?,
            Sort::Waiting => {
                select_page!(
                    after "($14::uuid is null or (coalesce(c.waiting_since, 'infinity'), c.id)
                                               > (coalesce($13::timestamptz, 'infinity'), $14))"
                    order "coalesce(c.waiting_since, 'infinity'), c.id"
                    arguments (tenant, filter, found, fetched, skip), at, id
                )
                .fetch_all(connection)
                .await?
            }
            Sort::Priority => {
                select_page!(
                    after "($14::uuid is null
                        or (case c.priority when 'urgent' then 4 when 'high' then 3
                              when 'medium' then 2 when 'low' then 1 else 0 end,
                            c.last_activity_at, c.id) < ($15::integer, $13::timestamptz, $14))"
                    order "case c.priority when 'urgent' then 4 when 'high' then 3
                         when 'medium' then 2 when 'low' then 1 else 0 end desc,
                       c.last_activity_at desc, c.id desc"
                    arguments (tenant, filter, found, fetched, skip), at, id, rank
                )
                .fetch_all(connection)
                .await?
            }
        };
    let next = part::cut(&mut rows, limit, |row| row.place(sort));
    let conversations = rows.into_iter().map(Conversation::try_from).collect::<Result<_, _>>()?;
    Ok(Listed { conversations, next })
}

/// Lists have many filters and few are used at a time: a plan made once for all of them would use
/// the wrong index for most. For the length of the transaction.
pub(crate) async fn plan_for_arguments(connection: &mut PgConnection) -> Result<(), Error> {
    sqlx::query!("select set_config('plan_cache_mode', 'force_custom_plan', true) as mode")
        .fetch_one(connection)
        .await?;
    Ok(())
}

impl Row {
    fn place(&self, sort: Sort) -> Place {
        let at = match sort {
            Sort::Waiting => self.waiting_since,
            Sort::Newest | Sort::Oldest | Sort::Priority => Some(self.last_activity_at),
        };
        let rank = match self.priority.as_deref() {
            Some("urgent") => 4,
            Some("high") => 3,
            Some("medium") => 2,
            Some("low") => 1,
            _ => 0,
        };
        Place { at, rank, id: ConversationId(self.id) }
    }

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
            pending_changes: row.pending_changes,
            snoozed_until: row.snoozed_until,
            waiting_since: row.waiting_since,
            first_reply_at: row.first_reply_at,
            last_activity_at: row.last_activity_at,
            created_at: row.created_at,
            updated_at: row.updated_at,
            custom_attributes: row.custom_attributes,
        })
    }
}
