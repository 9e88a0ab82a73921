//! Messages by the numbers that Chatwoot gave them.

use domain::{AccountKey, Message};
use sqlx::PgConnection;

use super::select_messages;
use crate::Error;

/// The messages with these numbers in these accounts that the transaction may see, in no particular order; one that
/// cannot be read is an error of its own.
pub async fn by_numbers(
    connection: &mut PgConnection,
    numbers: &[(AccountKey, i64)],
) -> Result<Vec<Result<Message, Error>>, Error> {
    if numbers.is_empty() {
        return Ok(Vec::new());
    }
    let rows = select_messages!(
        "join unnest($1::uuid[], $2::bigint[]) as x (account_id, chatwoot_id)
           on x.account_id = m.account_id and x.chatwoot_id = m.chatwoot_id",
        &column!(numbers, |(account, _)| account.0),
        &column!(numbers, |(_, number)| *number)
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(Message::try_from).collect())
}
