//! Lists of conversations: filtered, sorted, a page at a time.

use std::cmp::Reverse;

use chrono::{DateTime, Utc};
use domain::{AccountKey, ContactId, Conversation, ConversationId, TenantId};
use sqlx::PgConnection;
use uuid::Uuid;

use super::assignees::Assignees;
use super::{labels, read, search};
use crate::{Error, Start, part};

/// Which conversations to list. A field that is `None` does not restrict the list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// With this status.
    pub status: Option<String>,
    /// With this priority; `none` for those that have none.
    pub priority: Option<String>,
    /// Assigned to somebody, or to nobody.
    pub assignee: Option<AssigneeFilter>,
    /// Assigned to this team, by its number in Chatwoot.
    pub team_id: Option<i64>,
    /// With this label.
    pub label: Option<String>,
    /// In this inbox, by its number in Chatwoot.
    pub inbox_id: Option<i64>,
    /// With this contact.
    pub contact: Option<ContactId>,
    /// With this number, with this text in the contact's name, address or number (one or two characters: at the
    /// beginning of a word of the contact's name), or with a message that has these words.
    pub search: Option<String>,
}

/// Whom a conversation is assigned to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AssigneeFilter {
    /// Nobody.
    None,
    /// Somebody.
    Any,
    /// The user with this number in Chatwoot; bots have numbers of their own.
    Id(i64),
    /// One of these users. Numbers are an installation's own, so each comes with its account.
    OneOf(Vec<(AccountKey, i64)>),
}

/// What comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sort {
    /// The conversation in which something happened last.
    #[default]
    Newest,
    /// The conversation in which nothing has happened for longest.
    Oldest,
    /// The customer who has waited longest; those who do not wait come last.
    Waiting,
    /// The most urgent, then the newest.
    Priority,
}

impl Sort {
    /// Sorts rows by what they say, as the database does.
    fn apply(self, rows: &mut [Conversation]) {
        match self {
            Self::Newest => rows.sort_by_key(|row| Reverse((row.last_activity_at, row.id))),
            Self::Oldest => rows.sort_by_key(|row| (row.last_activity_at, row.id)),
            Self::Waiting => {
                rows.sort_by_key(|row| (row.waiting_since.is_none(), row.waiting_since, row.id));
            }
            Self::Priority => rows.sort_by_key(|row| {
                Reverse((rank(row.priority.as_deref()), row.last_activity_at, row.id))
            }),
        }
    }
}

/// The place of a conversation in a sorted list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// For [`Sort::Waiting`] the beginning of the wait, else the last activity.
    pub at: Option<DateTime<Utc>>,
    /// For [`Sort::Priority`]: from 4 for urgent to 0 for none.
    pub rank: i32,
    /// The conversation.
    pub id: ConversationId,
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// At most as many as were asked for, and fewer if they are large.
    pub conversations: Vec<Conversation>,
    /// Where the next page begins, if there is one.
    pub next: Option<Place>,
}

/// A checked query for the sizes of the rows of a page of a tenant's list. Its arguments are the tenant, the filter (11
/// of them), row ids found beforehand, how many rows to read and how many to skip; then, from `$15`, what `after` uses.
///
/// Lists by activity are read along whole minutes, which are indexed, and sorted within each: an index over the
/// activity itself would be written with every event.
macro_rules! weigh_page {
    (
        after $after:literal order $order:literal
        arguments ($tenant:expr, $filter:expr, $assignees:expr, $found:expr, $limit:expr, $skip:expr)
        $(, $place:expr)*
    ) => {
        sqlx::query_as!(
            Weight,
            r#"select c.id as "id!", c.priority, c.waiting_since,
                      c.last_activity_at as "last_activity_at!",
                      octet_length(concat(
                        c.status, c.priority, c.channel, c.assignee_type, c.assignee_name,
                        c.team_name, c.labels, c.custom_attributes, k.name, k.thumbnail)) as "bytes!"
               from (
                 select * from conversations c
                 where c.tenant_id = $1 and c.gone_at <= c.version_at
                   and ($2::text is null or c.status = $2)
                   and ($3::text is null or coalesce(c.priority, 'none') = $3)
                   and ($4::bigint is null
                     -- Not coalesce(): nobody could guess how many rows that leaves.
                     or c.assignee_id = $4 and (c.assignee_type is null or c.assignee_type = 'user'))
                   and ($5::boolean is null or (c.assignee_id is not null) = $5)
                   and ($6::bigint is null or c.team_id = $6)
                   and ($7::text is null or $7 = any(c.labels))
                   and ($8::bigint is null or c.inbox_id = $8)
                   and ($9::uuid is null or c.contact_id = $9)
                   and ($10::uuid[] is null or c.id = any($10))
                   and ($11::uuid[] is null
                     or (c.account_id, c.assignee_id) in (select * from unnest($11, $12::bigint[]))
                       and c.assignee_id = any($12)
                       and (c.assignee_type is null or c.assignee_type = 'user'))
                   and "# + $after + " order by " + $order + " limit $13 offset $14"
            + ") c left join contacts k on k.id = c.contact_id order by " + $order,
            $tenant.as_str(),
            $filter.status.as_deref(),
            $filter.priority.as_deref(),
            $assignees.id,
            $assignees.any,
            $filter.team_id,
            $filter.label.as_deref(),
            $filter.inbox_id,
            $filter.contact.map(|contact| contact.0),
            $found,
            $assignees.accounts.as_deref() as Option<&[Uuid]>,
            $assignees.ids.as_deref() as Option<&[i64]>,
            $limit,
            $skip
            $(, $place)*
        )
    };
}

/// At most `limit` conversations of a tenant, in a transaction of that tenant; fewer if they are large.
pub async fn list(
    connection: &mut PgConnection,
    tenant: &TenantId,
    filter: &Filter,
    sort: Sort,
    start: Start<Place>,
    limit: u32,
) -> Result<Listed, Error> {
    if filter.assignee == Some(AssigneeFilter::OneOf(Vec::new())) {
        return Ok(Listed { conversations: Vec::new(), next: None });
    }
    part::plan_for_arguments(connection).await?;
    let assignees = Assignees::of(filter.assignee.as_ref());
    let looked_up = match (&filter.search, &filter.label) {
        (Some(text), _) => Some(search::find(connection, tenant, text).await?),
        (None, Some(label)) => labels::few(connection, tenant, label).await?,
        (None, None) => assignees.few(connection, tenant).await?,
    };
    let (skip, place) = start.skip_and_place();
    let (at, id) = (place.and_then(|place| place.at), place.map(|place| place.id.0));
    let rank = place.map(|place| place.rank);
    let looked_up = looked_up.as_deref();
    let fetched = i64::from(limit) + 1;
    // Sizes first, so that no more is read than fits into memory.
    let mut found = match sort {
        Sort::Newest => {
            weigh_page!(
                after "($16::uuid is null or (c.activity_minute, c.last_activity_at, c.id)
                                           < (axis_minute($15::timestamptz), $15, $16))"
                order "c.activity_minute desc, c.last_activity_at desc, c.id desc"
                arguments (tenant, filter, assignees, looked_up, fetched, skip), at, id
            )
            .fetch_all(&mut *connection)
            .await?
        }
        Sort::Oldest => {
            weigh_page!(
                after "($16::uuid is null or (c.activity_minute, c.last_activity_at, c.id)
                                           > (axis_minute($15::timestamptz), $15, $16))"
                order "c.activity_minute, c.last_activity_at, c.id"
                arguments (tenant, filter, assignees, looked_up, fetched, skip), at, id
            )
            .fetch_all(&mut *connection)
            .await?
        }
        Sort::Waiting => {
            weigh_page!(
                after "($16::uuid is null or (coalesce(c.waiting_since, 'infinity'), c.id)
                                           > (coalesce($15::timestamptz, 'infinity'), $16))"
                order "coalesce(c.waiting_since, 'infinity'), c.id"
                arguments (tenant, filter, assignees, looked_up, fetched, skip), at, id
            )
            .fetch_all(&mut *connection)
            .await?
        }
        Sort::Priority => {
            weigh_page!(
                after "($16::uuid is null
                        or (case c.priority when 'urgent' then 4 when 'high' then 3
                              when 'medium' then 2 when 'low' then 1 else 0 end,
                            c.activity_minute, c.last_activity_at, c.id)
                         < ($17::integer, axis_minute($15::timestamptz), $15, $16))"
                order "case c.priority when 'urgent' then 4 when 'high' then 3
                         when 'medium' then 2 when 'low' then 1 else 0 end desc,
                       c.activity_minute desc, c.last_activity_at desc, c.id desc"
                arguments (tenant, filter, assignees, looked_up, fetched, skip), at, id, rank
            )
            .fetch_all(&mut *connection)
            .await?
        }
    };
    let more = part::cut_large(&mut found, limit, |weight| weight.bytes.into());
    let next = found.last().filter(|_| more).map(|weight| weight.place(sort));
    let ids: Vec<_> = found.iter().map(|weight| ConversationId(weight.id)).collect();
    part::plan_for_keys(connection).await?;
    let mut conversations = read::by_ids(connection, &ids).await?;
    // Something may have happened in them since their places were read. The next page goes on behind those places.
    sort.apply(&mut conversations);
    Ok(Listed { conversations, next })
}

/// The size of a conversation, and what its place in a list is made of.
struct Weight {
    id: Uuid,
    priority: Option<String>,
    waiting_since: Option<DateTime<Utc>>,
    last_activity_at: DateTime<Utc>,
    bytes: i32,
}

impl Weight {
    fn place(&self, sort: Sort) -> Place {
        let at = match sort {
            Sort::Waiting => self.waiting_since,
            Sort::Newest | Sort::Oldest | Sort::Priority => Some(self.last_activity_at),
        };
        Place { at, rank: rank(self.priority.as_deref()), id: ConversationId(self.id) }
    }
}

fn rank(priority: Option<&str>) -> i32 {
    match priority {
        Some("urgent") => 4,
        Some("high") => 3,
        Some("medium") => 2,
        Some("low") => 1,
        _ => 0,
    }
}
