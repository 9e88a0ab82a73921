//! The outbox: commands that clients asked for and that are not settled. Each is written with the change that asks for
//! it, published by the relay, and carried out in the order of `sequence` within its conversation.
//!
//! Whoever carries out a conversation's commands holds its lock ([`lock`]) in a transaction that stays open meanwhile,
//! and does everything else on other connections.

mod doubt;
mod due;
mod enqueue;
mod waits;

use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::{AccountKey, ConversationId, OperationId, TenantId};
use events::TraceParent;
use serde_json::Value;
use sqlx::PgConnection;

pub use doubt::*;
pub use due::*;
pub use enqueue::*;
pub use waits::*;

use crate::locks::Lock;
use crate::{Error, attempts, rows};

/// The first unsettled command of its conversation.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The id of the command: for a reply, its message's id and the marker that it bears in Chatwoot.
    pub operation: OperationId,
    /// The tenant that asked for it.
    pub tenant: TenantId,
    /// The account to act in.
    pub account: AccountKey,
    /// The conversation it is about.
    pub conversation: ConversationId,
    /// That conversation's number in Chatwoot.
    pub display_id: i64,
    /// `send_message`, `set_status`, …
    pub command: String,
    /// The full wanted state.
    pub payload: Value,
    /// The trace of the request.
    pub trace: TraceParent,
    /// How often it was tried in Chatwoot.
    pub attempts: i32,
    /// How many of these tries do not count.
    pub spared: i32,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
    /// Chatwoot is known to have the message, or to have made the change after a try whose outcome nobody knew: all
    /// that is left is to settle the command.
    pub told: bool,
    /// It was not put off since it was asked for, or since somebody wanted it tried at once.
    pub at_once: bool,
    /// It was put off for a reason that is shown.
    pub put_off: bool,
    /// How long it still has to wait; zero if it is due, or `told`.
    pub due_in: Duration,
}

/// How often a command was tried since it was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tries {
    /// All tries.
    pub made: i32,
    /// Those of them that found no connection, or were asked to come later.
    pub spared: i32,
}

impl Tries {
    /// The tries that count towards the most that a command has before it fails.
    pub fn counted(self) -> i32 {
        self.made - self.spared
    }

    /// The number of tries that the wait before the next one goes by.
    pub fn failures(self) -> u32 {
        u32::try_from(self.made).unwrap_or_default()
    }
}

impl Entry {
    /// How often it was tried.
    pub fn tries(&self) -> Tries {
        Tries { made: self.attempts, spared: self.spared }
    }
}

/// Tries to take the lock for carrying out a conversation's commands, until the transaction ends. Returns false if
/// somebody else has it.
pub async fn lock(
    connection: &mut PgConnection,
    conversation: ConversationId,
) -> Result<bool, Error> {
    // The id in the form in which PostgreSQL writes it: earlier versions have it cast there, and must meet the same
    // lock.
    Lock::Conversation.try_take(connection, &conversation.to_string()).await
}

/// Fails if the connection that holds the lock is gone. Also keeps the database from ending the transaction as idle.
pub async fn assert_locked(connection: &mut PgConnection) -> Result<(), Error> {
    sqlx::query!("select 1 as one").fetch_one(connection).await?;
    Ok(())
}

/// The first unsettled command of a conversation.
pub async fn head(
    connection: &mut PgConnection,
    conversation: ConversationId,
) -> Result<Option<Entry>, Error> {
    let row = sqlx::query!(
        r#"select o.operation_id, o.tenant_id, o.account_id, c.display_id, o.command, o.payload,
                  o.traceparent, o.attempts, o.spared, o.created_at,
                  m.chatwoot_id is not null or o.attempts > 0 and coalesce(w.confirmed, false)
                    as "told!",
                  o.not_before is null as "at_once!", o.wait_reason is not null as "put_off!",
                  extract(epoch from o.not_before - clock_timestamp())::float8 as due_in
           from outbox o
           join conversations c on c.id = o.conversation_id
           left join messages m on m.id = o.operation_id
           left join conversation_changes w on w.operation_id = o.operation_id
           where o.conversation_id = $1
           order by o.sequence limit 1"#,
        conversation.0
    )
    .fetch_optional(connection)
    .await?;
    row.map(|row| {
        Ok(Entry {
            operation: OperationId(row.operation_id),
            tenant: rows::tenant("outbox", row.tenant_id)?,
            account: AccountKey(row.account_id),
            conversation,
            display_id: row.display_id,
            command: row.command,
            payload: row.payload,
            trace: trace(&row.traceparent),
            attempts: row.attempts,
            spared: row.spared,
            created_at: row.created_at,
            told: row.told,
            at_once: row.at_once,
            put_off: row.put_off,
            due_in: row.due_in.filter(|_| !row.told).map_or(Duration::ZERO, wait_of),
        })
    })
    .transpose()
}

/// Counts a try, which also fulfils a wish to have it tried at once. Returns `None` if the row is gone: it was
/// cancelled, or settled by somebody else.
pub async fn count_attempt(
    connection: &mut PgConnection,
    operation: OperationId,
) -> Result<Option<Tries>, Error> {
    let tries = sqlx::query_as!(
        Tries,
        "update outbox set attempts = attempts + 1, looks = 0, hurried = false
         where operation_id = $1 returning attempts as made, spared",
        operation.0
    )
    .fetch_optional(connection)
    .await?;
    Ok(tries)
}

/// Counts a look for a reply that could not be made. Returns how many there were since its last try, or since it was asked
/// for again, or `None` if the row is gone.
pub async fn count_look(
    connection: &mut PgConnection,
    operation: OperationId,
) -> Result<Option<i32>, Error> {
    let looks = sqlx::query_scalar!(
        "update outbox set looks = looks + 1 where operation_id = $1 returning looks",
        operation.0
    )
    .fetch_optional(connection)
    .await?;
    Ok(looks)
}

/// Notes that the try which has just ended does not count. Also clears how many tries there will be, which nobody knows
/// then.
pub async fn spare(connection: &mut PgConnection, operation: OperationId) -> Result<(), Error> {
    sqlx::query!(
        "with spared as (
           update outbox set spared = spared + 1 where operation_id = $1 returning operation_id
         )
         update messages set outbound_most_attempts = null
         where id in (select operation_id from spared)",
        operation.0
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Has a reply go out with the account's token from now on, since its author's own token was refused. The refused try
/// does not count.
pub async fn as_account(
    connection: &mut PgConnection,
    operation: OperationId,
) -> Result<(), Error> {
    sqlx::query!(
        "update outbox set as_account = true, attempts = attempts - 1 where operation_id = $1",
        operation.0
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Takes back a command that no try can have brought to Chatwoot, not even one before somebody asked for it once more.
/// Returns whether it was taken back.
pub async fn take_back(
    connection: &mut PgConnection,
    operation: OperationId,
) -> Result<bool, Error> {
    // Lock the row before looking at tries: a try that begins meanwhile is counted in this row first, and so is seen.
    sqlx::query!("select sequence from outbox where operation_id = $1 for update", operation.0)
        .fetch_optional(&mut *connection)
        .await?;
    Ok(!attempts::may_be_there(connection, operation).await?
        && settle(connection, operation).await?)
}

/// Locks a command of this conversation until the transaction ends. Returns false if it is not in the outbox.
pub async fn keep(
    connection: &mut PgConnection,
    conversation: ConversationId,
    operation: OperationId,
) -> Result<bool, Error> {
    let row = sqlx::query!(
        "select operation_id from outbox
         where operation_id = $1 and conversation_id = $2 for update",
        operation.0,
        conversation.0
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.is_some())
}

/// Has the first command of a conversation published at once, unless it has to wait anyway: the one before it is gone.
pub async fn let_next(
    connection: &mut PgConnection,
    conversation: ConversationId,
) -> Result<(), Error> {
    again(connection, &[conversation], Duration::ZERO).await?;
    sqlx::query!("select pg_notify('outbox', '')").fetch_one(connection).await?;
    Ok(())
}

/// Removes a settled row. Returns false if it was gone already.
pub async fn settle(connection: &mut PgConnection, operation: OperationId) -> Result<bool, Error> {
    let done = sqlx::query!("delete from outbox where operation_id = $1", operation.0)
        .execute(connection)
        .await?;
    Ok(done.rows_affected() > 0)
}

fn trace(text: &str) -> TraceParent {
    text.parse().unwrap_or_else(|_| TraceParent::generate())
}

fn wait_of(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(Duration::MAX)
}
