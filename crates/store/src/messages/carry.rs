//! The state of messages written here on their way to Chatwoot.

use std::time::Duration;

use domain::{AccountKey, ConversationId, DeliveryState, MessageId, OperationId};
use sqlx::PgConnection;

use crate::Error;

/// How far a message has got on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step<'a> {
    /// One of the states before `delivered`.
    pub state: DeliveryState,
    /// Why it has got no further, in words.
    pub reason: Option<&'a str>,
    /// Tries so far; `None` leaves the number as it is.
    pub attempts: Option<i32>,
    /// Tries after which it counts as failed; `None` leaves the number as it is, but clears it for a queued message,
    /// since nobody knows it before the first try.
    pub most_attempts: Option<i32>,
    /// How long until the next try.
    pub next_in: Option<Duration>,
}

/// The Chatwoot number of one of our messages. The outer option says whether we have the message, the inner one whether
/// Chatwoot does.
pub async fn chatwoot_id(
    connection: &mut PgConnection,
    account: AccountKey,
    message: MessageId,
) -> Result<Option<Option<i64>>, Error> {
    let id = sqlx::query_scalar!(
        "select chatwoot_id from messages where id = $1 and account_id = $2",
        message.0,
        account.0
    )
    .fetch_optional(connection)
    .await?;
    Ok(id)
}

/// A Chatwoot number that every later message exceeds and few earlier ones do, however many messages wait here that
/// have no number yet.
pub async fn highest_chatwoot_id(
    connection: &mut PgConnection,
    conversation: ConversationId,
) -> Result<i64, Error> {
    let highest = sqlx::query_scalar!(
        r#"select coalesce(max(chatwoot_id), 0) as "highest!" from (
             select chatwoot_id from messages
             where conversation_id = $1 and chatwoot_id is not null
             order by created_at desc, id desc limit 50
           ) newest"#,
        conversation.0
    )
    .fetch_one(connection)
    .await?;
    Ok(highest)
}

/// A Chatwoot number a few known messages before `highest`, after which to look for messages that exceed it. A Chatwoot
/// whose database lost its last moments gives out the numbers of that time again.
pub async fn chatwoot_id_before(
    connection: &mut PgConnection,
    conversation: ConversationId,
    highest: i64,
) -> Result<i64, Error> {
    let before = sqlx::query_scalar!(
        r#"select coalesce(min(chatwoot_id), $2) as "before!" from (
             select chatwoot_id from messages
             where conversation_id = $1 and chatwoot_id <= $2
             order by created_at desc, id desc limit 20
           ) newest"#,
        conversation.0,
        highest
    )
    .fetch_one(connection)
    .await?;
    Ok(before)
}

/// The Chatwoot number of the newest message from the conversation's customer that is known here; 0 if there is none.
pub async fn newest_incoming(
    connection: &mut PgConnection,
    conversation: ConversationId,
) -> Result<i64, Error> {
    let newest = sqlx::query_scalar!(
        r#"select coalesce(max(chatwoot_id), 0) as "newest!" from (
             select chatwoot_id from messages
             where conversation_id = $1 and message_type = 'incoming'
             order by created_at desc, id desc limit 10
           ) newest"#,
        conversation.0
    )
    .fetch_one(connection)
    .await?;
    Ok(newest)
}

/// Those of the given Chatwoot numbers that belong to other messages written here.
pub async fn written_here(
    connection: &mut PgConnection,
    account: AccountKey,
    except: OperationId,
    chatwoot_ids: &[i64],
) -> Result<Vec<i64>, Error> {
    let ids = sqlx::query_scalar!(
        r#"select chatwoot_id as "chatwoot_id!" from messages
           where account_id = $1 and chatwoot_id = any($2) and id <> $3
             and outbound_state is not null"#,
        account.0,
        chatwoot_ids,
        except.0
    )
    .fetch_all(connection)
    .await?;
    Ok(ids)
}

/// Notes how far a message has got. Changes nothing and returns false if that would take back that Chatwoot has it.
pub async fn advance(
    connection: &mut PgConnection,
    operation: OperationId,
    step: Step<'_>,
) -> Result<bool, Error> {
    let changed = sqlx::query!(
        "update messages m
         set outbound_state = $2, outbound_reason = $3,
             outbound_attempts = coalesce($4, m.outbound_attempts),
             outbound_most_attempts =
               coalesce($5, case when $2 <> 'queued' then m.outbound_most_attempts end),
             outbound_next_at = now() + make_interval(secs => $6),
             updated_at = greatest(clock_timestamp(), m.updated_at + interval '1 microsecond')
         where id = $1 and (chatwoot_id is null or $2 = 'sent')",
        operation.0,
        step.state.as_str(),
        step.reason,
        step.attempts,
        step.most_attempts,
        step.next_in.map(|wait| wait.as_secs_f64())
    )
    .execute(connection)
    .await?;
    Ok(changed.rows_affected() > 0)
}

/// Puts a message off for a moment without showing a reason.
pub async fn hold(
    connection: &mut PgConnection,
    operation: OperationId,
    wait: Duration,
) -> Result<(), Error> {
    sqlx::query!(
        "update messages set outbound_next_at = now() + make_interval(secs => $2) where id = $1",
        operation.0,
        wait.as_secs_f64()
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Puts a message off once more that is shown in this state for this reason already. Returns false, and changes nothing,
/// if something else is shown.
pub async fn hold_again(
    connection: &mut PgConnection,
    message: MessageId,
    state: DeliveryState,
    reason: &str,
    wait: Duration,
) -> Result<bool, Error> {
    let held = sqlx::query!(
        "update messages set outbound_next_at = now() + make_interval(secs => $4)
         where id = $1 and outbound_state = $2 and outbound_reason = $3",
        message.0,
        state.as_str(),
        reason,
        wait.as_secs_f64()
    )
    .execute(connection)
    .await?;
    Ok(held.rows_affected() > 0)
}
