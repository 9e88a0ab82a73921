//! Places for what takes long: uploads, downloads, live streams, replays, reading much of a stream, asking Chatwoot
//! and NATS. There are so many, and no tenant takes the last quarter of them: that is left to others.
//! Where one caller could take all of its tenant's, callers have a share too.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::TenantId;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

use crate::auth::Principal;

/// Places of one kind. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Rooms(Arc<Inner>);

struct Inner {
    free: Arc<Semaphore>,
    most_each: usize,
    /// Of one caller.
    share: usize,
    taken: Mutex<HashMap<TenantId, Taken>>,
    /// Somebody has left.
    left: Notify,
}

/// What a tenant has taken.
#[derive(Default)]
struct Taken {
    all: usize,
    by_caller: HashMap<String, usize>,
}

/// A place, until it is dropped.
pub(crate) struct Room {
    rooms: Rooms,
    tenant: TenantId,
    caller: Option<String>,
    permit: Option<OwnedSemaphorePermit>,
}

impl Rooms {
    pub(crate) fn new(most: usize) -> Self {
        Self::with_share(most, usize::MAX)
    }

    /// The same, of which one caller may have so many.
    pub(crate) fn with_share(most: usize, share: usize) -> Self {
        let (free, most_each) = (Arc::new(Semaphore::new(most)), most - most / 4);
        Self(Arc::new(Inner {
            free,
            most_each,
            share,
            taken: Mutex::default(),
            left: Notify::new(),
        }))
    }

    /// A place for this tenant; none if all are taken, or as many as it may have.
    pub(crate) fn enter(&self, tenant: &TenantId) -> Option<Room> {
        self.take(tenant, None)
    }

    /// The same, once there is one. For who waits no longer than its request may take, and holds none of
    /// these places meanwhile.
    pub(crate) async fn wait(&self, tenant: &TenantId) -> Room {
        loop {
            let mut left = std::pin::pin!(self.0.left.notified());
            // Who leaves from here on is noticed.
            left.as_mut().enable();
            if let Some(room) = self.enter(tenant) {
                return room;
            }
            left.await;
        }
    }

    /// A place for this caller; none also if the caller has as many as one may.
    pub(crate) fn enter_as(&self, caller: &Principal) -> Option<Room> {
        self.take(&caller.tenant, Some(caller.signature()))
    }

    fn take(&self, tenant: &TenantId, caller: Option<String>) -> Option<Room> {
        let permit = Arc::clone(&self.0.free).try_acquire_owned().ok()?;
        let mut all = self.taken();
        let taken = all.entry(tenant.clone()).or_default();
        let callers = caller.as_ref().and_then(|caller| taken.by_caller.get(caller));
        if taken.all == self.0.most_each || callers.is_some_and(|count| *count == self.0.share) {
            return None;
        }
        taken.all += 1;
        if let Some(caller) = &caller {
            *taken.by_caller.entry(caller.clone()).or_default() += 1;
        }
        drop(all);
        Some(Room { rooms: self.clone(), tenant: tenant.clone(), caller, permit: Some(permit) })
    }

    fn taken(&self) -> MutexGuard<'_, HashMap<TenantId, Taken>> {
        self.0.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let mut all = self.rooms.taken();
        if let Some(taken) = all.get_mut(&self.tenant) {
            taken.leave(self.caller.as_deref());
            if taken.all == 0 {
                all.remove(&self.tenant);
            }
        }
        drop(all);
        // Who waits finds the place free.
        drop(self.permit.take());
        self.rooms.0.left.notify_waiters();
    }
}

impl Taken {
    fn leave(&mut self, caller: Option<&str>) {
        self.all -= 1;
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

    use super::*;
    use crate::auth::CallerKind;

    #[test]
    fn nobody_takes_the_last_quarter_and_who_leaves_makes_room() {
        let [greedy, modest]: [TenantId; 2] = ["greedy", "modest"].map(|one| one.parse().unwrap());
        let rooms = Rooms::new(8);
        let mut theirs: Vec<_> = std::iter::from_fn(|| rooms.enter(&greedy)).collect();
        assert_eq!(theirs.len(), 6);
        let ours = [rooms.enter(&modest), rooms.enter(&modest)];
        assert!(ours.iter().all(Option::is_some));
        assert!(rooms.enter(&modest).is_none(), "all are taken");
        theirs.pop();
        let again = rooms.enter(&modest);
        assert!(again.is_some() && rooms.enter(&greedy).is_none());
        drop((theirs, ours, again));
        assert!(rooms.taken().is_empty());
        assert_eq!(rooms.0.free.available_permits(), 8);
    }

    #[tokio::test]
    async fn who_waits_has_a_place_when_somebody_leaves() {
        let tenant: TenantId = "acme".parse().unwrap();
        let rooms = Rooms::new(4);
        let mut taken: Vec<_> = std::iter::from_fn(|| rooms.enter(&tenant)).collect();
        assert_eq!(taken.len(), 3);
        let mut waiting: Vec<_> = (0..3)
            .map(|_| {
                let (rooms, tenant) = (rooms.clone(), tenant.clone());
                tokio::spawn(async move { drop(rooms.wait(&tenant).await) })
            })
            .collect();
        tokio::task::yield_now().await;
        assert!(waiting.iter().all(|one| !one.is_finished()));
        taken.pop();
        for one in &mut waiting {
            one.await.unwrap();
        }
        drop(taken);
        assert_eq!(rooms.0.free.available_permits(), 4);
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
        let rooms = Rooms::with_share(8, 2);
        let mut theirs: Vec<_> = std::iter::from_fn(|| rooms.enter_as(&leaks)).collect();
        assert_eq!(theirs.len(), 2);
        let other = caller(CallerKind::ApiKey, "8");
        let member = caller(CallerKind::Member, "7");
        let others = [&other, &member].map(|one| rooms.enter_as(one));
        assert!(others.iter().all(Option::is_some));
        theirs.pop();
        theirs.extend(rooms.enter_as(&leaks));
        assert_eq!(theirs.len(), 2);
        let rest: Vec<_> = std::iter::from_fn(|| rooms.enter(&leaks.tenant)).collect();
        assert_eq!(rest.len(), 2, "all of them together have what their tenant may have");
        assert!(rooms.enter_as(&other).is_none());
        drop((theirs, others));
        assert!(rooms.taken()[&leaks.tenant].by_caller.is_empty());
        drop(rest);
        assert!(rooms.taken().is_empty());
    }
}
