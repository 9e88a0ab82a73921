//! Transactions, each of which holds a place among those that are under way.
//!
//! A process has few connections to the database. Tenants' requests have all but an eighth of them, and no
//! tenant has the last quarter of those. Finding out who calls has places of its own, since nobody knows yet
//! which tenant's they would be: they are shared among callers as the others are among tenants. A request that
//! finds no place waits for one here, in turn, and not in the pool, where the tenant with the most requests would
//! get the most connections. Anybody on the internet may show a made-up key, so callers who have proved nothing
//! yet use other places than those who have, and few of them may wait.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::Duration;

use domain::TenantId;
use service::joined;
use store::{PgConnection, Transaction};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::App;
use crate::capacity::Turns;
use crate::error::ApiError;
use crate::recent::Recent;

/// How long a request waits for a place: as long as the pool waits for a connection, so that those
/// who wait for a place also report in time that the database is away.
const PATIENCE: Duration = Duration::from_secs(5);
/// How many strangers may wait for a place; further ones are refused at once.
const STRANGERS: usize = 64;

/// How many transactions may be under way at a time, by their purpose. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Places {
    tenants: Turns,
    callers: Turns<Shown>,
    strangers: Arc<Semaphore>,
    /// Bounds how many strangers wait for a place.
    waiting: Arc<Semaphore>,
    above: Arc<Semaphore>,
    /// The keys and tickets that were good a moment ago.
    recent: Recent,
    /// The signed tickets that were shown a moment ago.
    shown: Recent,
}

/// What a caller shows to be identified.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Credential<'a> {
    /// A token that the provider has signed for the person with this id.
    SignedToken(&'a str),
    /// A ticket with this digest that the API has signed a moment ago, in this process or another.
    SignedTicket(&'a [u8; 32]),
    /// A key or any other ticket with this digest.
    Digest(&'a [u8; 32]),
}

/// Whose places those of a credential are.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Shown {
    Person(String),
    Digest([u8; 32]),
}

impl From<Credential<'_>> for Shown {
    fn from(credential: Credential<'_>) -> Self {
        match credential {
            Credential::SignedToken(person) => Self::Person(person.to_owned()),
            Credential::SignedTicket(digest) | Credential::Digest(digest) => Self::Digest(*digest),
        }
    }
}

/// A transaction and its place; rolled back unless committed.
pub(crate) struct Placed {
    transaction: Transaction,
    _place: Place,
}

/// Whatever gives the place back when it is dropped.
type Place = Box<dyn Send + Sync>;

impl Places {
    /// Divides this many connections.
    pub(crate) fn among(connections: usize) -> Self {
        let few = (connections / 8).max(1);
        Self {
            tenants: Turns::new((connections - few).max(1)),
            callers: Turns::new((connections / 4).max(1)),
            // Fewer than the tenants leave over, or strangers could take all of those.
            strangers: Arc::new(Semaphore::new((few / 2).max(1))),
            waiting: Arc::new(Semaphore::new(STRANGERS)),
            above: Arc::new(Semaphore::new(few)),
            recent: Recent::default(),
            shown: Recent::default(),
        }
    }

    /// The digests of keys and tickets that were good a moment ago.
    pub(crate) fn recent(&self) -> &Recent {
        &self.recent
    }

    async fn of_caller(&self, credential: Credential<'_>) -> Result<Place, ApiError> {
        if self.recognise(credential) {
            return in_time(self.callers.wait(&credential.into())).await;
        }
        let _waits = self.waiting.try_acquire().map_err(|_| ApiError::Busy)?;
        in_turn(&self.strangers).await
    }

    /// Whether this is no stranger's. Notes a signed ticket as shown.
    fn recognise(&self, credential: Credential<'_>) -> bool {
        match credential {
            Credential::SignedToken(_) => true,
            // It works once, so whoever shows it again may be anybody who has seen the address.
            Credential::SignedTicket(digest) => !self.shown.note(*digest),
            Credential::Digest(digest) => self.recent.has(digest),
        }
    }

    async fn of_tenant(&self, tenant: &TenantId) -> Result<Place, ApiError> {
        in_time(self.tenants.wait(tenant)).await
    }
}

async fn in_turn(places: &Arc<Semaphore>) -> Result<Place, ApiError> {
    // The semaphore is never closed.
    in_time(Arc::clone(places).acquire_owned()).await
}

async fn in_time<T: Send + Sync + 'static>(
    place: impl Future<Output = T>,
) -> Result<Place, ApiError> {
    match timeout(PATIENCE, place).await {
        Ok(place) => Ok(Box::new(place)),
        Err(_) => Err(ApiError::Busy),
    }
}

impl App {
    /// Begins a transaction that sees and changes the rows of one tenant only. The caller must hold none
    /// meanwhile: a crowd of which each waits for a second place would take all of the tenant's. A second
    /// transaction comes from the store itself, for requests that hold room of another kind.
    pub(crate) async fn tenant(&self, tenant: &TenantId) -> Result<Placed, ApiError> {
        let place = self.places.of_tenant(tenant).await?;
        let (store, tenant) = (self.store.clone(), tenant.clone());
        Placed::begin(place, async move { store.tenant(&tenant).await }).await
    }

    /// Begins a transaction that finds whose a key, a ticket or a claim is, and sees nothing else.
    pub(crate) async fn gate(&self, credential: Credential<'_>) -> Result<Placed, ApiError> {
        let (place, store) = (self.places.of_caller(credential).await?, self.store.clone());
        Placed::begin(place, async move { store.gate().await }).await
    }

    /// Begins a transaction that sees and changes which tenants there are, and nothing inside them.
    pub(crate) async fn installation(&self) -> Result<Placed, ApiError> {
        let (place, store) = (in_turn(&self.places.above).await?, self.store.clone());
        Placed::begin(place, async move { store.installation().await }).await
    }
}

impl Placed {
    /// In a task of its own, as the store begins transactions: a request that is given up meanwhile gives its place back
    /// only together with the connection, which is taken all the same.
    async fn begin(
        place: Place,
        begun: impl Future<Output = Result<Transaction, store::Error>> + Send + 'static,
    ) -> Result<Self, ApiError> {
        let placed = async move { Ok(Self { transaction: begun.await?, _place: place }) };
        joined(tokio::spawn(placed)).await
    }

    /// Commits the transaction.
    pub(crate) async fn commit(self) -> Result<(), store::Error> {
        let Self { transaction, _place } = self;
        store::commit(transaction).await
    }

    /// Rolls the transaction back, and waits until that is done.
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
    use futures_util::FutureExt as _;

    use super::*;

    #[test]
    fn what_finds_out_who_calls_is_left_a_connection_by_all_tenants_together() {
        for connections in 2..=500 {
            let places = Places::among(connections);
            let tenants: Vec<TenantId> =
                (0..4).map(|number| format!("tenant-{number}").parse().unwrap()).collect();
            let rooms = tenants.iter().flat_map(|tenant| {
                std::iter::from_fn(|| places.tenants.wait(tenant).now_or_never())
                    .collect::<Vec<_>>()
            });
            let taken = rooms.collect::<Vec<_>>().len();
            assert!((1..connections).contains(&taken), "{taken} of {connections}");
            assert!(places.callers.wait(&Shown::Digest([1; 32])).now_or_never().is_some());
            assert!(
                (1..=places.above.available_permits())
                    .contains(&places.strangers.available_permits())
            );
            assert!(places.above.available_permits() >= 1);
        }
    }

    #[tokio::test]
    async fn a_request_that_is_given_up_keeps_its_place_until_its_connection_is_given_back() {
        let places = Places::among(2);
        let tenant: TenantId = "acme".parse().unwrap();
        let place = places.of_tenant(&tenant).await.unwrap();
        let (connected, connecting) = tokio::sync::oneshot::channel::<()>();
        let begun = async move {
            connecting.await.ok();
            Err(store::Error::Taken)
        };
        let mut request = Box::pin(Placed::begin(place, begun));
        assert!(futures_util::poll!(&mut request).is_pending());
        drop(request);
        tokio::task::yield_now().await;
        assert!(places.tenants.wait(&tenant).now_or_never().is_none());
        drop(connected);
        places.of_tenant(&tenant).await.unwrap();
    }

    /// P9: nobody waits behind more of one caller's requests than may be looked up at a time.
    #[tokio::test]
    async fn who_shows_one_credential_over_and_over_keeps_nobody_from_being_known() {
        let (wild, other) = ([1; 32], [2; 32]);
        for connections in [8, 16, 100] {
            let places = Places::among(connections);
            places.recent.note(wild);
            places.recent.note(other);
            let of = |credential| {
                let places = places.clone();
                Box::pin(async move { places.of_caller(credential).await })
            };
            let mut flood: Vec<_> = (0..1_000).map(|_| of(Credential::Digest(&wild))).collect();
            let mut held = Vec::new();
            for one in &mut flood {
                held.extend(one.now_or_never());
            }
            assert_eq!(held.len(), connections / 4 - (connections / 16).max(1));
            for known in [Credential::SignedToken("ana"), Credential::Digest(&other)] {
                assert!(of(known).now_or_never().is_some_and(|place| place.is_ok()));
            }
        }
    }

    #[tokio::test]
    async fn strangers_keep_nobody_from_being_known_and_few_of_them_wait() {
        let places = Places::among(16);
        let known = [1; 32];
        places.recent.note(known);
        let stranger = |number: u8| {
            let places = places.clone();
            async move { places.of_caller(Credential::Digest(&[number; 32])).await }
        };
        let inside = stranger(2).await.unwrap();
        let mut waiting: Vec<_> = (0..STRANGERS).map(|_| Box::pin(stranger(3))).collect();
        for one in &mut waiting {
            assert!(futures_util::poll!(one).is_pending());
        }
        assert!(matches!(stranger(4).await, Err(ApiError::Busy)));
        for credential in [Credential::SignedToken("ana"), Credential::Digest(&known)] {
            assert!(places.of_caller(credential).now_or_never().is_some_and(|place| place.is_ok()));
        }
        let signed = Credential::SignedTicket(&[5; 32]);
        assert!(places.of_caller(signed).now_or_never().is_some_and(|place| place.is_ok()));
        assert!(matches!(places.of_caller(signed).await, Err(ApiError::Busy)));
        drop(inside);
        assert!(waiting.remove(0).await.is_ok());
        assert!(matches!(futures_util::poll!(Box::pin(stranger(4))), std::task::Poll::Pending));
    }
}
