//! Transactions, each with a place among those that are under way.
//!
//! A process has few connections to the database. Tenants' requests have all but an eighth of them, and no tenant the
//! last quarter of those. To find out who calls there are places of its own, since nobody knows yet whose tenant's they
//! would be. Who finds no place waits for one here, in turn, and not in the pool, where whoever asks for most has most.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::Duration;

use domain::TenantId;
use store::{PgConnection, Transaction};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::App;
use crate::error::ApiError;
use crate::rooms::{Room, Rooms};

/// How long a place is waited for: as long as the pool waits for a connection. A database that is away is told of in
/// time by those who wait for places too.
const PATIENCE: Duration = Duration::from_secs(5);

/// How many transactions are under way at a time, by what they are for. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Places {
    tenants: Rooms,
    callers: Arc<Semaphore>,
    above: Arc<Semaphore>,
}

/// A transaction and its place; rolled back unless committed.
pub(crate) struct Placed {
    transaction: Transaction,
    _place: Place,
}

type Place = (Option<Room>, Option<OwnedSemaphorePermit>);

impl Places {
    /// Of as many connections.
    pub(crate) fn among(connections: usize) -> Self {
        let few = (connections / 8).max(1);
        Self {
            tenants: Rooms::new((connections - few).max(1)),
            callers: Arc::new(Semaphore::new((connections / 4).max(1))),
            above: Arc::new(Semaphore::new(few)),
        }
    }

    async fn of_tenant(&self, tenant: &TenantId) -> Result<Place, ApiError> {
        let room = timeout(PATIENCE, self.tenants.wait(tenant)).await;
        room.map(|room| (Some(room), None)).map_err(|_| ApiError::Busy)
    }
}

async fn in_turn(places: &Arc<Semaphore>) -> Result<Place, ApiError> {
    let place = timeout(PATIENCE, Arc::clone(places).acquire_owned()).await;
    // Never closed.
    place.map(|place| (None, place.ok())).map_err(|_| ApiError::Busy)
}

impl App {
    /// A transaction that sees and changes the rows of one tenant only. For who holds none meanwhile: a crowd of which
    /// each waits for a second place would take all of the tenant's. A second one is the store's own, where there is room
    /// of another kind.
    pub(crate) async fn tenant(&self, tenant: &TenantId) -> Result<Placed, ApiError> {
        let place = self.places.of_tenant(tenant).await?;
        Placed::begin(place, self.store.tenant(tenant)).await
    }

    /// A transaction that finds whose a key, a ticket or a claim is, and sees nothing else.
    pub(crate) async fn gate(&self) -> Result<Placed, ApiError> {
        Placed::begin(in_turn(&self.places.callers).await?, self.store.gate()).await
    }

    /// A transaction that sees and changes which tenants there are, and nothing inside of any.
    pub(crate) async fn installation(&self) -> Result<Placed, ApiError> {
        Placed::begin(in_turn(&self.places.above).await?, self.store.installation()).await
    }
}

impl Placed {
    async fn begin(
        place: Place,
        begun: impl Future<Output = Result<Transaction, store::Error>>,
    ) -> Result<Self, ApiError> {
        Ok(Self { transaction: begun.await?, _place: place })
    }

    /// Commits it.
    pub(crate) async fn commit(self) -> Result<(), store::Error> {
        let Self { transaction, _place } = self;
        store::commit(transaction).await
    }

    /// Rolls it back, and waits until it is.
    pub(crate) async fn rollback(self) -> Result<(), store::Error> {
        let Self { transaction, _place } = self;
        store::rollback(transaction).await
    }
}

impl Deref for Placed {
    type Target = PgConnection;
    fn deref(&self) -> &PgConnection {
        &self.transaction
    }
}

impl DerefMut for Placed {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.transaction
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_finds_out_who_calls_is_left_a_connection_by_all_tenants_together() {
        for connections in 2..=500 {
            let places = Places::among(connections);
            let tenants: Vec<TenantId> =
                (0..4).map(|number| format!("tenant-{number}").parse().unwrap()).collect();
            let rooms = tenants.iter().flat_map(|tenant| {
                std::iter::from_fn(|| places.tenants.enter(tenant)).collect::<Vec<_>>()
            });
            let taken = rooms.collect::<Vec<_>>().len();
            assert!((1..connections).contains(&taken), "{taken} of {connections}");
            assert!(places.callers.available_permits() >= 1);
            assert!(places.above.available_permits() >= 1);
        }
    }
}
