//! How many bytes all lanes of a consumption have in hand together.
//!
//! There may be as many requests at the server as there are lanes, each for a few bytes (`pull.rs`). A lane
//! that has more waiting than these asks for a whole batch, and has room for one set apart before, of a
//! bound that all share; what the batch does not need of it is given back when it has come, and the rest
//! when it is settled. Nothing that has room waits for more of it, so all who wait get theirs, in the order
//! of their asking.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// All of it: some eight batches, or those that four accounts have in hand at most.
const BYTES: u32 = 128 * 1024 * 1024;

/// What is left of the bytes.
#[derive(Debug, Clone)]
pub(crate) struct Budget(Arc<Semaphore>);

/// Some that are set apart, given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Reserved(OwnedSemaphorePermit);

impl Default for Budget {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(BYTES as usize)))
    }
}

impl Budget {
    /// So many bytes, if they are free now.
    pub(crate) fn try_take(&self, bytes: usize) -> Option<Reserved> {
        Arc::clone(&self.0).try_acquire_many_owned(bounded(bytes)).ok().map(Reserved)
    }

    /// So many bytes, as soon as they are free. None only if there will never be any.
    pub(crate) async fn take(&self, bytes: usize) -> Option<Reserved> {
        Arc::clone(&self.0).acquire_many_owned(bounded(bytes)).await.ok().map(Reserved)
    }
}

impl Reserved {
    /// So much of it, or all if it is less.
    pub(crate) fn split(&mut self, bytes: usize) -> Option<Self> {
        self.0.split(bytes.min(self.0.num_permits())).map(Self)
    }
}

/// More than all would be waited for without end.
fn bounded(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(BYTES).min(BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_not_needed_is_given_back_and_more_than_all_is_all() {
        let budget = Budget::default();
        let mut all = budget.take(usize::MAX).await.unwrap();
        assert!(budget.try_take(1).is_none());
        let needed = all.split(10).unwrap();
        drop(all);
        let most = BYTES as usize - 10;
        assert!(budget.try_take(most + 1).is_none());
        let mut rest = budget.try_take(most).unwrap();
        assert!(rest.split(usize::MAX).is_some());
        drop(needed);
        assert!(budget.try_take(10).is_some());
    }
}
