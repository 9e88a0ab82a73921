//! Redelivery: Chatwoot has a message that the customer's channel did not deliver, and is asked to hand it over once
//! more.
//!
//! No second message comes of it. Until the command is settled, the message's row shows the state of that command.

use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::command::RetryMessage;
use domain::{AccountKey, Command, ConversationId, DeliveryState, MessageId, OperationId};
use sqlx::PgConnection;

use super::intervene::{Held, Intervened, Intervention};
use crate::Error;
use crate::outbox::{self, Enqueue};

/// Asks for a redelivery, after everything that waits in the conversation now. One that was asked for already and waits
/// is tried at once.
pub(super) async fn redeliver(
    connection: &mut PgConnection,
    wanted: &Intervention<'_>,
    held: &Held,
) -> Result<Intervened<()>, Error> {
    let (message, soon) = (&held.message, Some(Duration::ZERO));
    match message.state {
        Some(DeliveryState::Failed) if !message.deleted => {
            let command = Enqueue {
                operation: OperationId::generate(),
                tenant: wanted.tenant,
                account: held.account,
                conversation: wanted.conversation,
                command: &Command::RetryMessage(RetryMessage { message_id: wanted.message }),
                trace: wanted.trace,
                due_in: Duration::ZERO,
            };
            outbox::enqueue(connection, &command).await?;
            redelivering(connection, wanted.message, DeliveryState::Queued, None, soon).await?;
        }
        Some(state @ DeliveryState::Retrying) => {
            let Some(operation) = held.redelivery else {
                return Ok(Intervened::WrongState(Some(state)));
            };
            outbox::hurry(connection, operation).await?;
            let reason = message.state_reason.as_deref();
            redelivering(connection, wanted.message, state, reason, soon).await?;
        }
        state => return Ok(Intervened::WrongState(state)),
    }
    Ok(Intervened::Done(()))
}

/// Shows a redelivery as due at once, since the command before it is tried now.
pub(super) async fn keep_waiting(connection: &mut PgConnection, held: &Held) -> Result<(), Error> {
    let (message, soon) = (&held.message, Some(Duration::ZERO));
    redelivering(connection, message.id, DeliveryState::Queued, None, soon).await?;
    Ok(())
}

/// Takes a redelivery back if no try can have reached Chatwoot; the message has failed then, as it had before. Returns
/// whether it was taken back.
pub(super) async fn take_back(
    connection: &mut PgConnection,
    wanted: &Intervention<'_>,
    held: &Held,
) -> Result<bool, Error> {
    let Some(operation) = held.redelivery else { return Ok(false) };
    if !outbox::take_back(connection, operation).await? {
        return Ok(false);
    }
    not_redelivered(connection, wanted.message, None).await?;
    outbox::let_next(connection, wanted.conversation).await?;
    Ok(true)
}

/// The redelivery command of a message, locked until the transaction ends.
pub(super) async fn keep(
    connection: &mut PgConnection,
    conversation: ConversationId,
    message: MessageId,
) -> Result<Option<OperationId>, Error> {
    let operation = sqlx::query_scalar!(
        "select operation_id from outbox
         where conversation_id = $1 and command = $2 and payload ->> 'messageId' = $3
         order by sequence limit 1 for update",
        conversation.0,
        Command::RETRY_MESSAGE,
        message.0.to_string()
    )
    .fetch_optional(connection)
    .await?;
    Ok(operation.map(OperationId))
}

/// Notes how far a redelivery has got, `queued` or `retrying`. Returns false if the message does not count as failed
/// any more.
pub async fn redelivering(
    connection: &mut PgConnection,
    message: MessageId,
    state: DeliveryState,
    reason: Option<&str>,
    next_in: Option<Duration>,
) -> Result<bool, Error> {
    let changed = sqlx::query!(
        "update messages m
         set outbound_state = $2, outbound_reason = $3, outbound_most_attempts = null,
             outbound_next_at = now() + make_interval(secs => $4),
             updated_at = greatest(clock_timestamp(), m.updated_at + interval '1 microsecond')
         where id = $1 and delivery_failed_at > delivery_succeeded_at",
        message.0,
        state.as_str(),
        reason,
        next_in.map(|wait| wait.as_secs_f64())
    )
    .execute(connection)
    .await?;
    Ok(changed.rows_affected() > 0)
}

/// Notes that Chatwoot has handed the message over again, so that it counts as sent from now on. `failed_at` is the
/// failure that was known before; one that was noted since is newer and stays on show. For a while sweeps look what
/// came of it.
pub async fn redelivered(
    connection: &mut PgConnection,
    message: MessageId,
    failed_at: i64,
) -> Result<bool, Error> {
    let changed = sqlx::query!(
        // A message that was not written here has no state of ours.
        "with settled as (
           update messages m
           set outbound_state = case when m.author_type is not null then 'sent' end,
               outbound_reason = null, outbound_next_at = null,
               delivery_succeeded_at = greatest(m.delivery_succeeded_at, $2::bigint + 1),
               updated_at = greatest(clock_timestamp(), m.updated_at + interval '1 microsecond')
           where id = $1
           returning id, tenant_id, account_id
         )
         insert into redeliveries (message_id, tenant_id, account_id, handed_over_at)
         select id, tenant_id, account_id, now() from settled
         on conflict (message_id) do update set handed_over_at = excluded.handed_over_at",
        message.0,
        failed_at
    )
    .execute(connection)
    .await?;
    Ok(changed.rows_affected() > 0)
}

/// Notes that the message is not handed over again, for this reason, or because nobody wants it any more: it has failed
/// as before.
pub async fn not_redelivered(
    connection: &mut PgConnection,
    message: MessageId,
    reason: Option<&str>,
) -> Result<bool, Error> {
    let changed = sqlx::query!(
        "update messages m
         set outbound_state = case when m.author_type is not null then 'sent' end,
             outbound_reason = $2, outbound_next_at = null,
             updated_at = greatest(clock_timestamp(), m.updated_at + interval '1 microsecond')
         where id = $1",
        message.0,
        reason
    )
    .execute(connection)
    .await?;
    Ok(changed.rows_affected() > 0)
}

/// A message that is to be handed over again, as it is known here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target {
    /// Its number in Chatwoot.
    pub chatwoot_id: i64,
    /// When it last failed, in microseconds since 1970; 0 if it never did.
    pub failed_at: i64,
    /// Whether somebody has asked to delete it meanwhile.
    pub deleting: bool,
}

/// The message that is to be handed over again. Returns `None` if there is no such message, or Chatwoot is not known to
/// have it.
pub async fn to_redeliver(
    connection: &mut PgConnection,
    account: AccountKey,
    message: MessageId,
) -> Result<Option<Target>, Error> {
    let target = sqlx::query_as!(
        Target,
        r#"select chatwoot_id as "chatwoot_id!", delivery_failed_at as failed_at,
                  delete_operation is not null as "deleting!"
           from messages where id = $1 and account_id = $2 and chatwoot_id is not null"#,
        message.0,
        account.0
    )
    .fetch_optional(connection)
    .await?;
    Ok(target)
}

/// The messages of an account that were handed over again since `since`, each as its conversation's number and its own.
/// Deletes older records.
pub async fn redelivered_since(
    connection: &mut PgConnection,
    account: AccountKey,
    since: DateTime<Utc>,
) -> Result<Vec<(i64, i64)>, Error> {
    sqlx::query!(
        "delete from redeliveries where account_id = $1 and handed_over_at < $2",
        account.0,
        since
    )
    .execute(&mut *connection)
    .await?;
    let rows = sqlx::query!(
        r#"select c.display_id, m.chatwoot_id as "chatwoot_id!"
           from redeliveries r
           join messages m on m.id = r.message_id
           join conversations c on c.id = m.conversation_id
           where r.account_id = $1 and m.chatwoot_id is not null and not m.deleted
           order by c.display_id, m.chatwoot_id"#,
        account.0
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| (row.display_id, row.chatwoot_id)).collect())
}
