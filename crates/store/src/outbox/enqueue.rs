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

/// Forgets commands of one kind that were never tried, where only the newest matters.
pub async fn forget_untried(
    connection: &mut PgConnection,
    conversation: ConversationId,
    command: &str,
) -> Result<(), Error> {
    sqlx::query!(
        "delete from outbox where conversation_id = $1 and command = $2 and attempts = 0",
        conversation.0,
        command
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Adds a row and wakes the relay once the transaction commits.
///
/// The conversation's row must be locked by the transaction: then the order of the rows is the order
/// in which they were written.
pub async fn enqueue(connection: &mut PgConnection, wanted: &Enqueue<'_>) -> Result<(), Error> {
    let wait = (!wanted.due_in.is_zero()).then_some(wanted.due_in.as_secs_f64());
    sqlx::query!(
        "insert into outbox (operation_id, tenant_id, account_id, conversation_id, command,
                             payload, traceparent, due_at, not_before)
         values ($1, $2, $3, $4, $5, $6, $7,
                 coalesce(now() + make_interval(secs => $8), now()),
                 now() + make_interval(secs => $8))",
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
