//! Has accounts compared sooner.

use domain::AccountKey;
use sqlx::PgConnection;

use crate::Error;

/// Makes the next sweep of every account due, since webhooks may have been missed.
pub async fn hasten(connection: &mut PgConnection) -> Result<(), Error> {
    // A sweep that is under way may have begun before they were missed.
    sqlx::query!(
        "update reconciliations set sweep_due_at = '-infinity'
         where sweep_due_at > now() or held_until > now()"
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Has an account that could not be compared tried again at once, since somebody did something about it; a walk that
/// had begun goes on.
pub async fn encourage(connection: &mut PgConnection, account: AccountKey) -> Result<(), Error> {
    sqlx::query!(
        "update reconciliations
         set sweep_due_at = '-infinity',
             walk_due_at = case when walked_at is null or walk_page > 0 or walk_place > 0
                                  or walk_contacts
                           then '-infinity' else walk_due_at end,
             failures = 0, last_error = null, failing_since = null
         where account_id = $1 and failures > 0",
        account.0
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Makes an account's next sweep due, and with `everything` its next walk. A walk that is under way goes on.
pub async fn ask_for(
    connection: &mut PgConnection,
    account: AccountKey,
    everything: bool,
) -> Result<(), Error> {
    sqlx::query!(
        "update reconciliations
         set sweep_due_at = '-infinity',
             walk_due_at = case when $2 then '-infinity' else walk_due_at end
         where account_id = $1",
        account.0,
        everything
    )
    .execute(connection)
    .await?;
    Ok(())
}
