//! Reads from the stream what happened before a client came.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use bus::{Bus, BusError, Most, Part};
use domain::TenantId;
use tokio::sync::Semaphore;

use super::position::Position;

/// How many parts are read at a time: each is held in memory, and clients that lost their streams
/// together come back together.
const MOST_READ: usize = 32;
/// How many of them may be one tenant's. Its other clients wait apart from those of other tenants,
/// who find at most this many of each tenant ahead of them, however many clients it has.
const MOST_READ_EACH: usize = MOST_READ / 2;

/// Reads a part of a tenant's past.
pub(crate) trait History: Clone + Send + 'static {
    /// Reads what is after a position, up to and including a sequence of its epoch, but not all of
    /// it if that is `most`. Returns [`BusError::Reset`] if that epoch is over.
    fn read(
        &self,
        tenant: TenantId,
        after: Position,
        up_to: u64,
        most: Most,
    ) -> impl Future<Output = Result<Part, BusError>> + Send;
}

impl History for Bus {
    async fn read(
        &self,
        tenant: TenantId,
        after: Position,
        up_to: u64,
        most: Most,
    ) -> Result<Part, BusError> {
        let Position { epoch, sequence: after } = after;
        let read = self.read_activity(&tenant, after, up_to, most).await?;
        // Asked after reading: an epoch that is over does not come back, and the follower of the
        // stream may not know yet that this one is over.
        if *self.activity_epoch().await? == *epoch {
            Ok(read)
        } else {
            Err(BusError::Reset { after })
        }
    }
}

/// A history of which few parts are read at a time, and fewer of them for one tenant. Cheap to clone.
#[derive(Clone)]
pub(crate) struct InTurn<H> {
    history: H,
    turns: Arc<Semaphore>,
    shares: Arc<Mutex<HashMap<TenantId, Weak<Semaphore>>>>,
}

impl<H> InTurn<H> {
    pub(crate) fn new(history: H) -> Self {
        let turns = Arc::new(Semaphore::new(MOST_READ));
        Self { history, turns, shares: Arc::default() }
    }

    /// Returns what a tenant's clients share. The shares of tenants for which nobody reads are
    /// forgotten when another tenant comes.
    fn share(&self, tenant: &TenantId) -> Arc<Semaphore> {
        let mut shares = self.shares.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(share) = shares.get(tenant).and_then(Weak::upgrade) {
            return share;
        }
        shares.retain(|_, share| share.strong_count() > 0);
        let share = Arc::new(Semaphore::new(MOST_READ_EACH));
        shares.insert(tenant.clone(), Arc::downgrade(&share));
        share
    }
}

impl<H: History + Sync> History for InTurn<H> {
    async fn read(
        &self,
        tenant: TenantId,
        after: Position,
        up_to: u64,
        most: Most,
    ) -> Result<Part, BusError> {
        let share = self.share(&tenant);
        // In this order: a client that waits for its tenant's share holds nothing that others wait
        // for. Neither semaphore is ever closed.
        let _ours = share.acquire().await;
        let _turn = self.turns.acquire().await;
        self.history.read(tenant, after, up_to, most).await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::FutureExt as _;
    use futures_util::future::join_all;

    use super::*;

    /// How many read, and how many did at most.
    #[derive(Clone, Default)]
    struct Counting(Arc<[AtomicUsize; 2]>);

    impl History for Counting {
        async fn read(&self, _: TenantId, _: Position, _: u64, _: Most) -> Result<Part, BusError> {
            let [now, most] = &*self.0;
            most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            tokio::task::yield_now().await;
            now.fetch_sub(1, Ordering::SeqCst);
            Ok(Part::default())
        }
    }

    /// A part of a tenant's past.
    fn read<H: History + Sync>(
        history: &InTurn<H>,
        tenant: &str,
    ) -> impl Future<Output = Result<Part, BusError>> {
        let position = Position { epoch: "e0".into(), sequence: 1 };
        history.read(tenant.parse().unwrap(), position, 2, Most::messages(1))
    }

    #[tokio::test]
    async fn many_who_come_back_together_read_a_few_at_a_time() {
        let most_of = async |tenants: usize| {
            let counting = Counting::default();
            let history = InTurn::new(counting.clone());
            let tenants: Vec<_> = (0..tenants).map(|number| format!("tenant-{number}")).collect();
            let all = tenants.iter().cycle().take(MOST_READ * 4).map(|one| read(&history, one));
            assert!(join_all(all).await.into_iter().all(|read| read.is_ok()));
            counting.0[1].load(Ordering::SeqCst)
        };
        assert_eq!(most_of(1).await, MOST_READ_EACH);
        assert_eq!(most_of(5).await, MOST_READ);
    }

    /// Never has done with one tenant's past.
    #[derive(Clone)]
    struct Stuck;

    impl History for Stuck {
        async fn read(
            &self,
            tenant: TenantId,
            _: Position,
            _: u64,
            _: Most,
        ) -> Result<Part, BusError> {
            if tenant.as_str() == "greedy" {
                std::future::pending::<()>().await;
            }
            Ok(Part::default())
        }
    }

    /// P9: clients of one tenant, however many, leave room for another's.
    #[tokio::test]
    async fn a_tenant_whose_clients_all_come_back_holds_up_nobody_elses() {
        let history = InTurn::new(Stuck);
        let greedy = join_all((0..MOST_READ * 4).map(|_| read(&history, "greedy")));
        let mut greedy = std::pin::pin!(greedy);
        assert!(greedy.as_mut().now_or_never().is_none());
        for _ in 0..2 {
            let modest = read(&history, "modest").now_or_never();
            assert!(modest.is_some_and(|read| read.is_ok()));
        }
        assert_eq!(history.shares.lock().unwrap().len(), 2);
    }

    #[tokio::test]
    async fn tenants_of_which_nobody_reads_are_forgotten() {
        let history = InTurn::new(Counting::default());
        for number in 0..10 {
            read(&history, &format!("tenant-{number}")).await.unwrap();
        }
        assert_eq!(history.shares.lock().unwrap().len(), 1);
    }
}
