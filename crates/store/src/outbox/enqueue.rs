//! Queueing commands.

use std::time::Duration;

use domain::{AccountKey, Command, ConversationId, OperationId, TenantId};
use events::TraceParent;
use sqlx::PgConnection;

use crate::Error;

/// A command to be queued.
#[derive(Debug, Clone, Copy)]
pub struct Enqueue<'a> {
    /// The id of the command: for a reply, its message's id and the marker that it bears in Chatwoot.
    pub operation: OperationId,
    /// The tenant that asks for it.
    pub tenant: &'a TenantId,
    /// The account to act in.
    pub account: AccountKey,
    /// The conversation it is about.
    pub conversation: ConversationId,
    /// What is to be done.
    pub command: &'a Command,
    /// The trace of the request.
    pub trace: TraceParent,
    /// How long it can be taken back before it goes out.
    pub due_in: Duration,
}

/// Removes commands of one kind that were never tried, where only the newest one matters. Leaves what a relay has
/// locked: it is carried out before the newest one, and nobody has to wait for NATS.
pub async fn forget_untried(
    connection: &mut PgConnection,
    conversation: ConversationId,
    command: &str,
) -> Result<(), Error> {
    sqlx::query!(
        "delete from outbox where operation_id in (
           select o.operation_id from outbox o
           where o.conversation_id = $1 and o.command = $2 and o.attempts = 0
           for update skip locked)",
        conversation.0,
        command
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Adds a row and wakes the relay once the transaction commits. The wait counts from now on, not from when the
/// transaction began, which may have been long before: people are shown the time until then.
///
/// The transaction must have locked the conversation's row, so that the order of the rows is the order in which they
/// were written.
pub async fn enqueue(connection: &mut PgConnection, wanted: &Enqueue<'_>) -> Result<(), Error> {
    let wait = (!wanted.due_in.is_zero()).then_some(wanted.due_in.as_secs_f64());
    sqlx::query!(
        "insert into outbox (operation_id, tenant_id, account_id, conversation_id, command,
                             payload, traceparent, due_at, not_before)
         select $1, $2, $3, $4, $5, $6, $7,
                coalesce(asked.at + make_interval(secs => $8), asked.at),
                asked.at + make_interval(secs => $8)
         from (select clock_timestamp() as at) asked",
        wanted.operation.0,
        wanted.tenant.as_str(),
        wanted.account.0,
        wanted.conversation.0,
        wanted.command.name(),
        wanted.command.payload(),
        wanted.trace.to_string(),
        wait,
    )
    .execute(connection)
    .await?;
    Ok(())
}
