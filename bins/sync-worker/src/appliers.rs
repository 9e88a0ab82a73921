//! Where the events of all accounts meet: a few appliers take what waits, one transaction at a time.
//!
//! If only a few events wait, they wait for the end of the transaction that has just begun: one transaction for all of
//! them costs less than another one beside it. Appliers are tasks that exist while something waits. Each event's
//! outcome is reported as soon as it is known, not when the whole turn is over.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bus::{Failure, Outcome, Publisher};
use domain::{AccountKey, in_words};
use events::Inbound;
use store::{Error, Limits, Store, Transaction};
use tokio::sync::{Notify, oneshot};

use self::overlong::Overlong;
use self::parts::{divided, several};
use crate::Config;
use crate::announce::{AnnounceError, Announcements, UnderWay};
use crate::rejection::Rejection;
use crate::transaction::{self, Planned};
use crate::turns::{Turn, Turns};

/// How often a batch may collide with another worker's rows before it has to be redelivered.
const COLLISIONS: usize = 10;
/// From this delivery on, an event that collides with a row is itself suspected.
const SUSPICIOUS: u64 = 10;
/// The limits of a transaction that carries several accounts: all of them wait for it. Whoever needs more gets a turn of
/// its own.
const SHARED: Limits = Limits { lock: Duration::from_millis(500), ..SINGLE };
/// Those of a transaction of a single account, which keeps nobody else waiting.
const SINGLE: Limits = Limits { lock: Duration::from_secs(5), statement: Duration::from_secs(10) };
/// Those of the transaction of an event alone, in a turn of its account's own.
const ALONE: Limits = Limits { statement: Duration::from_mins(1), ..SINGLE };

/// At most this many events wait, and for at most this long, for the end of the transaction that began last.
const FEW: usize = 16;
const GATHERING: Duration = Duration::from_millis(20);

/// A transaction that takes longer waits for a database that has silently gone away: any of its statements may take half
/// of that at most.
const LONGEST: Duration = Duration::from_mins(2);

/// The appliers and the events that wait for them. Clones share both.
#[derive(Clone)]
pub(crate) struct Appliers(Arc<Inner>);

struct Inner {
    store: Store,
    publisher: Publisher,
    most: usize,
    queue: Mutex<Queue>,
    overlong: Overlong,
    /// Notified when something was written.
    written: Arc<Notify>,
}

struct Queue {
    turns: Turns<Waiting>,
    running: usize,
    /// When the last turn began.
    begun: Instant,
    /// Whether a task will check if the events have waited long enough.
    watched: bool,
}

/// An event and where its outcome is awaited.
struct Waiting {
    planned: Planned,
    told: oneshot::Sender<Outcome>,
}

impl Appliers {
    pub(crate) fn new(config: &Config, store: Store, publisher: Publisher) -> Self {
        let (most, batch) = (config.sync_concurrency.into(), config.sync_batch.into());
        let turns = Turns::new(most, batch);
        let queue = Queue { turns, running: 0, begun: Instant::now(), watched: false };
        let queue = Mutex::new(queue);
        let overlong = Overlong::default();
        Self(Arc::new(Inner { store, publisher, most, queue, overlong, written: Arc::default() }))
    }

    /// Is notified of commits, perhaps once for several.
    pub(crate) fn written(&self) -> Arc<Notify> {
        Arc::clone(&self.0.written)
    }

    /// Applies events and announces what happened. Returns one outcome per event, in order: `None` for one whose
    /// applier panicked.
    pub(crate) async fn apply(&self, events: Vec<Planned>) -> Vec<Option<Outcome>> {
        let mut outcomes = Vec::with_capacity(events.len());
        let turns = {
            let mut queue = self.0.queue();
            for planned in events {
                let (told, outcome) = oneshot::channel();
                let Inbound { tenant, account, .. } = &planned.inbound;
                let (tenant, account) = (tenant.clone(), *account);
                queue.turns.add(&tenant, account, Waiting { planned, told });
                outcomes.push(outcome);
            }
            self.begin(&mut queue)
        };
        self.start(turns);
        let mut all = Vec::with_capacity(outcomes.len());
        for outcome in outcomes {
            all.push(outcome.await.ok());
        }
        all
    }

    /// The turns that may begin now.
    fn begin(&self, queue: &mut Queue) -> Vec<(Turn, Vec<Waiting>)> {
        let turns = queue.begin(self.0.most);
        if queue.gathers() && !queue.watched {
            queue.watched = true;
            tokio::spawn(self.clone().watch());
        }
        turns
    }

    /// Lets events that wait for a transaction that does not end begin all the same.
    async fn watch(self) {
        tokio::time::sleep(GATHERING).await;
        let turns = {
            let mut queue = self.0.queue();
            queue.watched = false;
            self.begin(&mut queue)
        };
        self.start(turns);
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
            && !self.gathers()
            && let Some(turn) = self.turns.take()
        {
            self.running += 1;
            self.begun = Instant::now();
            turns.push(turn);
        }
        turns
    }

    /// Whether only a few events wait, which then wait a little longer for the end of the last turn.
    fn gathers(&self) -> bool {
        let waiting = self.turns.waiting();
        self.running > 0 && (1..=FEW).contains(&waiting) && self.begun.elapsed() < GATHERING
    }

    fn end(&mut self, turn: &Turn, troubled: &HashSet<AccountKey>) {
        self.running -= 1;
        self.turns.ended(turn, troubled);
    }
}

/// The transaction of the next turn, which has not locked or read anything yet.
struct Begun {
    transaction: Transaction,
    limits: Limits,
}

/// Takes turn after turn.
struct Applier {
    appliers: Appliers,
    turn: Option<Turn>,
}

impl Applier {
    async fn run(mut self, mut events: Vec<Waiting>) {
        let inner = Arc::clone(&self.appliers.0);
        let mut begun = None;
        loop {
            let since = Instant::now();
            let own = self.turn.as_ref().is_some_and(Turn::is_of_one);
            let troubled = inner.apply(events, own, &mut begun).await;
            if let Some(rest) = self.turn.as_ref().and_then(|turn| turn.rest(since.elapsed())) {
                tokio::time::sleep(rest).await;
            }
            let mut next = {
                let mut queue = inner.queue();
                if let Some(turn) = self.turn.take() {
                    queue.end(&turn, &troubled);
                }
                self.appliers.begin(&mut queue)
            };
            let Some((turn, some)) = next.pop() else { return };
            self.turn = Some(turn);
            self.appliers.start(next);
            events = some;
        }
    }
}

impl Drop for Applier {
    /// When an applier panics, its turn ends, all of that turn's accounts go on probation, and other appliers go on.
    fn drop(&mut self) {
        let Some(turn) = self.turn.take() else { return };
        let troubled = turn.accounts.iter().copied().collect();
        let next = {
            let mut queue = self.appliers.0.queue();
            queue.end(&turn, &troubled);
            if std::thread::panicking() { self.appliers.begin(&mut queue) } else { Vec::new() }
        };
        self.appliers.start(next);
    }
}

impl Inner {
    /// Applies events: all at once if the database accepts them, or else in ever smaller parts, so that one that it
    /// refuses does not keep the others waiting. The turn may be a single account's `own`. Returns the accounts whose
    /// events caused trouble.
    async fn apply(
        &self,
        events: Vec<Waiting>,
        own: bool,
        begun: &mut Option<Begun>,
    ) -> HashSet<AccountKey> {
        let mut troubled = HashSet::new();
        let mut parts = vec![events];
        let mut collisions = COLLISIONS;
        while let Some(part) = parts.pop() {
            let several = several(&part);
            let alone = own && part.len() == 1;
            let limits = match () {
                () if several => SHARED,
                () if alone => ALONE,
                () => SINGLE,
            };
            let batch: Vec<&Planned> = part.iter().map(|waiting| &waiting.planned).collect();
            let applied_all = self.transact(limits, &batch, begun);
            let error = match store::within(LONGEST, applied_all).await {
                Ok(Ok(announcements)) => {
                    self.overlong.end(&part);
                    let told = announcements.start(&self.publisher).await;
                    // The next transaction need not wait for the stream.
                    tokio::spawn(confirm(self.publisher.clone(), told, part));
                    continue;
                }
                Ok(Err(error)) => {
                    put_off(part, error);
                    continue;
                }
                Err(error) => error,
            };
            let is_overlong = matches!(error, Error::Overlong(_));
            let hopeless = alone && is_overlong && self.overlong.is_hopeless(&part);
            match error {
                // Two transactions that insert the same new row at once may meet at the index that
                // `on conflict` does not watch. The next try finds the row.
                Error::Exists { .. } if collisions > 0 => {
                    collisions -= 1;
                    parts.push(part);
                }
                // Split the batch, so that only the event that keeps colliding is held back.
                Error::Exists { .. } if part.len() > 1 => parts.extend(divided(part)),
                Error::Exists { .. } if part.iter().all(|w| w.planned.attempt < SUSPICIOUS) => {
                    troubled.extend(part.first().map(Waiting::account));
                    put_off(part, error);
                }
                // Split the batch, so that only the account whose row is locked has to wait.
                Error::Conflict(_) if several => parts.extend(divided(part)),
                // Who is to blame is found out in small parts, and, if others' events wait, in turns of its own.
                Error::Overlong(_) if several || (own && !alone) => parts.extend(divided(part)),
                error if error.is_transient() && !hopeless => {
                    if matches!(error, Error::Conflict(_) | Error::Overlong(_)) {
                        troubled.extend(part.first().map(Waiting::account));
                    }
                    put_off(part, error);
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

    /// Applies all events or none. If more events wait, the next transaction begins as this one commits. The
    /// announcements are written during the commit.
    async fn transact(
        &self,
        limits: Limits,
        batch: &[&Planned],
        begun: &mut Option<Begun>,
    ) -> Result<Result<Announcements, AnnounceError>, Error> {
        let mut transaction = match begun.take() {
            Some(begun) if begun.limits == limits => begun.transaction,
            _ => self.store.worker_within(limits).await?,
        };
        let applied = transaction::apply(&mut transaction, batch).await?;
        let more_wait = self.queue().turns.waiting() > 0;
        let commit = async {
            if !more_wait {
                return store::commit(transaction).await;
            }
            let transaction = store::commit_and_begin(transaction, limits).await?;
            *begun = Some(Begun { transaction, limits });
            Ok(())
        };
        let write = Announcements::write(batch, applied);
        let (committed, announcements) = tokio::join!(biased; commit, write);
        committed?;
        self.written.notify_one();
        Ok(announcements)
    }

    /// Rejects an event that the database will never accept.
    async fn refused(&self, planned: Planned, error: Error) -> Failure {
        let Planned { inbound, sequence, digest, .. } = planned;
        let (inbound, reason, error) = (&inbound, "refused-by-database", error.into());
        Rejection { inbound, sequence, digest, reason, error }.note(&self.store).await
    }
}

impl Waiting {
    fn account(&self) -> AccountKey {
        self.planned.inbound.account
    }
}

/// Reports events as done once the stream has their announcements. The bound on events in hand bounds how many wait.
async fn confirm(publisher: Publisher, told: UnderWay, part: Vec<Waiting>) {
    if let Err(error) = told.confirmed(&publisher).await {
        return put_off(part, error);
    }
    for waiting in part {
        // Fails if nobody waits for it any more, because the consumption was given up.
        waiting.told.send(Ok(())).ok();
    }
}

fn put_off(part: Vec<Waiting>, error: impl std::error::Error + Send + Sync + 'static) {
    // The consumption logs one warning for what comes back to it as a batch.
    tracing::debug!(events = part.len(), error = in_words(&error), "events will be tried again");
    let cause = Arc::new(error);
    for waiting in part {
        waiting.told.send(Err(Failure::Retry(Arc::clone(&cause).into()))).ok();
    }
}

mod overlong;
mod parts;
#[cfg(test)]
mod tests;
