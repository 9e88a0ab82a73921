//! Asking for something to be done in Chatwoot.

use std::time::Duration;

use domain::{AccountKey, Command, ConversationId, OperationId, TenantId};
use events::TraceParent;
use sqlx::PgConnection;

use crate::Error;

/// What is to be done in Chatwoot.
#[derive(Debug, Clone, Copy)]
pub struct Enqueue<'a> {
    /// The marker inside a reply; the id of its message.
    pub operation: OperationId,
    /// Whose it is.
    pub tenant: &'a TenantId,
    /// The account to act in.
    pub account: AccountKey,
    /// The conversation it is about.
    pub conversation: ConversationId,
    /// What it is.
    pub command: &'a Command,
    /// The trace of the request.
    pub trace: TraceParent,
    /// How long it can still be taken back.
    pub due_in: Duration,
}

/// Forgets commands of one kind that were never tried, where only the newest matters. What a relay has in hand stays: it
/// is done before the newest one, and nobody waits for NATS.
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

/// Adds a row and wakes the relay once the transaction commits. What is waited for is counted from here on: the
/// transaction may have begun long before, and people are shown the time until then.
///
/// The conversation's row must be locked by the transaction: then the order of the rows is the order
/// in which they were written.
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
