//! Parts of a batch.

use super::Waiting;

/// Whether events are of several accounts.
pub(super) fn several(part: &[Waiting]) -> bool {
    part.iter().any(|waiting| waiting.account() != part[0].account())
}

/// Divides events into two parts of about the same size. The first part comes last. An account's events stay together
/// as long as there are several accounts.
pub(super) fn divided(mut part: Vec<Waiting>) -> [Vec<Waiting>; 2] {
    let middle = part.len() / 2;
    let boundary = (1..part.len())
        .filter(|&at| part[at - 1].account() != part[at].account())
        .min_by_key(|at| at.abs_diff(middle));
    let second = part.split_off(boundary.unwrap_or(middle));
    [second, part]
}
