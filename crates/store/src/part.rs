//! Parts of lists.

use sqlx::PgConnection;

use crate::Error;

/// Where to begin in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start<P> {
    /// After this many rows. They are read and thrown away: the caller bounds them.
    Skip(u32),
    /// After the row in this place, in the order of the list.
    After(P),
}

impl<P> Start<P> {
    /// How many rows to skip, and behind which place.
    pub(crate) fn skip_and_place(self) -> (i64, Option<P>) {
        match self {
            Self::Skip(rows) => (i64::from(rows), None),
            Self::After(place) => (0, Some(place)),
        }
    }
}

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
