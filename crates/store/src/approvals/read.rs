//! What clients read of approvals.

use std::cmp::Reverse;

use chrono::{DateTime, Utc};
use domain::{
    About, Approval, ApprovalId, ContactId, ConversationId, MessageId, NamedContact, TenantId,
};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::rows::FreeForm;
use crate::{Error, Start, part};

/// Which approvals to list. A field that is `None` does not restrict the list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// With this status.
    pub status: Option<String>,
    /// Of this kind.
    pub kind: Option<String>,
    /// About this conversation.
    pub conversation: Option<ConversationId>,
    /// Asked for by this caller.
    pub requested_by: Option<Who>,
    /// Decided or withdrawn by this caller.
    pub decided_by: Option<Who>,
    /// Waiting for a decision, and not asked for by anyone with one of these ids.
    pub waiting_for: Option<Vec<String>>,
}

/// Somebody who asks or decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Who {
    /// `member` or `api_key`; `None` for either. Older rows do not say which, and match both.
    pub kind: Option<&'static str>,
    /// The id within the tenant.
    pub id: String,
}

/// The place of an approval in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// When it was asked for.
    pub at: DateTime<Utc>,
    /// The approval.
    pub id: ApprovalId,
}

/// A page of the list, newest first.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// At most as many as were asked for, and fewer where they are large.
    pub approvals: Vec<Approval>,
    /// Where the next page begins, if there is one.
    pub next: Option<Place>,
}

pub(super) struct Row {
    id: Uuid,
    conversation_id: Uuid,
    display_id: i64,
    channel: Option<String>,
    contact_id: Option<Uuid>,
    contact_name: Option<String>,
    kind: String,
    status: String,
    reason: String,
    metadata: FreeForm,
    snapshot: FreeForm,
    last_heard_at: Option<DateTime<Utc>>,
    wrote_since: Option<bool>,
    requested_by: String,
    requested_by_id: Option<String>,
    requested_by_kind: Option<String>,
    decided_by: Option<String>,
    decided_by_id: Option<String>,
    decided_by_kind: Option<String>,
    decision: Option<String>,
    edited_content: Option<String>,
    message_id: Option<Uuid>,
    created_at: DateTime<Utc>,
    decided_at: Option<DateTime<Utc>>,
    updated_at: DateTime<Utc>,
}

impl From<Row> for Approval {
    fn from(row: Row) -> Self {
        let contact =
            row.contact_id.map(|id| NamedContact { id: ContactId(id), name: row.contact_name });
        let about =
            About { chatwoot_conversation_id: Some(row.display_id), channel: row.channel, contact };
        let stale = row.status == "submitted" && row.wrote_since == Some(true);
        Self {
            id: ApprovalId(row.id),
            conversation_id: ConversationId(row.conversation_id),
            about: Some(about),
            kind: row.kind,
            status: row.status,
            reason: row.reason,
            metadata: row.metadata.0,
            snapshot: row.snapshot.0,
            stale,
            last_heard_at: row.last_heard_at,
            requested_by: row.requested_by,
            requested_by_id: row.requested_by_id,
            requested_by_type: row.requested_by_kind,
            decided_by: row.decided_by,
            decided_by_id: row.decided_by_id,
            decided_by_type: row.decided_by_kind,
            decision: row.decision,
            edited_content: row.edited_content,
            message_id: row.message_id.map(MessageId),
            created_at: row.created_at,
            decided_at: row.decided_at,
            updated_at: row.updated_at,
        }
    }
}

/// A checked query for [`Row`]s; the caller gives what follows the joins. Whether the customer has written
/// since goes by message numbers, because the time of a message that was known then may have become a finer one. Nobody
/// asks that of what is decided. A customer who wrote long ago is looked for along all messages since, so in one look.
macro_rules! select_approvals {
    ($rest:tt $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            Row,
            r#"select a.id, a.conversation_id, c.display_id, c.channel, k.id as "contact_id?",
                      k.name as contact_name, a.kind, a.status, a.reason,
                      a.metadata as "metadata: FreeForm", a.snapshot as "snapshot: FreeForm",
                      coalesce(heard.at, last.at) as last_heard_at,
                      case when a.heard_number is null
                        then heard.at > coalesce(a.heard_until, a.created_at)
                        else heard.number > a.heard_number end as wrote_since,
                      a.requested_by, a.requested_by_id, a.requested_by_kind, a.decided_by,
                      a.decided_by_id, a.decided_by_kind, a.decision, a.edited_content, a.message_id,
                      a.created_at, a.decided_at, a.updated_at
               from approvals a
               join conversations c on c.id = a.conversation_id
               left join contacts k on k.id = c.contact_id and k.gone_at <= k.version_at
               left join lateral (
                 select max(n.created_at) as at, max(n.chatwoot_id) as number
                 from (select m.created_at, m.chatwoot_id from messages m
                       where m.conversation_id = a.conversation_id and m.message_type = 'incoming'
                         and a.status = 'submitted'
                       order by m.created_at desc, m.id desc limit 10) n
               ) heard on true
               left join lateral (
                 select m.created_at as at from messages m
                 where m.conversation_id = a.conversation_id and m.message_type = 'incoming'
                   and a.status <> 'submitted'
                 order by m.created_at desc, m.id desc limit 1
               ) last on true "# + $rest
            $(, $argument)*
        )
    };
}

/// At most `limit` approvals of a tenant, newest first; fewer if they are large.
pub async fn list(
    connection: &mut PgConnection,
    tenant: &TenantId,
    filter: &Filter,
    start: Start<Place>,
    limit: u32,
) -> Result<Listed, Error> {
    part::plan_for_arguments(connection).await?;
    let (skip, place) = start.skip_and_place();
    let [requested_by, decided_by] =
        [&filter.requested_by, &filter.decided_by].map(|who| match who {
            Some(who) => (Some(who.id.as_str()), who.kind),
            None => (None, None),
        });
    // Sizes first, so that no more is read than fits into memory.
    let mut found = sqlx::query!(
        r#"select a.id, a.created_at,
                  octet_length(concat(
                    a.kind, a.status, a.reason, a.metadata, a.snapshot, a.requested_by,
                    a.requested_by_id, a.decided_by, a.decided_by_id, a.decision, a.edited_content,
                    (select concat(c.channel, k.name)
                     from conversations c left join contacts k on k.id = c.contact_id
                     where c.id = a.conversation_id))) as "bytes!"
         from approvals a
         where a.tenant_id = $1
           and ($2::text is null or a.status = $2)
           and ($3::text is null or a.kind = $3)
           and ($4::uuid is null or a.conversation_id = $4)
           and ($5::text is null or a.requested_by_id = $5)
           and ($6::text is null or coalesce(a.requested_by_kind = $6, true))
           and ($7::text is null or a.decided_by_id = $7)
           and ($8::text is null or coalesce(a.decided_by_kind = $8, true))
           and ($9::text[] is null or (a.status = 'submitted'
                 and (a.requested_by_id = any($9)) is not true))
           and ($11::uuid is null or (a.created_at, a.id) < ($10::timestamptz, $11))
         order by a.created_at desc, a.id desc
         limit $12 offset $13"#,
        tenant.as_str(),
        filter.status.as_deref(),
        filter.kind.as_deref(),
        filter.conversation.map(|id| id.0),
        requested_by.0,
        requested_by.1,
        decided_by.0,
        decided_by.1,
        filter.waiting_for.as_deref(),
        place.map(|place| place.at),
        place.map(|place| place.id.0),
        i64::from(limit) + 1,
        skip,
    )
    .fetch_all(&mut *connection)
    .await?;
    let more = part::cut_large(&mut found, limit, |row| row.bytes.into());
    let place = found.last().filter(|_| more);
    let next = place.map(|row| Place { at: row.created_at, id: ApprovalId(row.id) });
    let ids: Vec<_> = found.iter().map(|row| ApprovalId(row.id)).collect();
    let mut approvals = by_ids(connection, &ids).await?;
    approvals.sort_by_key(|approval| Reverse((approval.created_at, approval.id)));
    Ok(Listed { approvals, next })
}

/// The approval with this id, if the transaction may see it.
pub async fn get(connection: &mut PgConnection, id: ApprovalId) -> Result<Option<Approval>, Error> {
    let row = select_approvals!("where a.id = $1", id.0).fetch_optional(connection).await?;
    Ok(row.map(Approval::from))
}

/// The approvals with these ids, in no particular order.
pub async fn by_ids(
    connection: &mut PgConnection,
    ids: &[ApprovalId],
) -> Result<Vec<Approval>, Error> {
    let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
    let rows = select_approvals!("where a.id = any($1)", &ids).fetch_all(connection).await?;
    Ok(rows.into_iter().map(Approval::from).collect())
}

/// As [`get`], and locks its conversation and the row until the transaction ends.
pub async fn hold(
    connection: &mut PgConnection,
    id: ApprovalId,
) -> Result<Option<Approval>, Error> {
    // Lock before reading, to see what the customer has just written, and a decision that another transaction has just
    // made. The conversation first, as all others do who lock both.
    sqlx::query!(
        "select c.id from approvals a join conversations c on c.id = a.conversation_id
         where a.id = $1
         for no key update of c",
        id.0
    )
    .fetch_optional(&mut *connection)
    .await?;
    sqlx::query!("select id from approvals where id = $1 for update", id.0)
        .fetch_optional(&mut *connection)
        .await?;
    get(connection, id).await
}
