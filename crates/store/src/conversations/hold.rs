//! Locking a conversation for the length of a transaction.

use chrono::{DateTime, Utc};
use domain::{AccountKey, ConversationId, TenantId};
use sqlx::PgConnection;

use crate::Error;

/// A conversation that is locked until the transaction ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// Its account.
    pub account: AccountKey,
    /// When the row last changed.
    pub updated_at: DateTime<Utc>,
}

/// Locks a conversation until the transaction ends. Returns `None` if the tenant has no such conversation. Whoever
/// changes it waits here for whoever changes it before, so commands are numbered in the order in which they were asked
/// for.
pub async fn hold(
    connection: &mut PgConnection,
    tenant: &TenantId,
    conversation: ConversationId,
) -> Result<Option<Held>, Error> {
    let row = sqlx::query!(
        "select account_id, updated_at from conversations
         where id = $1 and tenant_id = $2 for no key update",
        conversation.0,
        tenant.as_str()
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| Held { account: AccountKey(row.account_id), updated_at: row.updated_at }))
}

/// Gives a locked conversation a new entity tag, since something happened in it.
pub(crate) async fn touch(
    connection: &mut PgConnection,
    conversation: ConversationId,
) -> Result<(), Error> {
    sqlx::query!(
        "update conversations c
         set updated_at = greatest(clock_timestamp(), c.updated_at + interval '1 microsecond')
         where c.id = $1",
        conversation.0
    )
    .execute(connection)
    .await?;
    Ok(())
}
