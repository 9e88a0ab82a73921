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

/// What of a part's rows is large may have so many bytes together, as text: whoever reads them holds all of
/// them, and what JSON becomes there is larger by far.
const MOST_BYTES: i64 = 8 * 1024 * 1024;

/// Cuts rows of which one more than `limit` were asked for to those that are not too large together, and
/// to one at least. Says whether there are more.
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

/// Lists have many filters and few are used at a time: a plan made once for all of them would use
/// the wrong index for most. For the length of the transaction.
pub(crate) async fn plan_for_arguments(connection: &mut PgConnection) -> Result<(), Error> {
    sqlx::query!("select set_config('plan_cache_mode', 'force_custom_plan', true) as mode")
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
