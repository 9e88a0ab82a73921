//! How long a command waits: put off, and tried before its time.

use std::time::Duration;

use domain::{AccountKey, OperationId};
use sqlx::PgConnection;

use crate::Error;

/// Has a row published again after a wait, and not tried before. False: there is none any more.
pub async fn postpone(
    connection: &mut PgConnection,
    operation: OperationId,
    wait: Duration,
) -> Result<bool, Error> {
    let postponed = sqlx::query!(
        "update outbox
         set due_at = now() + make_interval(secs => $2),
             not_before = now() + make_interval(secs => $2)
         where operation_id = $1",
        operation.0,
        wait.as_secs_f64()
    )
    .execute(connection)
    .await?;
    Ok(postponed.rows_affected() > 0)
}

/// The same, with a word for whoever waits behind it.
pub async fn postpone_for(
    connection: &mut PgConnection,
    operation: OperationId,
    wait: Duration,
    reason: &str,
) -> Result<bool, Error> {
    let postponed = sqlx::query!(
        "update outbox
         set due_at = now() + make_interval(secs => $2),
             not_before = now() + make_interval(secs => $2),
             wait_reason = $3, waits_since = clock_timestamp()
         where operation_id = $1",
        operation.0,
        wait.as_secs_f64(),
        reason
    )
    .execute(connection)
    .await?;
    Ok(postponed.rows_affected() > 0)
}

/// Ends a row's wait and wakes the relay once the transaction commits. One that somebody else has
/// locked is being published or settled.
pub async fn hasten(connection: &mut PgConnection, operation: OperationId) -> Result<(), Error> {
    sqlx::query!(
        "with hastened as (
           update outbox set due_at = now(), not_before = null
           where operation_id in (
             select operation_id from outbox where operation_id = $1 for update skip locked)
           returning operation_id
         )
         select pg_notify('outbox', '') from hastened",
        operation.0
    )
    .fetch_optional(connection)
    .await?;
    Ok(())
}

/// The same for somebody who wants it tried at once, which is not forgotten until it is tried: it may have
/// to be put off until it is known whether Chatwoot has it.
pub async fn hurry(connection: &mut PgConnection, operation: OperationId) -> Result<(), Error> {
    sqlx::query!(
        "update outbox set hurried = true
         where operation_id in (
           select operation_id from outbox where operation_id = $1 for update skip locked)",
        operation.0
    )
    .execute(&mut *connection)
    .await?;
    hasten(connection, operation).await
}

/// Whether somebody wants it tried at once, and it was not tried since.
pub async fn is_hurried(
    connection: &mut PgConnection,
    operation: OperationId,
) -> Result<bool, Error> {
    let hurried =
        sqlx::query_scalar!("select hurried from outbox where operation_id = $1", operation.0)
            .fetch_optional(connection)
            .await?;
    Ok(hurried.unwrap_or_default())
}

/// Ends the wait of those of these that wait though Chatwoot has just told that they are done
/// ([`Entry::told`](super::Entry::told)). Workers lock rows before messages and changes, and whoever was
/// told has these locked: so it waits for no row. A worker that has one puts it off without knowing; what
/// comes next wakes it.
pub(crate) async fn hasten_told(
    connection: &mut PgConnection,
    operations: &[OperationId],
) -> Result<(), Error> {
    if operations.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "with hastened as (
           update outbox set due_at = now(), not_before = null
           where operation_id in (
             select operation_id from outbox
             where operation_id = any($1) and not_before > now()
               and (attempts > 0 or command = 'send_message')
             for update skip locked)
           returning operation_id
         )
         select pg_notify('outbox', '') from hastened limit 1",
        &column!(operations, |operation| operation.0)
    )
    .fetch_optional(connection)
    .await?;
    Ok(())
}

/// The same for what an account has put off: it is served again, or has another token. What may yet be taken back waits on.
pub(crate) async fn hasten_account(
    connection: &mut PgConnection,
    account: AccountKey,
) -> Result<(), Error> {
    sqlx::query!(
        "with hastened as (
           update outbox set due_at = now(), not_before = null
           where operation_id in (
             select o.operation_id from outbox o
             where o.account_id = $1 and o.not_before > now()
               and (o.attempts > 0 or not exists (
                 select from messages m
                 where m.id = o.operation_id and m.outbound_state = 'queued'))
             for update skip locked)
           returning operation_id
         )
         select pg_notify('outbox', '') from hastened limit 1",
        account.0
    )
    .fetch_optional(connection)
    .await?;
    Ok(())
}
