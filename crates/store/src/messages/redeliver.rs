//! What Chatwoot has and the customer's channel did not deliver: Chatwoot is asked to hand it over once more.
//!
//! No other message comes of it. Until it is settled the row shows the state of that command.

use std::time::Duration;

use domain::command::RetryMessage;
use domain::{Command, ConversationId, DeliveryState, MessageId, OperationId};
use sqlx::PgConnection;

use super::intervene::{Held, Intervened, Intervention};
use crate::Error;
use crate::outbox::{self, Enqueue};

/// Asks for it, after everything that waits in the conversation now; what was asked for and waits is tried at once.
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
            let waiting = waiting(connection, wanted.conversation, wanted.message).await?;
            let Some(operation) = waiting else { return Ok(Intervened::WrongState(Some(state))) };
            outbox::hurry(connection, operation).await?;
            let reason = message.state_reason.as_deref();
            redelivering(connection, wanted.message, state, reason, soon).await?;
        }
        state => return Ok(Intervened::WrongState(state)),
    }
    Ok(Intervened::Done(()))
}

async fn waiting(
    connection: &mut PgConnection,
    conversation: ConversationId,
    message: MessageId,
) -> Result<Option<OperationId>, Error> {
    let operation = sqlx::query_scalar!(
        "select operation_id from outbox
         where conversation_id = $1 and command = $2 and payload ->> 'messageId' = $3
         order by sequence limit 1",
        conversation.0,
        Command::RETRY_MESSAGE,
        message.0.to_string()
    )
    .fetch_optional(connection)
    .await?;
    Ok(operation.map(OperationId))
}

/// Notes how far it is, `queued` or `retrying`. Says whether it was failed still.
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

/// Notes that it is settled: handed over, or not, for this reason. What was handed over counts as sent from then on; a
/// failure that Chatwoot tells of later is newer than that.
pub async fn redelivered(
    connection: &mut PgConnection,
    message: MessageId,
    failed: Option<&str>,
) -> Result<bool, Error> {
    let changed = sqlx::query!(
        // What was not written here has no state of ours.
        "update messages m
         set outbound_state = case when m.author_type is not null then 'sent' end,
             outbound_reason = $2, outbound_next_at = null,
             delivery_succeeded_at = case when $2::text is null
               then greatest(m.delivery_succeeded_at, m.delivery_failed_at + 1)
               else m.delivery_succeeded_at end,
             updated_at = greatest(clock_timestamp(), m.updated_at + interval '1 microsecond')
         where id = $1",
        message.0,
        failed
    )
    .execute(connection)
    .await?;
    Ok(changed.rows_affected() > 0)
}
