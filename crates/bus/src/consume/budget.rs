//! Bounds the bytes that all lanes of a consumption have in hand together.
//!
//! Each lane may have a request at the server, for a few bytes (`pull.rs`). A lane that has more waiting than
//! that asks for a whole batch, but only after reserving room for it from a budget that all lanes share. What the
//! batch does not need is given back once it has arrived, and the rest when it is settled. No lane that holds
//! room waits for more, so every waiting lane gets its turn, first come, first served.
//!
//! A third of the budget is for lanes that have nothing in hand, so that a few busy ones do not keep the others
//! from their first batch. The whole budget is less than what a server buffers for one connection (64 MiB) before
//! it takes the client for dead.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Bytes for any lane: two batches of the largest messages.
const COMMON: u32 = 32 * 1024 * 1024;
/// Bytes for lanes that have nothing in hand: one such batch.
const FIRST: u32 = 16 * 1024 * 1024;

/// What is left of the budget.
#[derive(Debug, Clone)]
pub(crate) struct Budget {
    common: Arc<Semaphore>,
    first: Arc<Semaphore>,
}

/// Reserved bytes, given back when dropped.
#[derive(Debug)]
pub(crate) struct Reserved(OwnedSemaphorePermit);

impl Default for Budget {
    fn default() -> Self {
        let of = |bytes| Arc::new(Semaphore::new(bytes as usize));
        Self { common: of(COMMON), first: of(FIRST) }
    }
}

impl Budget {
    /// Reserves bytes if they are free now. `idle` means that the lane has nothing in hand.
    pub(crate) fn try_take(&self, bytes: usize, idle: bool) -> Option<Reserved> {
        let of = |all: &Arc<Semaphore>, most| {
            Arc::clone(all).try_acquire_many_owned(bounded(bytes, most)).ok()
        };
        of(&self.common, COMMON)
            .or_else(|| idle.then(|| of(&self.first, FIRST)).flatten())
            .map(Reserved)
    }

    /// Reserves bytes as soon as they are free. Returns `None` only if the budget was closed.
    pub(crate) async fn take(&self, bytes: usize, idle: bool) -> Option<Reserved> {
        let of =
            |all: &Arc<Semaphore>, most| Arc::clone(all).acquire_many_owned(bounded(bytes, most));
        let taken = tokio::select! {
            biased;
            taken = of(&self.common, COMMON) => taken,
            taken = of(&self.first, FIRST), if idle => taken,
        };
        taken.ok().map(Reserved)
    }
}

impl Reserved {
    /// Splits off this many bytes, or all if there are fewer.
    pub(crate) fn split(&mut self, bytes: usize) -> Option<Self> {
        self.0.split(bytes.min(self.0.num_permits())).map(Self)
    }
}

/// Caps a request at the whole budget, since a larger one would wait for ever.
fn bounded(bytes: usize, all: u32) -> u32 {
    u32::try_from(bytes).unwrap_or(all).min(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_not_needed_is_given_back_and_more_than_all_is_all() {
        let budget = Budget::default();
        let mut all = budget.take(usize::MAX, false).await.unwrap();
        assert!(budget.try_take(1, false).is_none());
        let needed = all.split(10).unwrap();
        drop(all);
        let most = COMMON as usize - 10;
        assert!(budget.try_take(most + 1, false).is_none());
        let mut rest = budget.try_take(most, false).unwrap();
        assert!(rest.split(usize::MAX).is_some());
        drop(needed);
        assert!(budget.try_take(10, false).is_some());
    }

    #[tokio::test]
    async fn a_part_is_left_for_lanes_that_have_nothing_in_hand() {
        let budget = Budget::default();
        let all = budget.take(usize::MAX, false).await.unwrap();
        let first = budget.try_take(FIRST as usize, true).unwrap();
        assert!(budget.try_take(1, true).is_none());
        let mut waiting = Box::pin(budget.take(1, true));
        assert!(futures_util::poll!(&mut waiting).is_pending());
        drop(first);
        assert!(waiting.await.is_some());
        drop(all);
    }
}
