//! Merging snapshots of messages.

use std::borrow::Cow;
use std::collections::HashSet;

use chrono::{DateTime, Utc};
use domain::snapshot::Message;
use domain::{ConversationId, MessageId};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::link::{fold_moved, give_again, link};
use super::{Row, message_rows};
use crate::conversations::Applied;
use crate::{Error, attachments, outbox};

/// The rows that were just written.
#[derive(Debug, Default)]
pub struct Written {
    rows: Vec<Row>,
    /// Conversations that clients see differently only because a message has come.
    pub touched: Vec<ConversationId>,
}

impl Written {
    /// The messages that existed before and that clients see differently now, by conversation and number.
    pub fn otherwise(&self) -> HashSet<(ConversationId, i64)> {
        let otherwise = self.rows.iter().filter(|row| row.otherwise == Some(true));
        otherwise
            .filter_map(|row| Some((ConversationId(row.conversation_id), row.chatwoot_id?)))
            .collect()
    }

    /// What clients read of each of them.
    pub fn messages(self) -> impl Iterator<Item = Result<domain::Message, Error>> {
        self.rows.into_iter().map(domain::Message::try_from)
    }
}

/// Merges snapshots, at most one of each message ([`domain::snapshot::merge`]), into existing conversations. A message
/// with our marker belongs to the row that was written here. A number that Chatwoot gave again, to a message of another
/// conversation, goes with the newer one. A snapshot that is not newer than its row updates at most the columns that
/// only grow. Returns the rows that were written. A conversation gets a new entity tag when a message has come, even if
/// nothing else about it is new.
pub async fn apply(
    connection: &mut PgConnection,
    messages: &[Cow<'_, Message>],
    conversations: &Applied,
) -> Result<Written, Error> {
    let placed: Vec<_> = messages
        .iter()
        .filter_map(|message| {
            let conversation =
                conversations.ids.get(&(message.account, message.conversation_display_id))?;
            Some((message.as_ref(), conversation.0))
        })
        .collect();
    if placed.is_empty() {
        return Ok(Written::default());
    }
    let mut linked = Vec::new();
    for (message, _) in &placed {
        let Some(operation) = message.operation else { continue };
        if link(connection, message.account, message.id, message.chatwoot_id).await? {
            linked.push(operation);
        }
    }
    outbox::hasten_told(connection, &linked).await?;
    let mut rows = write_newer(connection, &placed).await?;
    let lost = rows.len() < placed.len();
    if lost {
        let given_again = give_again(connection, &placed).await?;
        let is_freed = |m: &Message| given_again.contains(&(m.account, m.chatwoot_id));
        let freed: Vec<_> = placed.iter().copied().filter(|(m, _)| is_freed(m)).collect();
        if !freed.is_empty() {
            rows.extend(write_newer(connection, &freed).await?);
        }
    }
    fold_moved(connection, &placed, &mut rows).await?;
    let mut touched = Vec::new();
    if !rows.is_empty() && !conversations.known_already.is_empty() {
        touched = touch(connection, &rows, &conversations.known_already).await?;
    }
    if lost {
        rows.extend(grow(connection, &placed).await?);
    }
    let merged: Vec<_> = placed.iter().map(|(message, _)| *message).collect();
    attachments::follow(connection, &merged).await?;
    Ok(Written { rows, touched })
}

/// A checked query for the rows of messages called `m` that a statement writes, and whether clients see them
/// differently. Most of what a conversation's body says about its newest message is known already; only a comparison
/// with the row as it was before shows whether anything is new. The addresses of files do not count, since they change
/// by themselves, nor do the times of repeated delivery reports. A message's own webhook puts a link into a survey,
/// which does not count either. Texts come in their plain form, but rows of earlier versions and what was written here
/// may have other line breaks, escapes and ends: they are compared as [`domain::comparable_text`] does.
macro_rules! written_rows {
    ($written:tt $(, $argument:expr)* $(,)?) => {
        message_rows!(
            before [$written]
            // A query here does not see what has just been written, only what was there before; and nobody else has
            // written it meanwhile, since its conversation is locked.
            otherwise ["(
              select (o.conversation_id, o.message_type, o.content_type, o.content_attributes, o.private,
                      o.deleted, o.sender_type, o.sender_id, o.sender_name, o.delivery_rank,
                      o.delivery_failed_at > o.delivery_succeeded_at, o.created_at)
                     is distinct from
                     (m.conversation_id, m.message_type, m.content_type, m.content_attributes,
                      m.private, m.deleted, m.sender_type, m.sender_id, m.sender_name, m.delivery_rank,
                      m.delivery_failed_at > m.delivery_succeeded_at, m.created_at)
                  or o.content is distinct from m.content and m.content_type <> 'input_csat' and (
                    select count(distinct regexp_replace(
                      regexp_replace(rtrim(text, E' \\t\\r\\n\\\\'), '[\\\\\\r]+\\n', E'\\n', 'g'),
                      '^\\\\+(-+|=+)([ \\t\\r]*)$', '\\1\\2', 'gn'))
                    from (values (coalesce(o.content, '')), (coalesce(m.content, ''))) as x (text)
                  ) > 1
                  or o.attachments <> m.attachments and (
                    select jsonb_agg(f - '{dataUrl,thumbUrl}'::text[] order by f -> 'id')
                    from jsonb_path_query(o.attachments, '$[*] ? (@.type() == \"object\")') f
                  ) is distinct from (
                    select jsonb_agg(f - '{dataUrl,thumbUrl}'::text[] order by f -> 'id')
                    from jsonb_path_query(m.attachments, '$[*] ? (@.type() == \"object\")') f
                  )
              from messages o where o.id = m.id)"]
            after [""]
            $(, $argument)*
        )
    };
}

/// Writes snapshots over older ones. Returns the rows that were written. Where an earlier version of the program dated
/// deliveries ahead, a snapshot that says how far the message got takes the place of that, here as in [`grow`].
async fn write_newer(
    connection: &mut PgConnection,
    placed: &[(&Message, Uuid)],
) -> Result<Vec<Row>, Error> {
    let conversations = column!(placed, |(_, conversation)| *conversation);
    let fallback = |m: &Message| MessageId::of(m.account, m.chatwoot_id, Some(m.created_at)).0;
    // A marker can be forged or repeated, so an id that another message has is not used, whether that is one of these
    // messages or was there before.
    let mut taken = HashSet::new();
    let ids = column!(placed, |(m, _)| if taken.insert(m.id) { m.id.0 } else { fallback(m) });
    let written = written_rows!(
        "insert into messages as m
           (id, tenant_id, account_id, conversation_id, chatwoot_id,
            version_at, version_step, version_digest, message_type, content_type, content,
            content_attributes, private, deleted, sender_type, sender_id, sender_name, source_id,
            inbox_id, attachments, delivery_rank, delivery_succeeded_at, delivery_failed_at,
            created_at)
         select case when x.id <> x.fallback and exists (
                  select from messages o where o.id = x.id
                    and (o.account_id, o.chatwoot_id) is distinct from
                        (x.account_id, x.chatwoot_id))
                then x.fallback else x.id end,
            tenant_id, account_id, conversation_id, chatwoot_id,
            version_at, version_step, version_digest, message_type, content_type, content,
            content_attributes, private, deleted, sender_type, sender_id, sender_name, source_id,
            inbox_id, attachments, delivery_rank, delivery_succeeded_at, delivery_failed_at,
            created_at
         from unnest(
            $1::uuid[], $2::uuid[], $3::text[], $4::uuid[], $5::uuid[], $6::bigint[],
            $7::bigint[], $8::bigint[], $9::bigint[], $10::text[], $11::text[], $12::text[],
            $13::jsonb[], $14::bool[], $15::bool[], $16::text[], $17::bigint[], $18::text[],
            $19::text[], $20::bigint[], $21::jsonb[], $22::smallint[], $23::bigint[],
            $24::bigint[], $25::timestamptz[])
         as x (id, fallback, tenant_id, account_id, conversation_id, chatwoot_id,
            version_at, version_step, version_digest, message_type, content_type, content,
            content_attributes, private, deleted, sender_type, sender_id, sender_name, source_id,
            inbox_id, attachments, delivery_rank, delivery_succeeded_at, delivery_failed_at,
            created_at)
         on conflict (account_id, chatwoot_id) do update
           set conversation_id = excluded.conversation_id,
               version_at = excluded.version_at,
               version_step = excluded.version_step,
               version_digest = excluded.version_digest,
               message_type = excluded.message_type,
               content_type = excluded.content_type,
               content = excluded.content,
               content_attributes = excluded.content_attributes,
               private = excluded.private,
               deleted = excluded.deleted,
               sender_type = excluded.sender_type,
               sender_id = excluded.sender_id,
               sender_name = excluded.sender_name,
               source_id = excluded.source_id,
               inbox_id = excluded.inbox_id,
               attachments = excluded.attachments,
               delivery_rank = greatest(m.delivery_rank, excluded.delivery_rank),
               delivery_succeeded_at = greatest(excluded.delivery_succeeded_at,
                 case when m.delivery_succeeded_at <=
                     (select (extract(epoch from now() + interval '1 day') * 1000000)::bigint)
                   or 0 = greatest(excluded.delivery_succeeded_at, excluded.delivery_failed_at)
                   then m.delivery_succeeded_at end),
               delivery_failed_at = greatest(excluded.delivery_failed_at,
                 case when m.delivery_failed_at <=
                     (select (extract(epoch from now() + interval '1 day') * 1000000)::bigint)
                   or 0 = greatest(excluded.delivery_succeeded_at, excluded.delivery_failed_at)
                   then m.delivery_failed_at end),
               created_at = greatest(m.created_at, excluded.created_at),
               updated_at = greatest(clock_timestamp(), m.updated_at + interval '1 microsecond')
           where ((excluded.deleted, excluded.version_at, excluded.version_step,
                   excluded.version_digest)
                 > (m.deleted, m.version_at, m.version_step, m.version_digest)
               or m.version_at > (select (extract(epoch from now() + interval '1 day') * 1000000)::bigint)
                 and excluded.deleted >= m.deleted)
             and (m.conversation_id = excluded.conversation_id or m.outbound_state is null)
         returning ",
        &ids,
        &column!(placed, |(m, _)| fallback(m)),
        &column!(placed, |(m, _)| m.tenant.as_str()) as &[&str],
        &column!(placed, |(m, _)| m.account.0),
        &conversations,
        &column!(placed, |(m, _)| m.chatwoot_id),
        &column!(placed, |(m, _)| m.version.at),
        &column!(placed, |(m, _)| m.version.step),
        &column!(placed, |(m, _)| m.version.digest),
        &column!(placed, |(m, _)| m.state.message_type.as_str()) as &[&str],
        &column!(placed, |(m, _)| m.state.content_type.as_str()) as &[&str],
        &column!(placed, |(m, _)| m.state.content.as_deref()) as &[Option<&str>],
        &column!(placed, |(m, _)| &m.state.content_attributes) as &[&Value],
        &column!(placed, |(m, _)| m.state.private),
        &column!(placed, |(m, _)| m.deleted),
        &column!(placed, |(m, _)| m.state.sender_type.as_deref()) as &[Option<&str>],
        &column!(placed, |(m, _)| m.state.sender_id) as &[Option<i64>],
        &column!(placed, |(m, _)| m.state.sender_name.as_deref()) as &[Option<&str>],
        &column!(placed, |(m, _)| m.state.source_id.as_deref()) as &[Option<&str>],
        &column!(placed, |(m, _)| m.state.inbox_id) as &[Option<i64>],
        &column!(placed, |(m, _)| &m.state.attachments) as &[&Value],
        &column!(placed, |(m, _)| m.delivery.rank),
        &column!(placed, |(m, _)| m.delivery.succeeded_at),
        &column!(placed, |(m, _)| m.delivery.failed_at),
        &column!(placed, |(m, _)| m.created_at) as &[DateTime<Utc>],
    )
    .fetch_all(connection)
    .await?;
    Ok(written)
}

/// Gives a new entity tag to those of the conversations that just got one of the messages. Returns them.
async fn touch(
    connection: &mut PgConnection,
    written: &[Row],
    conversations: &[ConversationId],
) -> Result<Vec<ConversationId>, Error> {
    let touched = sqlx::query_scalar!(
        // Only a new row has `now()` there; one that existed before was given the time of its change.
        "update conversations c
         set updated_at = greatest(clock_timestamp(), c.updated_at + interval '1 microsecond')
         where c.id = any($1) and exists (
           select from messages m
           where m.id = any($2) and m.conversation_id = c.id and m.updated_at = now())
         returning c.id",
        &column!(conversations, |conversation| conversation.0),
        &column!(written, |row| row.id)
    )
    .fetch_all(connection)
    .await?;
    Ok(touched.into_iter().map(ConversationId).collect())
}

/// Takes over what an older snapshot still knew better: how far the message got, and when exactly it was written.
/// Returns the rows for which that was news.
async fn grow(
    connection: &mut PgConnection,
    placed: &[(&Message, Uuid)],
) -> Result<Vec<Row>, Error> {
    let grown = written_rows!(
        "update messages m
         set delivery_rank = greatest(m.delivery_rank, x.rank),
             delivery_succeeded_at = greatest(x.succeeded_at,
               case when m.delivery_succeeded_at <=
                   (select (extract(epoch from now() + interval '1 day') * 1000000)::bigint)
                 or 0 = greatest(x.succeeded_at, x.failed_at)
                 then m.delivery_succeeded_at end),
             delivery_failed_at = greatest(x.failed_at,
               case when m.delivery_failed_at <=
                   (select (extract(epoch from now() + interval '1 day') * 1000000)::bigint)
                 or 0 = greatest(x.succeeded_at, x.failed_at)
                 then m.delivery_failed_at end),
             created_at = greatest(m.created_at, x.created_at),
             updated_at = greatest(clock_timestamp(), m.updated_at + interval '1 microsecond')
         from unnest($1::uuid[], $2::bigint[], $3::smallint[], $4::bigint[], $5::bigint[],
                     $6::timestamptz[])
           as x (account_id, chatwoot_id, rank, succeeded_at, failed_at, created_at)
         where m.account_id = x.account_id and m.chatwoot_id = x.chatwoot_id
           and (x.rank > m.delivery_rank or x.succeeded_at > m.delivery_succeeded_at
             or x.failed_at > m.delivery_failed_at or x.created_at > m.created_at
             or greatest(x.succeeded_at, x.failed_at) > 0
               and greatest(m.delivery_succeeded_at, m.delivery_failed_at) >
                 (select (extract(epoch from now() + interval '1 day') * 1000000)::bigint))
         returning ",
        &column!(placed, |(m, _)| m.account.0),
        &column!(placed, |(m, _)| m.chatwoot_id),
        &column!(placed, |(m, _)| m.delivery.rank),
        &column!(placed, |(m, _)| m.delivery.succeeded_at),
        &column!(placed, |(m, _)| m.delivery.failed_at),
        &column!(placed, |(m, _)| m.created_at) as &[DateTime<Utc>],
    )
    .fetch_all(connection)
    .await?;
    Ok(grown)
}
