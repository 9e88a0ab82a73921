//! What could not be read, and is left out until the next walk.

use domain::AccountKey;
use sqlx::PgConnection;

use crate::Error;

/// The most that is noted of what could not be read.
const MOST_UNREAD: i32 = 20;

/// Notes what Chatwoot could not answer, and why, unless much is noted already.
pub async fn note_unread(
    connection: &mut PgConnection,
    account: AccountKey,
    what: &str,
) -> Result<(), Error> {
    sqlx::query!(
        "update reconciliations set unread = unread || $2::text
         where account_id = $1 and cardinality(unread) < $3 and $2 <> all (unread)",
        account.0,
        what,
        MOST_UNREAD,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Forgets what could not be read, since a walk begins that asks for all of it again.
pub async fn forget_unread(
    connection: &mut PgConnection,
    account: AccountKey,
) -> Result<(), Error> {
    sqlx::query!(
        "update reconciliations set unread = '{}' where account_id = $1 and unread <> '{}'",
        account.0,
    )
    .execute(connection)
    .await?;
    Ok(())
}
