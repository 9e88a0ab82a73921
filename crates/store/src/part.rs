//! Parts of lists.

use sqlx::PgConnection;

use crate::Error;

/// Cuts rows of which one more than `limit` were asked for, and says where the next part begins, if
/// there is one.
pub(crate) fn cut<R, P>(rows: &mut Vec<R>, limit: u32, place: impl FnOnce(&R) -> P) -> Option<P> {
    let more = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    rows.last().filter(|_| more).map(place)
}

/// Lists have many filters and few are used at a time: a plan made once for all of them would use
/// the wrong index for most. For the length of the transaction.
pub(crate) async fn plan_for_arguments(connection: &mut PgConnection) -> Result<(), Error> {
    sqlx::query!("select set_config('plan_cache_mode', 'force_custom_plan', true) as mode")
        .fetch_one(connection)
        .await?;
    Ok(())
}
