//! Keeps a worker from carrying out what an older copy of the database asks for, as after a restore from a backup or a
//! failover to a standby without the last commits: it was carried out already, and nothing in that copy says so.
//!
//! ```text
//! a try is recorded ──► the database's number is raised ──► NATS knows the number ──► Chatwoot is called
//! ```
//!
//! A database that lacks a try which was made lacks its number too, and NATS knows a higher one. Only who has compared
//! the two raises the number, so an older copy cannot catch up unnoticed. Tries that begin at the same time share a
//! number.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use bus::{BusError, HighWater, Mark};
use domain::in_words;
use store::{Store, high_water};
use tokio::sync::Mutex;
use tokio::time::{sleep, timeout};

use crate::rounds::Rounds;

/// How often the database is compared although nothing is tried.
const EVERY: Duration = Duration::from_secs(5);
/// A comparison that takes longer waits for a server that has silently gone away.
const LONGEST: Duration = Duration::from_secs(10);

/// What is wrong, and what to do.
pub(crate) const OUTDATED: &str = "the database is older than what was already carried out from it, as after a restore \
                                   or a failover to a standby without the last commits; nothing is sent, so that nothing \
                                   is sent twice: follow \"Backup and restore\" in docs/operations.md, which ends with \
                                   `axis db restored --yes`";

/// Whether calls that change something in Chatwoot may be made. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Fence(Arc<Inner>);

struct Inner {
    store: Store,
    mark: HighWater,
    outdated: AtomicBool,
    /// How many have asked to pass.
    asked: AtomicU64,
    /// Whoever holds the lock raises the number for all who have asked so far.
    round: Mutex<Round>,
}

/// The last time that the number was raised, or was not.
struct Round {
    /// Who asked up to then.
    asked: u64,
    passage: Passage,
    /// What NATS knows, as far as is known here.
    mark: Option<Mark>,
}

/// Whether a try that is recorded may be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Passage {
    /// It may.
    Free,
    /// The database is an older copy.
    Outdated,
    /// That cannot be found out now.
    Unknown,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum FenceError {
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    Bus(#[from] BusError),
    #[error("no answer for {} s", LONGEST.as_secs())]
    Silent,
}

impl Fence {
    pub(crate) fn new(store: Store, mark: HighWater) -> Self {
        let round = Mutex::new(Round { asked: 0, passage: Passage::Unknown, mark: None });
        let (outdated, asked) = (AtomicBool::new(false), AtomicU64::new(0));
        Self(Arc::new(Inner { store, mark, outdated, asked, round }))
    }

    /// Whether the database was an older copy when it was last compared.
    pub(crate) fn is_outdated(&self) -> bool {
        self.0.outdated.load(Ordering::Relaxed)
    }

    /// Has NATS know a number that the database got after this was called, unless the database is an older copy.
    pub(crate) async fn pass(&self) -> Passage {
        let mine = self.0.asked.fetch_add(1, Ordering::SeqCst) + 1;
        let mut round = self.0.round.lock().await;
        if round.asked >= mine {
            return round.passage;
        }
        let asked = self.0.asked.load(Ordering::SeqCst);
        // If this future is dropped meanwhile, the next one reads what NATS knows.
        let known = round.mark.take();
        let raised = timeout(LONGEST, self.raise(known)).await;
        round.passage = match raised.unwrap_or(Err(FenceError::Silent)) {
            Ok(Some(mark)) => {
                round.mark = Some(mark);
                Passage::Free
            }
            Ok(None) => {
                self.note(true);
                Passage::Outdated
            }
            Err(error) => {
                let error = in_words(&error);
                tracing::warn!(error, "cannot compare the database with NATS; commands wait");
                Passage::Unknown
            }
        };
        round.asked = asked;
        round.passage
    }

    /// Raises the number in the database, then in NATS, and returns what NATS knows then; `None` if the database is an
    /// older copy. If another worker was faster, its number counts.
    async fn raise(&self, mut known: Option<Mark>) -> Result<Option<Mark>, FenceError> {
        loop {
            let mark = match known.take() {
                Some(mark) => mark,
                None => self.0.mark.read().await?,
            };
            let mut transaction = self.0.store.worker().await?;
            let raised = high_water::raise(&mut transaction, mark.number).await?;
            store::commit(transaction).await?;
            let Some(number) = raised else { return Ok(None) };
            let raised = self.0.mark.raise(mark, number).await?;
            if raised.is_some() {
                return Ok(raised);
            }
        }
    }

    /// Compares the database with what NATS knows. A new database begins with that number.
    pub(crate) async fn compare(&self) -> Result<(), FenceError> {
        // First NATS, which is told last.
        let mark = self.0.mark.read().await?;
        let mut transaction = self.0.store.worker().await?;
        let older = high_water::number(&mut transaction).await? < mark.number;
        let outdated = older && !high_water::begin_at(&mut transaction, mark.number).await?;
        store::commit(transaction).await?;
        self.note(outdated);
        Ok(())
    }

    /// Compares again and again, for ever: while nothing is tried, nobody else would find out.
    pub(crate) async fn watch(self) {
        let mut rounds = Rounds::new("compare the database with NATS", LONGEST);
        loop {
            sleep(EVERY).await;
            if rounds.next(self.compare()).await.is_none() {
                sleep(rounds.pause()).await;
            }
        }
    }

    fn note(&self, outdated: bool) {
        let was = self.0.outdated.swap(outdated, Ordering::Relaxed);
        match (was, outdated) {
            (false, true) => tracing::error!("{OUTDATED}"),
            (true, false) => tracing::info!("the database is confirmed; commands go on"),
            _ => {}
        }
    }
}
