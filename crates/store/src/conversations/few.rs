//! Conversations that are looked up before a list is read, where the list in its own order would be read to its end for
//! them.

use uuid::Uuid;

/// Most conversations that are looked up. A list in its own order soon finds what is more common.
pub(super) const FEW: i64 = 1_000;

/// The ids, if there are no more than [`FEW`].
pub(super) fn if_few(ids: Vec<Uuid>) -> Option<Vec<Uuid>> {
    i64::try_from(ids.len()).is_ok_and(|count| count <= FEW).then_some(ids)
}
