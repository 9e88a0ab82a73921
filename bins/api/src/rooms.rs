//! Places for what takes long: uploads, downloads, live streams, replays, reading dead letters, asking Chatwoot
//! and NATS. There are so many, and no tenant takes the last quarter of them: that is left to others.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::TenantId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Places of one kind. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Rooms(Arc<Inner>);

struct Inner {
    free: Arc<Semaphore>,
    most_each: usize,
    taken: Mutex<HashMap<TenantId, usize>>,
}

/// A place, until it is dropped.
pub(crate) struct Room {
    rooms: Rooms,
    tenant: TenantId,
    _permit: OwnedSemaphorePermit,
}

impl Rooms {
    pub(crate) fn new(most: usize) -> Self {
        let (free, most_each) = (Arc::new(Semaphore::new(most)), most - most / 4);
        Self(Arc::new(Inner { free, most_each, taken: Mutex::default() }))
    }

    /// A place for this tenant; none if all are taken, or as many as it may have.
    pub(crate) fn enter(&self, tenant: &TenantId) -> Option<Room> {
        let permit = Arc::clone(&self.0.free).try_acquire_owned().ok()?;
        let mut all = self.taken();
        let taken = all.entry(tenant.clone()).or_default();
        if *taken == self.0.most_each {
            return None;
        }
        *taken += 1;
        drop(all);
        Some(Room { rooms: self.clone(), tenant: tenant.clone(), _permit: permit })
    }

    fn taken(&self) -> MutexGuard<'_, HashMap<TenantId, usize>> {
        self.0.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let mut all = self.rooms.taken();
        if let Some(taken) = all.get_mut(&self.tenant) {
            *taken -= 1;
            if *taken == 0 {
                all.remove(&self.tenant);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
