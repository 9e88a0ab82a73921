//! The numbers that Chatwoot gives to messages that were written here, and those that it gives again.
//!
//! A Chatwoot whose database lost its last moments (a failover, a restored copy) gives the numbers of that time to other
//! messages. Such a number goes with the newer message: a row that mirrors the lost one is overwritten, and moves to the
//! other conversation; a message that was written here stays, without its number.

use std::collections::HashSet;

use domain::snapshot::Message;
use domain::{AccountKey, MessageId};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Row, select_messages};
use crate::Error;

/// Notes the number that Chatwoot gave to a message that was written here. If a row was made for that number meanwhile
/// (from a body that no longer had the marker), it is folded into the message's own row. Returns false if the message
/// had a number already, or does not exist, or if a message of another conversation has the number.
pub async fn link(
    connection: &mut PgConnection,
    account: AccountKey,
    message: MessageId,
    chatwoot_id: i64,
) -> Result<bool, Error> {
    // First the simple case, which is nearly every one.
    let linked = sqlx::query!(
        "update messages m
         set chatwoot_id = $3,
             updated_at = greatest(clock_timestamp(), m.updated_at + interval '1 microsecond')
         where m.id = $2 and m.account_id = $1 and m.chatwoot_id is null
           and not exists (select from messages o
                           where o.account_id = $1 and o.chatwoot_id = $3)",
        account.0,
        message.0,
        chatwoot_id
    )
    .execute(&mut *connection)
    .await?;
    if linked.rows_affected() > 0 {
        return Ok(true);
    }
    let folded = sqlx::query!(
        "with gone as (
           delete from messages o
           where o.account_id = $1 and o.chatwoot_id = $3 and o.id <> $2
             and exists (select from messages m
                         where m.id = $2 and m.account_id = $1 and m.chatwoot_id is null
                           and m.conversation_id = o.conversation_id)
           returning *
         )
         update messages m
         set chatwoot_id = gone.chatwoot_id,
             version_at = gone.version_at,
             version_step = gone.version_step,
             version_digest = gone.version_digest,
             content_type = gone.content_type,
             content = gone.content,
             content_attributes = gone.content_attributes,
             deleted = gone.deleted,
             sender_type = gone.sender_type,
             sender_id = gone.sender_id,
             sender_name = gone.sender_name,
             source_id = gone.source_id,
             inbox_id = gone.inbox_id,
             attachments = gone.attachments,
             delivery_rank = gone.delivery_rank,
             delivery_succeeded_at = gone.delivery_succeeded_at,
             delivery_failed_at = gone.delivery_failed_at,
             created_at = greatest(m.created_at, gone.created_at),
             updated_at = greatest(clock_timestamp(), m.updated_at + interval '1 microsecond')
         from gone where m.id = $2",
        account.0,
        message.0,
        chatwoot_id
    )
    .execute(connection)
    .await?;
    Ok(folded.rows_affected() > 0)
}

/// Takes their numbers from messages that were written here, where these are newer messages of other conversations:
/// Chatwoot has lost those and given their numbers again. Returns these numbers.
pub(super) async fn give_again(
    connection: &mut PgConnection,
    placed: &[(&Message, Uuid)],
) -> Result<HashSet<(AccountKey, i64)>, Error> {
    let given = sqlx::query!(
        r#"update messages m
           set chatwoot_id = null,
               updated_at = greatest(clock_timestamp(), m.updated_at + interval '1 microsecond')
           from unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::bool[], $5::bigint[],
                       $6::bigint[], $7::bigint[])
             as x (account_id, chatwoot_id, conversation_id, deleted, version_at, version_step,
                   version_digest)
           where m.account_id = x.account_id and m.chatwoot_id = x.chatwoot_id
             and m.conversation_id <> x.conversation_id and m.outbound_state is not null
             and (x.deleted, x.version_at, x.version_step, x.version_digest)
               > (m.deleted, m.version_at, m.version_step, m.version_digest)
           returning m.account_id, x.chatwoot_id as "chatwoot_id!""#,
        &column!(placed, |(m, _)| m.account.0),
        &column!(placed, |(m, _)| m.chatwoot_id),
        &column!(placed, |(_, conversation)| *conversation),
        &column!(placed, |(m, _)| m.deleted),
        &column!(placed, |(m, _)| m.version.at),
        &column!(placed, |(m, _)| m.version.step),
        &column!(placed, |(m, _)| m.version.digest),
    )
    .fetch_all(connection)
    .await?;
    Ok(given.into_iter().map(|row| (AccountKey(row.account_id), row.chatwoot_id)).collect())
}

/// Folds rows into the messages that were written here, where the number of such a message had been that of a message
/// elsewhere, whose row has just come into its conversation.
pub(super) async fn fold_moved(
    connection: &mut PgConnection,
    placed: &[(&Message, Uuid)],
    rows: &mut [Row],
) -> Result<(), Error> {
    for (message, conversation) in placed.iter().filter(|(m, _)| m.operation.is_some()) {
        let moved = rows.iter_mut().find(|row| {
            (row.account_id, row.chatwoot_id) == (message.account.0, Some(message.chatwoot_id))
                && (row.conversation_id, row.otherwise) == (*conversation, Some(true))
                && row.id != message.id.0
        });
        let Some(moved) = moved else { continue };
        if link(connection, message.account, message.id, message.chatwoot_id).await? {
            let own = select_messages!("where m.id = $1", message.id.0);
            let own = own.fetch_one(&mut *connection).await?;
            *moved = Row { otherwise: Some(true), ..own };
        }
    }
    Ok(())
}
