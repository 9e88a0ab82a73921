//! Messages by the numbers that Chatwoot gave them.

use std::collections::HashMap;

use domain::{AccountKey, Message, MessageId};
use sqlx::PgConnection;

use super::by_ids;
use crate::Error;

/// The messages with these numbers in these accounts, of those that the transaction may see.
pub async fn by_numbers(
    connection: &mut PgConnection,
    numbers: &[(AccountKey, i64)],
) -> Result<HashMap<(AccountKey, i64), Message>, Error> {
    if numbers.is_empty() {
        return Ok(HashMap::new());
    }
    let (accounts, chatwoot_ids): (Vec<_>, Vec<_>) =
        numbers.iter().map(|(account, number)| (account.0, *number)).unzip();
    let rows = sqlx::query!(
        "select m.id, m.account_id, m.chatwoot_id as \"chatwoot_id!\"
         from unnest($1::uuid[], $2::bigint[]) as x (account_id, chatwoot_id)
         join messages m using (account_id, chatwoot_id)",
        &accounts,
        &chatwoot_ids
    )
    .fetch_all(&mut *connection)
    .await?;
    let keys: HashMap<_, _> = rows
        .into_iter()
        .map(|row| (MessageId(row.id), (AccountKey(row.account_id), row.chatwoot_id)))
        .collect();
    let ids: Vec<_> = keys.keys().copied().collect();
    let messages = by_ids(connection, &ids).await?;
    Ok(messages.into_iter().filter_map(|m| Some((*keys.get(&m.id)?, m))).collect())
}
