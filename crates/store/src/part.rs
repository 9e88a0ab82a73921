//! Parts of lists.

/// Cuts rows of which one more than `limit` were asked for, and says where the next part begins, if
/// there is one.
pub(crate) fn cut<R, P>(rows: &mut Vec<R>, limit: u32, place: impl FnOnce(&R) -> P) -> Option<P> {
    let more = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    rows.last().filter(|_| more).map(place)
}
