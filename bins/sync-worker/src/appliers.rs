//! Where the events of all accounts meet: a few appliers take what waits, a transaction at a time.
//!
//! Appliers are tasks that exist while something waits. Each event's outcome is told as soon as it is
//! known, not when the whole turn is over.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bus::{Failure, Outcome, Publisher};
use domain::AccountKey;
use store::{Error, Store};
use tokio::sync::oneshot;

use crate::Config;
use crate::announce::announce;
use crate::rejection::reject;
use crate::transaction::{self, Planned};
use crate::turns::{Turn, Turns};

/// How often a batch may meet another worker's rows before it has to come again.
const COLLISIONS: usize = 10;
/// From this delivery on, an event that meets a row is suspected itself.
const SUSPICIOUS: u64 = 10;
/// How long a transaction waits for a row that somebody else has locked: one that carries several
/// accounts, and one of a single account, which keeps nobody else waiting.
const SHARED_PATIENCE: Duration = Duration::from_millis(500);
const SINGLE_PATIENCE: Duration = Duration::from_secs(5);

/// A transaction that takes longer waits for a database that is gone without a word.
const LONGEST: Duration = Duration::from_mins(2);

/// The appliers and what waits for them. Clones share both.
#[derive(Clone)]
pub(crate) struct Appliers(Arc<Inner>);

struct Inner {
    store: Store,
    publisher: Publisher,
    most: usize,
    queue: Mutex<Queue>,
}

struct Queue {
    turns: Turns<Waiting>,
    running: usize,
}

/// An event and where its outcome is awaited.
struct Waiting {
    planned: Planned,
    told: oneshot::Sender<Outcome>,
}

impl Appliers {
    pub(crate) fn new(config: &Config, store: Store, publisher: Publisher) -> Self {
        let (most, batch) = (config.sync_concurrency.into(), config.sync_batch.into());
        let queue = Mutex::new(Queue { turns: Turns::new(most, batch), running: 0 });
        Self(Arc::new(Inner { store, publisher, most, queue }))
    }

    /// Applies events and announces what happened. One outcome per event, in their order; none for
    /// one whose applier panicked.
    pub(crate) async fn apply(&self, events: Vec<Planned>) -> Vec<Option<Outcome>> {
        let mut outcomes = Vec::with_capacity(events.len());
        let turns = {
            let mut queue = self.0.queue();
            for planned in events {
                let (told, outcome) = oneshot::channel();
                queue.turns.add(planned.inbound.account, Waiting { planned, told });
                outcomes.push(outcome);
            }
            queue.begin(self.0.most)
        };
        self.start(turns);
        let mut all = Vec::with_capacity(outcomes.len());
        for outcome in outcomes {
            all.push(outcome.await.ok());
        }
        all
    }

    fn start(&self, turns: Vec<(Turn, Vec<Waiting>)>) {
        for (turn, events) in turns {
            tokio::spawn(Applier { appliers: self.clone(), turn: Some(turn) }.run(events));
        }
    }
}

impl Inner {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    /// The turns that may begin now.
    fn begin(&mut self, most: usize) -> Vec<(Turn, Vec<Waiting>)> {
        let mut turns = Vec::new();
        while self.running < most
            && let Some(turn) = self.turns.take()
        {
            self.running += 1;
            turns.push(turn);
        }
        turns
    }

    fn end(&mut self, turn: &Turn, troubled: &HashSet<AccountKey>) {
        self.running -= 1;
        self.turns.ended(turn, troubled);
    }
}

/// Takes turn after turn.
struct Applier {
    appliers: Appliers,
    turn: Option<Turn>,
}

impl Applier {
    async fn run(mut self, mut events: Vec<Waiting>) {
        let inner = Arc::clone(&self.appliers.0);
        loop {
            let troubled = inner.apply(events).await;
            let mut next = {
                let mut queue = inner.queue();
                if let Some(turn) = self.turn.take() {
                    queue.end(&turn, &troubled);
                }
                queue.begin(inner.most)
            };
            let Some((turn, some)) = next.pop() else { return };
            self.turn = Some(turn);
            self.appliers.start(next);
            events = some;
        }
    }
}

impl Drop for Applier {
    /// An applier that panicked ends its turn, of which everybody is suspected, and others go on.
    fn drop(&mut self) {
        let Some(turn) = self.turn.take() else { return };
        let troubled = turn.accounts.iter().copied().collect();
        let next = {
            let mut queue = self.appliers.0.queue();
            queue.end(&turn, &troubled);
            if std::thread::panicking() { queue.begin(self.appliers.0.most) } else { Vec::new() }
        };
        self.appliers.start(next);
    }
}

impl Inner {
    /// Applies events, all at once if the database takes them, else in ever smaller parts, so that
    /// one that it refuses does not keep the others waiting. Gives back whose events were in the way.
    async fn apply(&self, events: Vec<Waiting>) -> HashSet<AccountKey> {
        let mut troubled = HashSet::new();
        let mut parts = vec![events];
        let mut collisions = COLLISIONS;
        while let Some(part) = parts.pop() {
            let several = several(&part);
            let patience = if several { SHARED_PATIENCE } else { SINGLE_PATIENCE };
            let batch: Vec<&Planned> = part.iter().map(|waiting| &waiting.planned).collect();
            let applied_all = transaction::apply(&self.store, patience, &batch);
            let error = match store::within(LONGEST, applied_all).await {
                Ok(done) => {
                    match announce(&self.publisher, &batch, &done).await {
                        Ok(()) => applied(part),
                        Err(error) => put_off(part, &error.to_string()),
                    }
                    continue;
                }
                Err(error) => error,
            };
            match error {
                // Two transactions that insert the same new row at once may meet at the index that
                // `on conflict` does not watch. The next try finds the row.
                Error::Exists { .. } if collisions > 0 => {
                    collisions -= 1;
                    parts.push(part);
                }
                Error::Exists { .. } if part.iter().all(|w| w.planned.attempt < SUSPICIOUS) => {
                    put_off(part, &error.to_string());
                }
                // Somebody holds a row of one of them, for which the others shall not wait.
                Error::Conflict(_) if several => parts.extend(divided(part)),
                error if error.is_transient() => {
                    if matches!(error, Error::Conflict(_)) {
                        troubled.extend(part.first().map(Waiting::account));
                    }
                    put_off(part, &error.to_string());
                }
                error => match <[Waiting; 1]>::try_from(part) {
                    Ok([Waiting { planned, told }]) => {
                        troubled.insert(planned.inbound.account);
                        told.send(Err(self.refused(planned, error).await)).ok();
                    }
                    Err(part) => parts.extend(divided(part)),
                },
            }
        }
        troubled
    }

    /// The database will never take this event.
    async fn refused(&self, planned: Planned, error: Error) -> Failure {
        let Planned { inbound, sequence, digest, .. } = planned;
        reject(&self.store, "refused-by-database", &inbound, sequence, digest, error.into()).await
    }
}

impl Waiting {
    fn account(&self) -> AccountKey {
        self.planned.inbound.account
    }
}

fn several(part: &[Waiting]) -> bool {
    part.iter().any(|waiting| waiting.account() != part[0].account())
}

/// Two parts of about the same size, the first one last. An account's events stay together as long as
/// there are several accounts.
fn divided(mut part: Vec<Waiting>) -> [Vec<Waiting>; 2] {
    let middle = part.len() / 2;
    let boundary = (1..part.len())
        .filter(|&at| part[at - 1].account() != part[at].account())
        .min_by_key(|at| at.abs_diff(middle));
    let second = part.split_off(boundary.unwrap_or(middle));
    [second, part]
}

fn applied(part: Vec<Waiting>) {
    for waiting in part {
        // Nobody waits for it any more if the consumption was given up.
        waiting.told.send(Ok(())).ok();
    }
}

fn put_off(part: Vec<Waiting>, error: &str) {
    tracing::warn!(events = part.len(), error, "events will be tried again");
    for waiting in part {
        waiting.told.send(Err(Failure::Retry(error.to_owned().into()))).ok();
    }
}
