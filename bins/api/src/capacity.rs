//! Places for work that takes long or needs what is scarce: uploads, downloads, live streams,
//! replays, reading much of a stream, asking Chatwoot and NATS, connections to the database. No
//! tenant gets the last quarter of the places of a kind, nor the last place of several: they are left
//! to others. Where one caller could take all of its tenant's, callers have a share too. Where the
//! tenant is not known yet, places are a caller's (`K`).
//!
//! Places of a kind are either tried for ([`Capacity`]) or waited for ([`Turns`]): what comes free goes
//! to who waits, so whoever only tried would find nothing as long as anybody waits. A request that
//! waits for a place waits behind its own tenant's first, and then behind no more of another tenant's
//! than may have places at a time.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::TenantId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::auth::Principal;

/// Places of one kind, for requests that are refused if there is none. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Capacity<K: Clone + Eq + Hash = TenantId>(Arc<Inner<K>>);

/// Places of one kind, for requests that wait until there is one. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Turns<K: Clone + Eq + Hash = TenantId>(Capacity<K>);

struct Inner<K> {
    free: Arc<Semaphore>,
    most_each: usize,
    /// Most places of one caller.
    share: usize,
    taken: Mutex<HashMap<K, Taken>>,
}

/// What a tenant has taken.
struct Taken {
    /// Permits for the places that the tenant may have and has not taken.
    own: Arc<Semaphore>,
    by_caller: HashMap<String, usize>,
}

/// A place, held until this is dropped.
pub(crate) struct Room<K: Clone + Eq + Hash = TenantId> {
    capacity: Capacity<K>,
    tenant: K,
    caller: Option<String>,
    /// The tenant's permit, and everybody's. When this is dropped they are given back first.
    permits: Vec<OwnedSemaphorePermit>,
}

impl<K: Clone + Eq + Hash> Capacity<K> {
    pub(crate) fn new(most: usize) -> Self {
        Self::with_share(most, usize::MAX)
    }

    /// Places of which one caller may have only `share`.
    pub(crate) fn with_share(most: usize, share: usize) -> Self {
        let most_each = most - (most / 4).max(usize::from(most > 1));
        let free = Arc::new(Semaphore::new(most));
        Self(Arc::new(Inner { free, most_each, share, taken: Mutex::default() }))
    }

    /// Returns a place for this tenant, or `None` if all are taken or it has as many as it may.
    pub(crate) fn enter(&self, tenant: &K) -> Option<Room<K>> {
        self.take(tenant, None)
    }

    fn take(&self, tenant: &K, caller: Option<String>) -> Option<Room<K>> {
        let free = Arc::clone(&self.0.free).try_acquire_owned().ok()?;
        let mut all = self.taken();
        let taken = self.of(&mut all, tenant);
        let callers = caller.as_ref().and_then(|caller| taken.by_caller.get(caller));
        if callers.is_some_and(|count| *count == self.0.share) {
            return None;
        }
        let own = Arc::clone(&taken.own).try_acquire_owned().ok()?;
        if let Some(caller) = &caller {
            *taken.by_caller.entry(caller.clone()).or_default() += 1;
        }
        drop(all);
        Some(self.room(tenant, caller, [own, free]))
    }

    /// Returns what the tenant has taken.
    fn of<'a>(&self, all: &'a mut HashMap<K, Taken>, tenant: &K) -> &'a mut Taken {
        let nothing =
            || Taken { own: Arc::new(Semaphore::new(self.0.most_each)), by_caller: HashMap::new() };
        all.entry(tenant.clone()).or_insert_with(nothing)
    }

    fn room(
        &self,
        tenant: &K,
        caller: Option<String>,
        permits: impl IntoIterator<Item = OwnedSemaphorePermit>,
    ) -> Room<K> {
        let permits = permits.into_iter().collect();
        Room { capacity: self.clone(), tenant: tenant.clone(), caller, permits }
    }

    fn taken(&self) -> MutexGuard<'_, HashMap<K, Taken>> {
        self.0.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Clone + Eq + Hash> Turns<K> {
    pub(crate) fn new(most: usize) -> Self {
        Self(Capacity::new(most))
    }

    /// Waits in turn until this tenant has a place. Callers must not wait longer than their request
    /// may take, and must hold none of these places meanwhile.
    pub(crate) async fn wait(&self, tenant: &K) -> Room<K> {
        let Self(places) = self;
        let own = Arc::clone(&places.of(&mut places.taken(), tenant).own);
        // Neither semaphore is ever closed.
        let own = own.acquire_owned().await.ok();
        // From here on the permit is given back even if nobody waits any more.
        let mut room = places.room(tenant, None, own);
        room.permits.extend(Arc::clone(&places.0.free).acquire_owned().await.ok());
        room
    }
}

impl Capacity {
    /// Returns a place for this caller. Returns `None` if [`Self::enter`] would, or if the caller
    /// has as many as one may.
    pub(crate) fn enter_as(&self, caller: &Principal) -> Option<Room> {
        self.take(&caller.tenant, Some(caller.signature()))
    }
}

impl<K: Clone + Eq + Hash> Drop for Room<K> {
    fn drop(&mut self) {
        self.permits.clear();
        let mut all = self.capacity.taken();
        if let Some(taken) = all.get_mut(&self.tenant) {
            taken.leave(self.caller.as_deref());
            // Permits, and those who wait for one, hold a reference too.
            if Arc::strong_count(&taken.own) == 1 {
                all.remove(&self.tenant);
            }
        }
    }
}

impl Taken {
    fn leave(&mut self, caller: Option<&str>) {
        let Some(caller) = caller else { return };
        if let Some(count) = self.by_caller.get_mut(caller) {
            *count -= 1;
            if *count == 0 {
                self.by_caller.remove(caller);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::Permissions;
    use futures_util::FutureExt as _;

    use super::*;
    use crate::auth::CallerKind;

    /// Takes all places that a tenant may have now.
    fn all_for(turns: &Turns, tenant: &TenantId) -> Vec<Room> {
        std::iter::from_fn(|| turns.wait(tenant).now_or_never()).collect()
    }

    #[test]
    fn nobody_takes_the_last_quarter_and_who_leaves_makes_room() {
        let [greedy, modest]: [TenantId; 2] = ["greedy", "modest"].map(|one| one.parse().unwrap());
        let capacity = Capacity::new(8);
        let mut theirs: Vec<_> = std::iter::from_fn(|| capacity.enter(&greedy)).collect();
        assert_eq!(theirs.len(), 6);
        let ours = [capacity.enter(&modest), capacity.enter(&modest)];
        assert!(ours.iter().all(Option::is_some));
        assert!(capacity.enter(&modest).is_none(), "all are taken");
        theirs.pop();
        let again = capacity.enter(&modest);
        assert!(again.is_some() && capacity.enter(&greedy).is_none());
        drop((theirs, ours, again));
        assert!(capacity.taken().is_empty());
        assert_eq!(capacity.0.free.available_permits(), 8);
    }

    #[tokio::test]
    async fn who_waits_has_a_place_when_somebody_leaves() {
        let tenant: TenantId = "acme".parse().unwrap();
        let turns = Turns::new(4);
        let mut taken = all_for(&turns, &tenant);
        assert_eq!(taken.len(), 3);
        let mut waiting: Vec<_> = (0..3)
            .map(|_| {
                let (turns, tenant) = (turns.clone(), tenant.clone());
                tokio::spawn(async move { drop(turns.wait(&tenant).await) })
            })
            .collect();
        tokio::task::yield_now().await;
        assert!(waiting.iter().all(|one| !one.is_finished()));
        taken.pop();
        for one in &mut waiting {
            one.await.unwrap();
        }
        drop(taken);
        assert_eq!(turns.0.0.free.available_permits(), 4);
    }

    /// P9: of the places that come free, those who flood have no more than they may have anyway.
    #[tokio::test]
    async fn who_waits_among_floods_waits_for_few_of_them() {
        let [one, other, modest]: [TenantId; 3] =
            ["one", "other", "modest"].map(|name| name.parse().unwrap());
        let turns = Turns::new(8);
        let mut taken = all_for(&turns, &one);
        taken.extend(all_for(&turns, &other));
        assert_eq!(taken.len(), 8);
        let (entered, mut had) = tokio::sync::mpsc::unbounded_channel();
        let flood = [&one, &other].into_iter().cycle().take(200);
        for tenant in flood.chain([&modest]) {
            let (turns, tenant, entered) = (turns.clone(), tenant.clone(), entered.clone());
            tokio::spawn(async move {
                let room = turns.wait(&tenant).await;
                entered.send((tenant, room)).map_err(drop).unwrap();
            });
            tokio::task::yield_now().await;
        }
        // Of those who flood each has six places at most, or waits for them.
        let mut before = 0;
        loop {
            taken.pop();
            let (tenant, room) = had.recv().await.unwrap();
            if tenant == modest {
                break;
            }
            before += 1;
            taken.insert(0, room);
        }
        assert_eq!(before, 2 * 6 - 8, "they waited before");
    }

    #[tokio::test]
    async fn who_waits_no_more_leaves_nothing_behind() {
        let tenant: TenantId = "acme".parse().unwrap();
        let turns = Turns::new(4);
        let taken = all_for(&turns, &tenant);
        let mut waiting = Box::pin(turns.wait(&tenant));
        assert!(futures_util::poll!(&mut waiting).is_pending());
        drop(taken);
        drop(waiting);
        drop(turns.wait(&tenant).await);
        assert!(turns.0.taken().is_empty());
        assert_eq!(turns.0.0.free.available_permits(), 4);
    }

    #[test]
    fn one_caller_takes_no_more_than_a_share_of_its_tenants() {
        let caller = |kind, id: &str| Principal {
            tenant: "acme".parse().unwrap(),
            kind,
            id: id.to_owned(),
            name: String::new(),
            email: None,
            permissions: Permissions::default(),
            ends_at: None,
        };
        let leaks = caller(CallerKind::ApiKey, "7");
        let capacity = Capacity::with_share(8, 2);
        let mut theirs: Vec<_> = std::iter::from_fn(|| capacity.enter_as(&leaks)).collect();
        assert_eq!(theirs.len(), 2);
        let other = caller(CallerKind::ApiKey, "8");
        let member = caller(CallerKind::Member, "7");
        let others = [&other, &member].map(|one| capacity.enter_as(one));
        assert!(others.iter().all(Option::is_some));
        theirs.pop();
        theirs.extend(capacity.enter_as(&leaks));
        assert_eq!(theirs.len(), 2);
        let rest: Vec<_> = std::iter::from_fn(|| capacity.enter(&leaks.tenant)).collect();
        assert_eq!(rest.len(), 2, "all of them together have what their tenant may have");
        assert!(capacity.enter_as(&other).is_none());
        drop((theirs, others));
        assert!(capacity.taken()[&leaks.tenant].by_caller.is_empty());
        drop(rest);
        assert!(capacity.taken().is_empty());
    }
}
