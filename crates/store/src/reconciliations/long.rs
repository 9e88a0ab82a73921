//! Conversations with more messages than a walk compares at once.

use domain::AccountKey;
use sqlx::PgConnection;

use crate::Error;

/// A conversation that has been compared in part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Long {
    /// Chatwoot's number of it.
    pub display_id: i64,
    /// The messages up to this number have been compared.
    pub after: i64,
    /// The messages from this number on have been compared too, if it is read from the newest backwards.
    pub before: Option<i64>,
    /// How many parts of it have been compared.
    pub parts: i32,
}

/// Notes up to where one more part of a conversation has been compared.
pub async fn note_long(
    connection: &mut PgConnection,
    account: AccountKey,
    display_id: i64,
    (after, before): (i64, Option<i64>),
) -> Result<(), Error> {
    sqlx::query!(
        "insert into long_conversations (account_id, tenant_id, display_id, compared_after, compared_before)
         select id, tenant_id, $2, $3, $4::bigint from chatwoot_accounts where id = $1
         on conflict (account_id, display_id) do update
         set compared_after = excluded.compared_after, compared_before = excluded.compared_before,
             parts = long_conversations.parts + 1",
        account.0,
        display_id,
        after,
        before,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The conversation of an account of which the fewest parts have been compared.
pub async fn next_long(
    connection: &mut PgConnection,
    account: AccountKey,
) -> Result<Option<Long>, Error> {
    let row = sqlx::query!(
        "select display_id, compared_after, compared_before, parts from long_conversations
         where account_id = $1 order by parts, display_id limit 1",
        account.0,
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| Long {
        display_id: row.display_id,
        after: row.compared_after,
        before: row.compared_before,
        parts: row.parts,
    }))
}

/// Forgets a conversation, unless another part of it was noted meanwhile.
pub async fn forget_long(
    connection: &mut PgConnection,
    account: AccountKey,
    long: Long,
) -> Result<(), Error> {
    sqlx::query!(
        "delete from long_conversations where account_id = $1 and display_id = $2 and parts = $3",
        account.0,
        long.display_id,
        long.parts,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Forgets all of them, since a walk begins that comes to each from its beginning.
pub async fn forget_all_long(
    connection: &mut PgConnection,
    account: AccountKey,
) -> Result<(), Error> {
    sqlx::query!("delete from long_conversations where account_id = $1", account.0)
        .execute(connection)
        .await?;
    Ok(())
}
