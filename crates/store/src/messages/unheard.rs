//! Messages whose update was told without saying how far they got. Chatwoot is asked about each of them once.

use chrono::{DateTime, Utc};
use domain::{AccountKey, TenantId};
use sqlx::PgConnection;

use crate::Error;

/// A message whose delivery state is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unheard {
    /// The tenant of the account.
    pub tenant: TenantId,
    /// The account that it belongs to.
    pub account: AccountKey,
    /// Chatwoot's number of the conversation.
    pub display_id: i64,
    /// Chatwoot's number of the message.
    pub chatwoot_id: i64,
}

/// Notes those of the messages that may have got further than their rows show. The transaction must have locked their
/// conversations.
pub async fn note_unheard(connection: &mut PgConnection, unheard: &[Unheard]) -> Result<(), Error> {
    if unheard.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "insert into unheard_deliveries (account_id, tenant_id, display_id, chatwoot_id, noted_at)
         select distinct on (x.account_id, x.chatwoot_id)
           x.account_id, x.tenant_id, x.display_id, x.chatwoot_id, clock_timestamp()
         from unnest($1::uuid[], $2::text[], $3::bigint[], $4::bigint[])
           as x (account_id, tenant_id, display_id, chatwoot_id)
         join messages m using (account_id, chatwoot_id)
         where m.delivery_rank < 3 and not m.deleted and not m.private
           and m.message_type in ('outgoing', 'template')
         order by x.account_id, x.chatwoot_id
         on conflict (account_id, chatwoot_id) do update set noted_at = excluded.noted_at",
        &column!(unheard, |one| one.account.0),
        &column!(unheard, |one| one.tenant.as_str()) as &[&str],
        &column!(unheard, |one| one.display_id),
        &column!(unheard, |one| one.chatwoot_id),
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// At most `most` of an account's messages that were noted before `before`, the earliest first, each as its
/// conversation's number and its own.
pub async fn unheard_before(
    connection: &mut PgConnection,
    account: AccountKey,
    before: DateTime<Utc>,
    most: u32,
) -> Result<Vec<(i64, i64)>, Error> {
    let rows = sqlx::query!(
        "select display_id, chatwoot_id from unheard_deliveries
         where account_id = $1 and noted_at < $2 order by noted_at limit $3",
        account.0,
        before,
        i64::from(most)
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| (row.display_id, row.chatwoot_id)).collect())
}

/// Removes up to 1,000 notes of each account that are older than `before`, whether Chatwoot was asked or not. Returns
/// how many were removed.
pub async fn forget_unheard(
    connection: &mut PgConnection,
    before: DateTime<Utc>,
) -> Result<u64, Error> {
    let forgotten = sqlx::query!(
        // Of a row that is noted again while this waits for it, only the outer condition is looked at again.
        "delete from unheard_deliveries
         where noted_at < $1 and (account_id, chatwoot_id) in (
           select u.account_id, u.chatwoot_id from chatwoot_accounts a,
           -- By account, as the index has them.
           lateral (select account_id, chatwoot_id from unheard_deliveries
                    where account_id = a.id and noted_at < $1 order by noted_at limit 1000) u)",
        before
    )
    .execute(connection)
    .await?;
    Ok(forgotten.rows_affected())
}

/// Removes the notes about these messages, except those that were made again since `before`.
pub async fn heard(
    connection: &mut PgConnection,
    account: AccountKey,
    numbers: &[i64],
    before: DateTime<Utc>,
) -> Result<(), Error> {
    sqlx::query!(
        "delete from unheard_deliveries
         where account_id = $1 and chatwoot_id = any($2) and noted_at < $3",
        account.0,
        numbers,
        before
    )
    .execute(connection)
    .await?;
    Ok(())
}
