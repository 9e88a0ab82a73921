//! Erasing what is no longer in Chatwoot: the rows of conversations and people that it has deleted, and all rows of
//! accounts that were disconnected.
//!
//! A row of a conversation and of a contact stays, without anything about a person, and says that it is gone: a replay
//! or a late event would otherwise bring it back as new. If Chatwoot has it after all, the next comparison fills it again.

use chrono::{DateTime, Utc};
use domain::{AccountKey, ContactId, ConversationId};
use serde::Serialize;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::Error;

/// What to erase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// Only what was gone by then.
    pub gone_before: DateTime<Utc>,
    /// Also everything of accounts that were disconnected by then.
    pub disconnected: bool,
    /// Only of this account.
    pub account: Option<AccountKey>,
    /// Only this contact, by its number in Chatwoot, and its conversations.
    pub contact: Option<i64>,
}

/// How much was erased, or would be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Erased {
    /// Conversations of which anything was left.
    pub conversations: u64,
    /// Their messages.
    pub messages: u64,
    /// Their requests for approval.
    pub approvals: u64,
    /// People of whom anything was left.
    pub contacts: u64,
    /// Agents, teams, inboxes, labels and canned responses of accounts that were disconnected.
    pub catalogue: u64,
}

impl std::ops::AddAssign for Erased {
    fn add_assign(&mut self, other: Self) {
        self.conversations += other.conversations;
        self.messages += other.messages;
        self.approvals += other.approvals;
        self.contacts += other.contacts;
        self.catalogue += other.catalogue;
    }
}

/// Gives the macro `$query` the condition for a line `t` of the timeline in which there is something to erase: the name of
/// who did it or asked for it, from what to what something was changed, and Chatwoot's words about what it refused.
macro_rules! with_telling_lines {
    ($query:ident) => {
        $query!(
            "(t.actor ->> 'name' is not null
               or t.data @? '$.changes[*] ? (exists (@.from) || exists (@.to))'
               or t.data ->> 'field' = 'labels' and t.data ? 'to'
               or t.data ? 'requestedBy'
               or t.kind in ('message_state_changed', 'command_failed') and t.data ? 'reason')"
        )
    };
}

/// A checked query for the ids of rows of `$table` that are to be erased: what is gone, in `$scope`, and of which something
/// is `$left`. `$number` is the column with the contact's number.
macro_rules! erasable {
    (
        $table:literal, $number:literal, [$($left:literal),+], $scope:expr, $after:expr,
        $limit:expr
    ) => {
        sqlx::query_scalar!(
            "select r.id from "
                + $table
                + " r join chatwoot_accounts a on a.id = r.account_id
             where r.id > $1
               and ($2::uuid is null or r.account_id = $2)
               and ($3::bigint is null or r."
                + $number
                + " = $3)
               and (r.gone_at > r.version_at
                      and r.gone_at < (extract(epoch from $4::timestamptz) * 1000000)::bigint
                    or $5 and a.disconnected_at < $4)
               and ("
                $(+ $left)+
                + ")
             order by r.id limit $6
             for update of r",
            $after,
            $scope.account.map(|account| account.0),
            $scope.contact,
            $scope.gone_before,
            $scope.disconnected,
            i64::from($limit),
        )
    };
}

/// Up to `limit` conversations with something to erase, by id, above `after`. They stay locked.
pub async fn conversations(
    connection: &mut PgConnection,
    scope: &Scope,
    after: ConversationId,
    limit: u32,
) -> Result<Vec<ConversationId>, Error> {
    macro_rules! query {
        ($telling:literal) => {
            erasable!(
                "conversations",
                "contact_chatwoot_id",
                [
                    "r.contact_id is not null or r.assignee_name is not null or r.labels <> '{}'
                     or r.custom_attributes <> '{}' or r.additional_attributes <> '{}'
                     or exists (select from messages m where m.conversation_id = r.id)
                     or exists (select from activities t where t.conversation_id = r.id and ",
                    $telling,
                    ")
                     or exists (select from approvals p where p.conversation_id = r.id)
                     or exists (select from drafts d where d.conversation_id = r.id)
                     or exists (select from outbound_attempts o where o.conversation_id = r.id)"
                ],
                scope,
                after.0,
                limit
            )
        };
    }
    let ids = with_telling_lines!(query).fetch_all(connection).await?;
    Ok(ids.into_iter().map(ConversationId).collect())
}

/// What [`erase_conversations`] would erase.
pub async fn count(
    connection: &mut PgConnection,
    conversations: &[ConversationId],
) -> Result<Erased, Error> {
    let row = sqlx::query!(
        r#"select (select count(*) from messages where conversation_id = any($1)) as "messages!",
                  (select count(*) from approvals where conversation_id = any($1)) as "approvals!""#,
        &column!(conversations, |one| one.0),
    )
    .fetch_one(connection)
    .await?;
    Ok(Erased {
        conversations: conversations.len() as u64,
        messages: row.messages.unsigned_abs(),
        approvals: row.approvals.unsigned_abs(),
        ..Erased::default()
    })
}

/// Erases these conversations, which the transaction has locked: their messages and files, what was wanted of them, and
/// whom they were with. Whoever removes files that no message needs finds theirs.
pub async fn erase_conversations(
    connection: &mut PgConnection,
    conversations: &[ConversationId],
) -> Result<Erased, Error> {
    let ids: Vec<Uuid> = column!(conversations, |one| one.0);
    sqlx::query!(
        "delete from attachments a using messages m
         where m.conversation_id = any($1) and a.account_id = m.account_id
           and a.message_chatwoot_id = m.chatwoot_id",
        &ids
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!("delete from outbound_attempts where conversation_id = any($1)", &ids)
        .execute(&mut *connection)
        .await?;
    let messages = sqlx::query!("delete from messages where conversation_id = any($1)", &ids)
        .execute(&mut *connection)
        .await?;
    let approvals = sqlx::query!("delete from approvals where conversation_id = any($1)", &ids)
        .execute(&mut *connection)
        .await?;
    // What happened stays. A change was asked for in one field, and Chatwoot told of several.
    macro_rules! query {
        ($telling:literal) => {
            sqlx::query!(
                "update activities t
                 set actor = actor - 'name',
                     data = case
                       when data ? 'changes' then jsonb_set(data, '{changes}', (
                         select coalesce(jsonb_agg(one - '{from,to}'::text[] order by at), '[]')
                         from jsonb_array_elements(data -> 'changes') with ordinality as x (one, at)))
                       when data ->> 'field' = 'labels' then data - 'to'
                       when kind in ('message_state_changed', 'command_failed') then data - 'reason'
                       else data end - 'requestedBy'
                 where conversation_id = any($1) and "
                    + $telling,
                &ids
            )
        };
    }
    with_telling_lines!(query).execute(&mut *connection).await?;
    sqlx::query!("delete from drafts where conversation_id = any($1)", &ids)
        .execute(&mut *connection)
        .await?;
    sqlx::query!("delete from outbox where conversation_id = any($1)", &ids)
        .execute(&mut *connection)
        .await?;
    sqlx::query!("delete from conversation_changes where conversation_id = any($1)", &ids)
        .execute(&mut *connection)
        .await?;
    sqlx::query!(
        "update conversations
         set contact_id = null, assignee_name = null, labels = '{}', custom_attributes = '{}',
             additional_attributes = '{}', changing = false,
             gone_at = case when gone_at > version_at then gone_at
                       else greatest(version_at + 1,
                              (extract(epoch from clock_timestamp()) * 1000000)::bigint) end,
             updated_at = greatest(clock_timestamp(), updated_at + interval '1 microsecond')
         where id = any($1)",
        &ids
    )
    .execute(connection)
    .await?;
    Ok(Erased {
        conversations: ids.len() as u64,
        messages: messages.rows_affected(),
        approvals: approvals.rows_affected(),
        ..Erased::default()
    })
}

/// Up to `limit` people of whom there is something to erase, by id, above `after`. They stay locked.
pub async fn contacts(
    connection: &mut PgConnection,
    scope: &Scope,
    after: ContactId,
    limit: u32,
) -> Result<Vec<ContactId>, Error> {
    let ids = erasable!(
        "contacts",
        "chatwoot_id",
        ["num_nonnulls(r.name, r.email, r.phone_number, r.identifier, r.thumbnail) > 0
         or r.additional_attributes <> '{}' or r.custom_attributes <> '{}'"],
        scope,
        after.0,
        limit
    )
    .fetch_all(connection)
    .await?;
    Ok(ids.into_iter().map(ContactId).collect())
}

/// Erases these people, whom the transaction has locked.
pub async fn erase_contacts(
    connection: &mut PgConnection,
    contacts: &[ContactId],
) -> Result<(), Error> {
    sqlx::query!(
        "update contacts
         set name = null, email = null, phone_number = null, identifier = null, thumbnail = null,
             additional_attributes = '{}', custom_attributes = '{}',
             gone_at = case when gone_at > version_at then gone_at
                       else greatest(version_at + 1,
                              (extract(epoch from clock_timestamp()) * 1000000)::bigint) end,
             updated_at = now()
         where id = any($1)",
        &column!(contacts, |one| one.0),
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Erases the catalogues of disconnected accounts, agents' names and addresses among them; returns how many rows.
pub async fn erase_catalogue(connection: &mut PgConnection, scope: &Scope) -> Result<u64, Error> {
    if !scope.disconnected || scope.contact.is_some() {
        return Ok(0);
    }
    let accounts = sqlx::query_scalar!(
        "select id from chatwoot_accounts
         where disconnected_at < $1 and ($2::uuid is null or id = $2)",
        scope.gone_before,
        scope.account.map(|account| account.0),
    )
    .fetch_all(&mut *connection)
    .await?;
    let rows = sqlx::query_scalar!(
        r#"with agent as (delete from agents where account_id = any($1) returning 1),
             team as (delete from teams where account_id = any($1) returning 1),
             inbox as (delete from inboxes where account_id = any($1) returning 1),
             label as (delete from labels where account_id = any($1) returning 1),
             canned as (delete from canned_responses where account_id = any($1) returning 1)
           select (select count(*) from agent) + (select count(*) from team)
             + (select count(*) from inbox) + (select count(*) from label)
             + (select count(*) from canned) as "rows!""#,
        &accounts
    )
    .fetch_one(connection)
    .await?;
    Ok(rows.unsigned_abs())
}

/// Whether Chatwoot still had this contact when it was last compared, in an account that is served. Returns `None` if
/// the account never had such a contact; one that was erased keeps its row.
pub async fn is_known(
    connection: &mut PgConnection,
    account: AccountKey,
    contact: i64,
) -> Result<Option<bool>, Error> {
    let known = sqlx::query_scalar!(
        r#"select k.gone_at <= k.version_at and a.disconnected_at is null as "known!"
           from contacts k join chatwoot_accounts a on a.id = k.account_id
           where k.account_id = $1 and k.chatwoot_id = $2"#,
        account.0,
        contact
    )
    .fetch_optional(connection)
    .await?;
    Ok(known)
}
