//! What was in the stream before a client came.

use std::future::Future;
use std::sync::Arc;

use bus::{Bus, BusError, Part};
use domain::TenantId;
use tokio::sync::Semaphore;

use super::position::Position;

/// How many parts are read at the same time: each is held in memory, and clients that lost their
/// streams together come back together.
const MOST_READ: usize = 32;

/// Reads a part of a tenant's past.
pub(crate) trait History: Clone + Send + 'static {
    /// At most `limit` messages after a position, up to and including a sequence of its epoch.
    /// [`BusError::Reset`] if that epoch is over.
    fn read(
        &self,
        tenant: TenantId,
        after: Position,
        up_to: u64,
        limit: usize,
    ) -> impl Future<Output = Result<Part, BusError>> + Send;
}

impl History for Bus {
    async fn read(
        &self,
        tenant: TenantId,
        after: Position,
        up_to: u64,
        limit: usize,
    ) -> Result<Part, BusError> {
        let Position { epoch, sequence: after } = after;
        let read = self.read_activity(&tenant, after, up_to, limit).await?;
        // Asked afterwards: an epoch that is over does not come back, and whoever follows the stream
        // may not know yet that this one is.
        if *self.activity_epoch().await? == *epoch {
            Ok(read)
        } else {
            Err(BusError::Reset { after })
        }
    }
}

/// A history of which a few parts are read at a time, by whoever asked first. Cheap to clone.
#[derive(Clone)]
pub(crate) struct InTurn<H> {
    history: H,
    turns: Arc<Semaphore>,
}

impl<H> InTurn<H> {
    pub(crate) fn new(history: H) -> Self {
        Self { history, turns: Arc::new(Semaphore::new(MOST_READ)) }
    }
}

impl<H: History + Sync> History for InTurn<H> {
    async fn read(
        &self,
        tenant: TenantId,
        after: Position,
        up_to: u64,
        limit: usize,
    ) -> Result<Part, BusError> {
        // Never closed.
        let _turn = self.turns.acquire().await;
        self.history.read(tenant, after, up_to, limit).await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::future::join_all;

    use super::*;

    /// How many read, and how many did at most.
    #[derive(Clone, Default)]
    struct Counting(Arc<[AtomicUsize; 2]>);

    impl History for Counting {
        async fn read(&self, _: TenantId, _: Position, _: u64, _: usize) -> Result<Part, BusError> {
            let [now, most] = &*self.0;
            most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            tokio::task::yield_now().await;
            now.fetch_sub(1, Ordering::SeqCst);
            Ok(Part::default())
        }
    }

    #[tokio::test]
    async fn many_who_come_back_together_read_a_few_at_a_time() {
        let counting = Counting::default();
        let history = InTurn::new(counting.clone());
        let read = |_| {
            let position = Position { epoch: "e0".into(), sequence: 1 };
            history.read("acme".parse().unwrap(), position, 2, 1)
        };
        let all = join_all((0..MOST_READ * 4).map(read)).await;
        assert!(all.into_iter().all(|read| read.is_ok()));
        assert_eq!(counting.0[1].load(Ordering::SeqCst), MOST_READ);
    }
}
