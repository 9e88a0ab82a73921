//! Lists of conversations: filtered, sorted, a page at a time.

use std::cmp::Reverse;

use chrono::{DateTime, Utc};
use domain::{AccountKey, ContactId, Conversation, ConversationId, TenantId};
use sqlx::PgConnection;

use super::assignees::Assignees;
use super::weigh::{Page, rank};
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
    let page = Page {
        tenant,
        filter,
        assignees: &assignees,
        found: looked_up.as_deref(),
        start,
        limit: i64::from(limit) + 1,
    };
    // Sizes first, so that no more is read than fits into memory.
    let mut found = page.weigh(connection, sort).await?;
    let more = part::cut_large(&mut found, limit, |weight| weight.bytes.into());
    let next = found.last().filter(|_| more).map(|weight| weight.place(sort));
    let ids: Vec<_> = found.iter().map(|weight| ConversationId(weight.id)).collect();
    part::plan_for_keys(connection).await?;
    let mut conversations = read::by_ids(connection, &ids).await?;
    // Something may have happened in them since their places were read. The next page goes on behind those places.
    sort.apply(&mut conversations);
    Ok(Listed { conversations, next })
}
