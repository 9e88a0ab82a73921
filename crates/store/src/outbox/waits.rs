//! How long commands wait: putting them off, and ending a wait early.

use std::time::Duration;

use domain::{AccountKey, OperationId};
use sqlx::PgConnection;

use crate::Error;

/// Puts a command off: it is published again after `wait`, and not tried before. Returns false if it is gone.
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

/// As [`postpone`], with a reason that is shown on the messages that wait behind it.
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

/// As [`postpone`], for a command that has waited for this reason and is put off for it once more. Returns false, and
/// changes nothing, if it has not, if somebody has ended its wait since, or if it is gone.
pub async fn postpone_again(
    connection: &mut PgConnection,
    operation: OperationId,
    wait: Duration,
    reason: &str,
) -> Result<bool, Error> {
    let postponed = sqlx::query!(
        "update outbox
         set due_at = now() + make_interval(secs => $2),
             not_before = now() + make_interval(secs => $2)
         where operation_id = $1 and wait_reason = $3 and not_before is not null",
        operation.0,
        wait.as_secs_f64(),
        reason
    )
    .execute(connection)
    .await?;
    Ok(postponed.rows_affected() > 0)
}

/// Ends a command's wait and wakes the relay once the transaction commits. Passes over a row that somebody else has
/// locked, which is being published or settled, but not over one that a relay only keeps from being removed.
pub async fn hasten(connection: &mut PgConnection, operation: OperationId) -> Result<(), Error> {
    sqlx::query!(
        "with hastened as (
           update outbox set due_at = now(), not_before = null
           where operation_id in (
             select operation_id from outbox where operation_id = $1 for no key update skip locked)
           returning operation_id
         )
         select pg_notify('outbox', '') from hastened",
        operation.0
    )
    .fetch_optional(connection)
    .await?;
    Ok(())
}

/// As [`hasten`], for somebody who wants the command tried at once. The wish is remembered until it is tried: it may
/// have to be put off until it is known whether Chatwoot has it.
pub async fn hurry(connection: &mut PgConnection, operation: OperationId) -> Result<(), Error> {
    sqlx::query!(
        "update outbox set hurried = true
         where operation_id in (
           select operation_id from outbox where operation_id = $1 for no key update skip locked)",
        operation.0
    )
    .execute(&mut *connection)
    .await?;
    hasten(connection, operation).await
}

/// Whether somebody wants the command tried at once, and it was not tried since.
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

/// Ends the waits of commands that Chatwoot has just told to be done ([`Entry::told`](super::Entry::told)). Workers
/// lock rows of the outbox before messages and changes, and the caller has locked those, so this waits for no row. A
/// worker that has one locked puts it off without knowing; what comes next wakes it.
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
             for no key update skip locked)
           returning operation_id
         )
         select pg_notify('outbox', '') from hastened limit 1",
        &column!(operations, |operation| operation.0)
    )
    .fetch_optional(connection)
    .await?;
    Ok(())
}

/// Ends the waits of an account's commands, since it is served again or has another token. What may yet be taken back
/// goes on waiting.
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
             for no key update skip locked)
           returning operation_id
         )
         select pg_notify('outbox', '') from hastened limit 1",
        account.0
    )
    .fetch_optional(connection)
    .await?;
    Ok(())
}
