//! Drafts: what people have begun to write.

use chrono::{DateTime, Utc};
use domain::{ConversationId, TenantId};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{Error, Start, part};

/// What a person has begun to write in a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The conversation.
    pub conversation: ConversationId,
    /// The text so far.
    pub content: String,
    /// Whether it is to be a note.
    pub private: bool,
    /// When it was last saved.
    pub updated_at: DateTime<Utc>,
}

/// Which draft: a person has one reply and one note in each conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place<'a> {
    /// The conversation.
    pub conversation: ConversationId,
    /// The person's id within the tenant.
    pub principal: &'a str,
    /// Whether it is a note.
    pub private: bool,
}

struct Row {
    conversation_id: Uuid,
    content: String,
    private: bool,
    updated_at: DateTime<Utc>,
}

impl From<Row> for Draft {
    fn from(row: Row) -> Self {
        Self {
            conversation: ConversationId(row.conversation_id),
            content: row.content,
            private: row.private,
            updated_at: row.updated_at,
        }
    }
}

/// A person's draft.
pub async fn get(connection: &mut PgConnection, place: &Place<'_>) -> Result<Option<Draft>, Error> {
    let draft = sqlx::query_as!(
        Row,
        "select conversation_id, content, private, updated_at from drafts
         where conversation_id = $1 and principal_id = $2 and private = $3",
        place.conversation.0,
        place.principal,
        place.private
    )
    .fetch_optional(connection)
    .await?;
    Ok(draft.map(Draft::from))
}

/// The place of a draft in a list of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListPlace {
    /// When it was last saved.
    pub updated_at: DateTime<Utc>,
    /// The conversation.
    pub conversation: ConversationId,
    /// Whether it is a note.
    pub private: bool,
}

/// A page of a person's drafts, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// At most as many as were asked for, and fewer if they are large.
    pub drafts: Vec<Draft>,
    /// Where the next page begins, if there is one.
    pub next: Option<ListPlace>,
}

/// At most `limit` drafts of a person, newest first; fewer if they are large.
pub async fn list(
    connection: &mut PgConnection,
    tenant: &TenantId,
    principal: &str,
    start: Start<ListPlace>,
    limit: u32,
) -> Result<Listed, Error> {
    let (skip, place) = start.skip_and_place();
    let rows = sqlx::query!(
        r#"select conversation_id as "conversation_id!", content as "content!",
                  private as "private!", updated_at as "updated_at!", found as "found!"
           from (
             select d.*, count(*) over () as found, row_number() over pages as at,
                    sum(octet_length(content)) over pages as together
             from (
               select conversation_id, content, private, updated_at from drafts
               where tenant_id = $1 and principal_id = $2
                 and ($3::timestamptz is null or updated_at <= $3
                   and (updated_at < $3 or (conversation_id, private) > ($4, $5)))
               order by updated_at desc, conversation_id, private
               limit $6 offset $7
             ) d
             window pages as (order by updated_at desc, conversation_id, private)
           ) page
           where at = 1 or at < $6 and together <= $8
           order by updated_at desc, conversation_id, private"#,
        tenant.as_str(),
        principal,
        place.map(|place| place.updated_at),
        place.map(|place| place.conversation.0),
        place.map(|place| place.private),
        i64::from(limit) + 1,
        skip,
        part::MOST_BYTES,
    )
    .fetch_all(connection)
    .await?;
    let last = rows.last().filter(|last| part::is_cut(&rows, last.found));
    let next = last.map(|last| ListPlace {
        updated_at: last.updated_at,
        conversation: ConversationId(last.conversation_id),
        private: last.private,
    });
    let drafts = rows.into_iter().map(|row| Draft {
        conversation: ConversationId(row.conversation_id),
        content: row.content,
        private: row.private,
        updated_at: row.updated_at,
    });
    Ok(Listed { drafts: drafts.collect(), next })
}

/// Saves a draft in place of the one before. Returns `None` if the tenant has no such conversation.
pub async fn put(
    connection: &mut PgConnection,
    tenant: &TenantId,
    place: &Place<'_>,
    content: &str,
) -> Result<Option<Draft>, Error> {
    let draft = sqlx::query_as!(
        Row,
        "insert into drafts as d (conversation_id, principal_id, tenant_id, content, private)
         select c.id, $3, c.tenant_id, $4, $5
         from conversations c where c.id = $1 and c.tenant_id = $2
         on conflict (conversation_id, principal_id, private) do update
           set content = excluded.content, updated_at = now()
         returning conversation_id, content, private, updated_at",
        place.conversation.0,
        tenant.as_str(),
        place.principal,
        content,
        place.private
    )
    .fetch_optional(connection)
    .await?;
    Ok(draft.map(Draft::from))
}

/// Deletes a draft, if there is one.
pub async fn delete(connection: &mut PgConnection, place: &Place<'_>) -> Result<(), Error> {
    sqlx::query!(
        "delete from drafts where conversation_id = $1 and principal_id = $2 and private = $3",
        place.conversation.0,
        place.principal,
        place.private
    )
    .execute(connection)
    .await?;
    Ok(())
}
