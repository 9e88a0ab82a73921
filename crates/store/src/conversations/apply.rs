//! Merging snapshots of conversations and of the contacts that they are with. Both are written by one statement,
//! because a second round trip costs more than the rows, and whoever has events waits for it.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use domain::snapshot::{Contact, Conversation};
use domain::{AccountKey, ContactId, ConversationId};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::Error;

/// The ids of the rows that snapshots were merged into, by account and display id.
pub type Ids = HashMap<(AccountKey, i64), ConversationId>;

/// What came of merging snapshots.
#[derive(Debug, Default)]
pub struct Applied {
    /// The conversations of all snapshots.
    pub ids: Ids,
    /// Conversations whose snapshots were not newer than their rows.
    pub known_already: Vec<ConversationId>,
    /// Conversations that clients see differently now, if only because somebody was seen there.
    pub changed: HashSet<ConversationId>,
    /// Contacts that existed before and that clients see differently now.
    pub people: Vec<Person>,
}

/// A contact that clients see differently now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The account.
    pub account: AccountKey,
    /// Number in the Chatwoot installation.
    pub chatwoot_id: i64,
    /// Which of its fields have changed, by Chatwoot's names.
    pub fields: Vec<String>,
}

struct Written {
    account_id: Uuid,
    number: i64,
    id: Uuid,
    changing: bool,
    /// Set for a contact only: which of its fields have changed.
    fields: Option<Vec<String>>,
}

struct Place {
    account_id: Uuid,
    display_id: i64,
    id: Uuid,
    /// A client's change of it is pending.
    changing: bool,
}

impl Place {
    fn entry(self) -> ((AccountKey, i64), ConversationId) {
        ((AccountKey(self.account_id), self.display_id), ConversationId(self.id))
    }
}

/// Merges snapshots, at most one of each contact and of each conversation ([`domain::snapshot::merge`]). The contacts
/// that conversations name must be among them or exist already. A snapshot that is not newer than its row updates at
/// most the columns that only grow. Fields with a pending change go on showing what is wanted. All rows stay locked.
///
/// No snapshot is dated more than a day ahead, but a row that an earlier version of the program wrote may be. Any
/// snapshot wins over such a row.
pub async fn apply(
    connection: &mut PgConnection,
    contacts: &[Cow<'_, Contact>],
    conversations: &[Cow<'_, Conversation>],
) -> Result<Applied, Error> {
    if contacts.is_empty() && conversations.is_empty() {
        return Ok(Applied::default());
    }
    let (mut places, mut people) = (Vec::new(), Vec::new());
    for Written { account_id, number, id, changing, fields } in
        write_newer(connection, contacts, conversations).await?
    {
        match fields {
            None => places.push(Place { account_id, display_id: number, id, changing }),
            Some(fields) => {
                let account = AccountKey(account_id);
                people.push(Person { account, chatwoot_id: number, fields });
            }
        }
    }
    let mut changed: HashSet<_> = places.iter().map(|place| ConversationId(place.id)).collect();
    let mut known_already = Vec::new();
    if places.len() < conversations.len() {
        let newer: HashSet<_> = places.iter().map(|p| (p.account_id, p.display_id)).collect();
        let lost: Vec<&Conversation> = conversations
            .iter()
            .map(Cow::as_ref)
            .filter(|c| !newer.contains(&(c.account.0, c.display_id)))
            .collect();
        changed.extend(grow(connection, &lost).await?);
        let there = known(connection, &lost).await?;
        known_already.extend(there.iter().map(|place| ConversationId(place.id)));
        places.extend(there);
    }
    let changing: Vec<_> = places.iter().filter(|place| place.changing).map(|p| p.id).collect();
    if !changing.is_empty() {
        super::change::uphold(connection, &changing).await?;
    }
    let ids = places.into_iter().map(Place::entry).collect();
    Ok(Applied { ids, known_already, changed, people })
}

/// Writes snapshots over older ones. What counts as ahead of time is worked out once for all rows, by selects that depend
/// on none. Returns the conversations that were written, and the contacts that existed and show something else now: most
/// of what a body says about a contact is known already. The addresses of pictures do not count, since they change by
/// themselves.
#[expect(clippy::too_many_lines, reason = "a line for each column of one statement")]
async fn write_newer(
    connection: &mut PgConnection,
    contacts: &[Cow<'_, Contact>],
    conversations: &[Cow<'_, Conversation>],
) -> Result<Vec<Written>, Error> {
    let contact = |c: &Conversation| {
        c.state.contact_chatwoot_id.map(|number| ContactId::of(c.account, number).0)
    };
    let written = sqlx::query_as!(
        Written,
        "with merged as (
           insert into contacts as c
             (id, tenant_id, account_id, chatwoot_id, version_at, version_step, version_digest,
              name, email, phone_number, identifier, thumbnail,
              additional_attributes, custom_attributes, blocked)
           select * from unnest(
             $1::uuid[], $2::text[], $3::uuid[], $4::bigint[], $5::bigint[], $6::bigint[],
             $7::bigint[], $8::text[], $9::text[], $10::text[], $11::text[], $12::text[],
             $13::jsonb[], $14::jsonb[], $15::bool[])
           on conflict (account_id, chatwoot_id) do update
             set version_at = excluded.version_at,
                 version_step = excluded.version_step,
                 version_digest = excluded.version_digest,
                 name = excluded.name,
                 email = excluded.email,
                 phone_number = excluded.phone_number,
                 identifier = excluded.identifier,
                 thumbnail = excluded.thumbnail,
                 additional_attributes = excluded.additional_attributes,
                 custom_attributes = excluded.custom_attributes,
                 blocked = excluded.blocked,
                 updated_at = now()
             where (excluded.version_at, excluded.version_step, excluded.version_digest)
                 > (c.version_at, c.version_step, c.version_digest)
               or c.version_at > (select (extract(epoch from now() + interval '1 day') * 1000000)::bigint)
           returning c.id, c.account_id, c.chatwoot_id,
             -- What has just been written is not seen by a query here, only what was there before.
             (select array_remove(array[
                case when o.name is distinct from c.name then 'name' end,
                case when o.email is distinct from c.email then 'email' end,
                case when o.phone_number is distinct from c.phone_number then 'phone_number' end,
                case when o.identifier is distinct from c.identifier then 'identifier' end,
                case when o.additional_attributes <> c.additional_attributes
                  then 'additional_attributes' end,
                case when o.custom_attributes <> c.custom_attributes then 'custom_attributes' end,
                case when o.blocked <> c.blocked then 'blocked' end
              ], null)
              from contacts o where o.id = c.id) as fields
         ), placed as (
         insert into conversations as c
           (id, tenant_id, account_id, display_id, version_at, version_step, version_digest,
            status, priority, inbox_id, channel, contact_chatwoot_id, contact_id,
            assignee_id, assignee_type, assignee_name, team_id, team_name, labels, can_reply,
            snoozed_until, first_reply_at, waiting_since, custom_attributes,
            additional_attributes, created_at, last_activity_at, activity_minute,
            agent_last_seen_at, contact_last_seen_at)
         select id, tenant_id, account_id, display_id, version_at, version_step, version_digest,
            status, priority, inbox_id, channel, contact_chatwoot_id, contact_id,
            assignee_id, assignee_type, assignee_name, team_id, team_name,
            array(select jsonb_array_elements_text(labels)), can_reply,
            snoozed_until, first_reply_at, waiting_since, custom_attributes,
            additional_attributes, coalesce(created_at, last_activity_at, now()),
            coalesce(last_activity_at, created_at, now()),
            axis_minute(coalesce(last_activity_at, created_at, now())),
            agent_last_seen_at, contact_last_seen_at
         from unnest(
            $16::uuid[], $17::text[], $18::uuid[], $19::bigint[], $20::bigint[], $21::bigint[],
            $22::bigint[], $23::text[], $24::text[], $25::bigint[], $26::text[], $27::bigint[],
            $28::uuid[], $29::bigint[], $30::text[], $31::text[], $32::bigint[], $33::text[],
            $34::jsonb[], $35::bool[], $36::timestamptz[], $37::timestamptz[],
            $38::timestamptz[], $39::jsonb[], $40::jsonb[], $41::timestamptz[],
            $42::timestamptz[], $43::timestamptz[], $44::timestamptz[])
         as x (id, tenant_id, account_id, display_id, version_at, version_step, version_digest,
            status, priority, inbox_id, channel, contact_chatwoot_id, contact_id,
            assignee_id, assignee_type, assignee_name, team_id, team_name, labels, can_reply,
            snoozed_until, first_reply_at, waiting_since, custom_attributes,
            additional_attributes, created_at, last_activity_at, agent_last_seen_at,
            contact_last_seen_at)
         -- Contacts are locked before conversations, by everybody.
         where (select count(*) from merged) >= 0
         on conflict (account_id, display_id) do update
           set version_at = excluded.version_at,
               version_step = excluded.version_step,
               version_digest = excluded.version_digest,
               status = excluded.status,
               priority = excluded.priority,
               inbox_id = excluded.inbox_id,
               channel = excluded.channel,
               contact_chatwoot_id = excluded.contact_chatwoot_id,
               contact_id = excluded.contact_id,
               assignee_id = excluded.assignee_id,
               assignee_type = excluded.assignee_type,
               assignee_name = excluded.assignee_name,
               team_id = excluded.team_id,
               team_name = excluded.team_name,
               labels = excluded.labels,
               can_reply = excluded.can_reply,
               snoozed_until = excluded.snoozed_until,
               first_reply_at = excluded.first_reply_at,
               waiting_since = excluded.waiting_since,
               custom_attributes = excluded.custom_attributes,
               additional_attributes = excluded.additional_attributes,
               last_activity_at = greatest(
                 case when c.last_activity_at <= (select now() + interval '1 day')
                   then c.last_activity_at end,
                 excluded.last_activity_at),
               agent_last_seen_at = greatest(
                 case when c.agent_last_seen_at <= (select now() + interval '1 day')
                   then c.agent_last_seen_at end,
                 excluded.agent_last_seen_at),
               contact_last_seen_at = greatest(
                 case when c.contact_last_seen_at <= (select now() + interval '1 day')
                   then c.contact_last_seen_at end,
                 excluded.contact_last_seen_at),
               -- Not the time at which the transaction began: what was seen meanwhile is older.
               updated_at = greatest(clock_timestamp(), c.updated_at + interval '1 microsecond')
           where (excluded.version_at, excluded.version_step, excluded.version_digest)
               > (c.version_at, c.version_step, c.version_digest)
             or c.version_at > (select (extract(epoch from now() + interval '1 day') * 1000000)::bigint)
         returning c.account_id, c.display_id, c.id, c.changing
         )
         select account_id as \"account_id!\", display_id as \"number!\", id as \"id!\",
                changing as \"changing!\", null::text[] as \"fields?\"
         from placed
         union all
         select account_id, chatwoot_id, id, false, fields from merged where fields <> '{}'",
        &column!(contacts, |c| c.id.0),
        &column!(contacts, |c| c.tenant.as_str()) as &[&str],
        &column!(contacts, |c| c.account.0),
        &column!(contacts, |c| c.chatwoot_id),
        &column!(contacts, |c| c.version.at),
        &column!(contacts, |c| c.version.step),
        &column!(contacts, |c| c.version.digest),
        &column!(contacts, |c| c.state.name.as_deref()) as &[Option<&str>],
        &column!(contacts, |c| c.state.email.as_deref()) as &[Option<&str>],
        &column!(contacts, |c| c.state.phone_number.as_deref()) as &[Option<&str>],
        &column!(contacts, |c| c.state.identifier.as_deref()) as &[Option<&str>],
        &column!(contacts, |c| c.state.thumbnail.as_deref()) as &[Option<&str>],
        &column!(contacts, |c| &c.state.additional_attributes) as &[&Value],
        &column!(contacts, |c| &c.state.custom_attributes) as &[&Value],
        &column!(contacts, |c| c.state.blocked),
        &column!(conversations, |c| c.id.0),
        &column!(conversations, |c| c.tenant.as_str()) as &[&str],
        &column!(conversations, |c| c.account.0),
        &column!(conversations, |c| c.display_id),
        &column!(conversations, |c| c.version.at),
        &column!(conversations, |c| c.version.step),
        &column!(conversations, |c| c.version.digest),
        &column!(conversations, |c| c.state.status.as_str()) as &[&str],
        &column!(conversations, |c| c.state.priority.as_deref()) as &[Option<&str>],
        &column!(conversations, |c| c.state.inbox_id) as &[Option<i64>],
        &column!(conversations, |c| c.state.channel.as_deref()) as &[Option<&str>],
        &column!(conversations, |c| c.state.contact_chatwoot_id) as &[Option<i64>],
        &column!(conversations, |c| contact(c)) as &[Option<Uuid>],
        &column!(conversations, |c| c.state.assignee_id) as &[Option<i64>],
        &column!(conversations, |c| c.state.assignee_type.as_deref()) as &[Option<&str>],
        &column!(conversations, |c| c.state.assignee_name.as_deref()) as &[Option<&str>],
        &column!(conversations, |c| c.state.team_id) as &[Option<i64>],
        &column!(conversations, |c| c.state.team_name.as_deref()) as &[Option<&str>],
        &column!(conversations, |c| Value::from(c.state.labels.clone())),
        &column!(conversations, |c| c.state.can_reply) as &[Option<bool>],
        &column!(conversations, |c| c.state.snoozed_until) as &[Option<DateTime<Utc>>],
        &column!(conversations, |c| c.state.first_reply_at) as &[Option<DateTime<Utc>>],
        &column!(conversations, |c| c.state.waiting_since) as &[Option<DateTime<Utc>>],
        &column!(conversations, |c| &c.state.custom_attributes) as &[&Value],
        &column!(conversations, |c| &c.state.additional_attributes) as &[&Value],
        &column!(conversations, |c| c.created_at) as &[Option<DateTime<Utc>>],
        &column!(conversations, |c| c.last_activity_at) as &[Option<DateTime<Utc>>],
        &column!(conversations, |c| c.agent_last_seen_at) as &[Option<DateTime<Utc>>],
        &column!(conversations, |c| c.contact_last_seen_at) as &[Option<DateTime<Utc>>],
    )
    .fetch_all(connection)
    .await?;
    Ok(written)
}

/// Takes over what an older snapshot still knew better: when somebody was last there. Returns the conversations for
/// which that was news.
async fn grow(
    connection: &mut PgConnection,
    conversations: &[&Conversation],
) -> Result<Vec<ConversationId>, Error> {
    let grown = sqlx::query_scalar!(
        "update conversations c
         set last_activity_at = greatest(c.last_activity_at, x.last_activity_at),
             agent_last_seen_at = greatest(c.agent_last_seen_at, x.agent_last_seen_at),
             contact_last_seen_at = greatest(c.contact_last_seen_at, x.contact_last_seen_at),
             updated_at = greatest(clock_timestamp(), c.updated_at + interval '1 microsecond')
         from unnest($1::uuid[], $2::bigint[], $3::timestamptz[], $4::timestamptz[],
                     $5::timestamptz[])
           as x (account_id, display_id, last_activity_at, agent_last_seen_at,
                 contact_last_seen_at)
         where c.account_id = x.account_id and c.display_id = x.display_id
           and (x.last_activity_at > c.last_activity_at
             or x.agent_last_seen_at > coalesce(c.agent_last_seen_at, '-infinity')
             or x.contact_last_seen_at > coalesce(c.contact_last_seen_at, '-infinity'))
         returning c.id",
        &column!(conversations, |c| c.account.0),
        &column!(conversations, |c| c.display_id),
        &column!(conversations, |c| c.last_activity_at) as &[Option<DateTime<Utc>>],
        &column!(conversations, |c| c.agent_last_seen_at) as &[Option<DateTime<Utc>>],
        &column!(conversations, |c| c.contact_last_seen_at) as &[Option<DateTime<Utc>>],
    )
    .fetch_all(connection)
    .await?;
    Ok(grown.into_iter().map(ConversationId).collect())
}

/// The existing rows of these conversations.
async fn known(
    connection: &mut PgConnection,
    conversations: &[&Conversation],
) -> Result<Vec<Place>, Error> {
    let accounts = column!(conversations, |c| c.account.0);
    let numbers = column!(conversations, |c| c.display_id);
    let known = sqlx::query_as!(
        Place,
        "select c.account_id, c.display_id, c.id, c.changing
         from unnest($1::uuid[], $2::bigint[]) as x (account_id, display_id)
         join conversations c using (account_id, display_id)",
        &accounts,
        &numbers
    )
    .fetch_all(connection)
    .await?;
    Ok(known)
}
