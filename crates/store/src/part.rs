//! Pages of lists.

use sqlx::PgConnection;

use crate::Error;

/// Where a page begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start<P> {
    /// After this many rows. They are read and thrown away, so the caller has to bound their number.
    Skip(u32),
    /// After the row in this place, in the order of the list.
    After(P),
}

impl<P> Start<P> {
    /// How many rows to skip, and after which place to begin.
    pub(crate) fn skip_and_place(self) -> (i64, Option<P>) {
        match self {
            Self::Skip(rows) => (i64::from(rows), None),
            Self::After(place) => (0, Some(place)),
        }
    }
}

/// Cuts a page to `limit` rows, of which one more was asked for. Returns where the next page begins, if there is one.
pub(crate) fn cut<R, P>(rows: &mut Vec<R>, limit: u32, place: impl FnOnce(&R) -> P) -> Option<P> {
    let more = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    rows.last().filter(|_| more).map(place)
}

/// The most bytes that the large columns of a page's rows may have together, as text. Whoever reads a page holds all of
/// it, and the JSON that becomes of it is larger by far.
pub(crate) const MOST_BYTES: i64 = 8 * 1024 * 1024;

/// Cuts a page to `limit` rows, of which one more was asked for, and to those that are not too large together; at least
/// one row stays. Returns whether there are more.
pub(crate) fn cut_large<R>(rows: &mut Vec<R>, limit: u32, bytes: impl Fn(&R) -> i64) -> bool {
    let mut together = 0;
    let fit = rows.iter().take(limit as usize).take_while(|row| {
        together += bytes(row);
        together <= MOST_BYTES
    });
    let fit = fit.count().max(1);
    let more = rows.len() > fit;
    rows.truncate(fit);
    more
}

/// Whether a statement that cuts its page itself, so that it sends no more than fits into memory, has found more rows.
pub(crate) fn is_cut<R>(rows: &[R], found: i64) -> bool {
    i64::try_from(rows.len()).is_ok_and(|sent| sent < found)
}

/// Has every query of the transaction planned for its own arguments. Lists have many filters, few of which are used at
/// a time, and one plan for all of them would use the wrong index for most.
pub(crate) async fn plan_for_arguments(connection: &mut PgConnection) -> Result<(), Error> {
    sqlx::query!("select set_config('plan_cache_mode', 'force_custom_plan', true) as mode")
        .fetch_one(connection)
        .await?;
    Ok(())
}

/// Ends [`plan_for_arguments`]: what follows in the transaction looks rows up by their keys. One plan fits all of that,
/// and making it takes as long as the rows of a page. It may have been made when the tables were empty, hence no scans.
/// Bitmaps are for many rows of one key: to count a conversation's unread messages they take twice the time.
pub(crate) async fn plan_for_keys(connection: &mut PgConnection) -> Result<(), Error> {
    sqlx::query!(
        "select set_config('plan_cache_mode', 'force_generic_plan', true) as mode,
                set_config('enable_seqscan', 'off', true) as scans,
                set_config('enable_bitmapscan', 'off', true) as bitmaps"
    )
    .fetch_one(connection)
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_ends_where_its_rows_are_large_and_has_one_at_least() {
        let cut = |rows: &[i64], limit| {
            let mut rows = rows.to_vec();
            let more = cut_large(&mut rows, limit, |bytes| *bytes);
            (rows.len(), more)
        };
        let half = MOST_BYTES / 2;
        assert_eq!(cut(&[], 2), (0, false));
        assert_eq!(cut(&[1, 1], 2), (2, false));
        assert_eq!(cut(&[1, 1, 1], 2), (2, true));
        assert_eq!(cut(&[half, half, 1], 5), (2, true));
        assert_eq!(cut(&[half, half], 5), (2, false));
        assert_eq!(cut(&[MOST_BYTES + 1, 1], 5), (1, true));
        assert_eq!(cut(&[MOST_BYTES + 1], 5), (1, false));
    }
}
