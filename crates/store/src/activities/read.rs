//! What clients read of the timeline.

use chrono::{DateTime, Utc};
use domain::{AccountKey, Activity, ActivityId, Actor, ConversationId, TenantId};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::name;
use crate::rows::FreeForm;
use crate::{Error, Start, part};

/// How many of a tenant's activities are read for one page of a list that leaves some of them out. There is no index by
/// type, actor or account, since every event writes into this table.
const REACH: i64 = 50_000;

/// Which activities to list. A field that is `None` does not restrict the list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Of one of these types.
    pub kinds: Option<Vec<String>>,
    /// Where it was done: `chatwoot` or `axis`.
    pub source: Option<String>,
    /// Of this conversation.
    pub conversation: Option<ConversationId>,
    /// Done by this actor.
    pub actor: Option<ByActor>,
    /// In this account: Chatwoot's ids of actors are those of one installation.
    pub account: Option<AccountKey>,
}

impl Filter {
    /// Whether rows may be read only to be left out.
    fn passes_over(&self) -> bool {
        let Self { kinds, source, conversation, actor, account } = self;
        let leaves_out =
            kinds.is_some() || source.is_some() || actor.is_some() || account.is_some();
        // A conversation's activities have an index of their own, and are not that many.
        conversation.is_none() && leaves_out
    }
}

/// Whose activities.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ByActor {
    /// The actor's type.
    pub kind: String,
    /// The actor's id among those of its type; `None` for every actor of the type.
    pub id: Option<String>,
}

/// The place of an activity in the timeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// When it happened.
    pub at: DateTime<Utc>,
    /// The activity.
    pub id: ActivityId,
}

/// A page of the timeline, newest first.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// At most as many as were asked for; fewer if they are large, and fewer, or even none, if most of what was read
    /// does not match the filter.
    pub activities: Vec<Activity>,
    /// Where the next page begins, if there is one.
    pub next: Option<Place>,
}

struct Row {
    id: Uuid,
    occurred_at: DateTime<Utc>,
    kind: String,
    source: String,
    account_id: Option<Uuid>,
    conversation_id: Option<Uuid>,
    actor: Option<Value>,
    data: FreeForm,
}

impl TryFrom<Row> for Activity {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        let actor: Option<Actor> = row
            .actor
            .map(serde_json::from_value)
            .transpose()
            .map_err(|_| Error::Unreadable { table: "activities", column: "actor" })?;
        Ok(Self {
            id: ActivityId(row.id),
            kind: row.kind,
            source: row.source,
            account_id: row.account_id.map(AccountKey),
            conversation_id: row.conversation_id.map(ConversationId),
            about: None,
            actor,
            occurred_at: row.occurred_at,
            data: row.data.0,
        })
    }
}

/// At most `limit` activities of a tenant, newest first; fewer if they are large.
pub async fn list(
    connection: &mut PgConnection,
    tenant: &TenantId,
    filter: &Filter,
    start: Start<Place>,
    limit: u32,
) -> Result<Listed, Error> {
    part::plan_for_arguments(connection).await?;
    let (skip, place) = start.skip_and_place();
    let end = if filter.passes_over() { reach(connection, tenant, place).await? } else { None };
    // The names of those whom a line concerns count too: see `about`.
    let rows = sqlx::query!(
        r#"select id as "id!", occurred_at as "occurred_at!", kind as "kind!", source as "source!",
                  account_id, conversation_id, actor,
                  data as "data!: FreeForm", found as "found!"
           from (
             select weighed.*, count(*) over () as found, row_number() over pages as at,
                    sum(bytes) over pages as together
             from (
               select a.*, octet_length(concat(a.kind, a.source, a.actor, a.data, case
                 when a.conversation_id is not null then
                   (select concat(c.channel, k.name)
                    from conversations c
                    left join contacts k on k.id = c.contact_id and k.gone_at <= k.version_at
                    where c.id = a.conversation_id)
                 when a.data ->> 'contactId' ~ '^[0-9]{1,18}$' then
                   (select k.name from contacts k
                    where k.account_id = a.account_id
                      and k.chatwoot_id = (a.data ->> 'contactId')::bigint
                      and k.gone_at <= k.version_at)
                 end)) as bytes
               from (
                 select id, occurred_at, kind, source, account_id, conversation_id, actor, data
                 from activities
                 where tenant_id = $1
                   and ($2::text[] is null or kind = any($2))
                   and ($3::text is null or source = $3)
                   and ($4::uuid is null or conversation_id = $4)
                   and ($6::uuid is null or (occurred_at, id) < ($5::timestamptz, $6))
                   and ($9::text is null or actor ->> 'type' = $9)
                   and ($10::text is null or actor ->> 'id' = $10)
                   and ($12::uuid is null or (occurred_at, id) >= ($11::timestamptz, $12))
                   and ($14::uuid is null or account_id = $14)
                 order by occurred_at desc, id desc
                 limit $7 offset $8
               ) a
             ) weighed
             window pages as (order by occurred_at desc, id desc)
           ) page
           where at = 1 or at < $7 and together <= $13
           order by occurred_at desc, id desc"#,
        tenant.as_str(),
        filter.kinds.as_deref(),
        filter.source.as_deref(),
        filter.conversation.map(|id| id.0),
        place.map(|place| place.at),
        place.map(|place| place.id.0),
        i64::from(limit) + 1,
        skip,
        filter.actor.as_ref().map(|actor| actor.kind.as_str()),
        filter.actor.as_ref().and_then(|actor| actor.id.as_deref()),
        end.map(|end| end.at),
        end.map(|end| end.id.0),
        part::MOST_BYTES,
        filter.account.map(|account| account.0),
    )
    .fetch_all(&mut *connection)
    .await?;
    let last = rows.last().filter(|last| part::is_cut(&rows, last.found));
    let place = last.map(|last| Place { at: last.occurred_at, id: ActivityId(last.id) });
    let next = place.or(end);
    let rows = rows.into_iter().map(|row| Row {
        id: row.id,
        occurred_at: row.occurred_at,
        kind: row.kind,
        source: row.source,
        account_id: row.account_id,
        conversation_id: row.conversation_id,
        actor: row.actor,
        data: row.data,
    });
    let mut activities = rows.map(Activity::try_from).collect::<Result<Vec<_>, _>>()?;
    part::plan_for_keys(connection).await?;
    name(connection, &mut activities).await?;
    Ok(Listed { activities, next })
}

/// The last place to read for a page that starts after a place, or at the beginning. Returns `None` if fewer than
/// [`REACH`] rows are left.
async fn reach(
    connection: &mut PgConnection,
    tenant: &TenantId,
    after: Option<Place>,
) -> Result<Option<Place>, Error> {
    let row = sqlx::query!(
        "select occurred_at, id from activities
         where tenant_id = $1
           and ($3::uuid is null or (occurred_at, id) < ($2::timestamptz, $3))
         order by occurred_at desc, id desc
         limit 1 offset $4",
        tenant.as_str(),
        after.map(|place| place.at),
        after.map(|place| place.id.0),
        REACH - 1
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| Place { at: row.occurred_at, id: ActivityId(row.id) }))
}

/// The activity with this id, if the transaction may see it.
pub async fn get(connection: &mut PgConnection, id: ActivityId) -> Result<Option<Activity>, Error> {
    let row = sqlx::query_as!(
        Row,
        r#"select id, occurred_at, kind, source, account_id, conversation_id, actor,
                  data as "data: FreeForm"
           from activities where id = $1 limit 1"#,
        id.0
    )
    .fetch_optional(&mut *connection)
    .await?;
    let mut activity = row.map(Activity::try_from).transpose()?;
    name(connection, &mut activity).await?;
    Ok(activity)
}
