//! Publishes outbox rows that are due, as wake-ups for the worker that carries them out.
//!
//! Every worker runs a relay. They share the rows by skipping those that another one has locked. A row stays, and is
//! published again after [`AGAIN`] unless it is settled or put off meanwhile, so a lost wake-up, or a stream that lost
//! its tail, costs time and nothing else. What waits behind another command of its conversation is published again ever
//! more seldom, since that one's wake-up is its own ([`outbox::published`]). A row whose wake-up this worker knows to
//! be lost ([`Returned`]), or may be (because publishing it could not be recorded), is published again after [`SOON`].

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bus::{PublishError, Publisher};
use domain::ConversationId;
use service::retry::Policy;
use store::{Store, outbox};
use tokio::sync::Notify;
use tokio::time::timeout;

use crate::fence::Fence;
use crate::rounds::Rounds;

/// The most rows that are published in a round, and the most of one account among them.
const BATCH: i64 = 500;
const SHARE: i64 = 100;
/// When a row that was published is published again, if it is its conversation's first.
const AGAIN: Duration = Duration::from_mins(1);
/// When a row whose wake-up was spent in vain is published again. Most likely another process still works on it, or the
/// database has just come back.
const SOON: Duration = Duration::from_millis(500);
/// The most conversations that are published again so soon.
const MOST_RETURNED: usize = 10_000;
/// The longest time between two rounds, in case notifications were lost with the listener's connection.
const PATIENCE: Duration = Duration::from_secs(5);
/// A round that takes longer waits for a server that has silently gone away. So may a listener that has heard nothing
/// for as long as `QUIET`.
const LONGEST: Duration = Duration::from_mins(1);
const QUIET: Duration = Duration::from_mins(5);
/// The shortest time between two rounds, so that one round serves all rows that become due meanwhile.
const GRAIN: Duration = Duration::from_millis(10);

/// What is wrong if the database's notifications of new rows do not arrive.
pub(crate) const DEAF: &str = "nobody hears of new commands, as through a proxy that pools connections: set \
                               DATABASE_DIRECT_URL to the server's own address. Until then they leave up \
                               to five seconds late";

/// Publishes rows that are due.
pub(crate) struct Relay {
    pub(crate) store: Store,
    pub(crate) publisher: Publisher,
    /// Notified when rows were added or put off.
    pub(crate) wake: Arc<Notify>,
    pub(crate) returned: Arc<Returned>,
    /// Nothing is published of a database that is an older copy.
    pub(crate) fence: Fence,
    /// Whether the last round failed.
    pub(crate) failing: Arc<AtomicBool>,
}

#[derive(Debug, thiserror::Error)]
enum RelayError {
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    Publish(#[from] PublishError),
    #[error("cannot encode a wake-up")]
    Serialize(#[from] serde_json::Error),
}

impl Relay {
    /// Publishes for ever. Cancel safe: what was published but not recorded is published again under the same id.
    pub(crate) async fn run(self) {
        let mut rounds = Rounds::new("publish outbox rows", LONGEST);
        loop {
            let done = rounds.next(self.round()).await;
            self.failing.store(done.is_none(), Ordering::Relaxed);
            if let Some(wait) = done {
                // Notified or not, it is time for the next round.
                timeout(wait, self.wake.notified()).await.ok();
            } else {
                // Rows that are added meanwhile do not make it work any sooner.
                tokio::time::sleep(rounds.pause()).await;
            }
        }
    }

    /// Publishes a batch. Returns how long to wait before the next round.
    async fn round(&self) -> Result<Duration, RelayError> {
        if self.fence.is_outdated() {
            return Ok(PATIENCE);
        }
        let longest = if self.returned.publish_soon(&self.store).await? { PATIENCE } else { SOON };
        let mut transaction = self.store.worker().await?;
        let due = outbox::take_due(&mut transaction, BATCH, SHARE).await?;
        let mut failure = None;
        if !due.is_empty() {
            let envelopes = due
                .iter()
                .map(|(command, trace)| command.envelope(&trace.child()))
                .collect::<Result<Vec<_>, _>>()?;
            let answers = self.publisher.publish_all(envelopes).await;
            let (mut published, mut repeated) = (Vec::with_capacity(due.len()), Vec::new());
            for ((command, _), answer) in due.iter().zip(answers) {
                match answer {
                    // An earlier round published it but could not record that. That wake-up may have been spent in
                    // vain by now, and the stream drops this one. The next one has another id.
                    Ok(stored) if stored.duplicate => repeated.push(command.operation),
                    Ok(_) => published.push(command.operation),
                    Err(error) => failure = Some(error),
                }
            }
            outbox::published(&mut transaction, &published, AGAIN).await?;
            if !repeated.is_empty() {
                outbox::published(&mut transaction, &repeated, SOON).await?;
            }
            metrics::counter!("axis_outbox_published_total").increment(published.len() as u64);
        }
        let next = outbox::next_due(&mut transaction).await?;
        store::commit(transaction).await?;
        match failure {
            Some(error) => Err(error.into()),
            None => Ok(next.map_or(longest, |wait| wait.clamp(GRAIN, longest))),
        }
    }
}

/// Conversations whose wake-ups were spent in vain.
#[derive(Debug, Default)]
pub(crate) struct Returned {
    wake: Arc<Notify>,
    conversations: Mutex<HashSet<ConversationId>>,
}

impl Returned {
    /// `wake` is notified of each.
    pub(crate) fn new(wake: Arc<Notify>) -> Self {
        Self { wake, conversations: Mutex::default() }
    }

    pub(crate) fn add(&self, conversation: ConversationId) {
        let mut conversations = self.lock();
        if conversations.len() < MOST_RETURNED {
            conversations.insert(conversation);
        }
        self.wake.notify_one();
    }

    /// Lists the conversations.
    pub(crate) fn all(&self) -> Vec<ConversationId> {
        self.lock().iter().copied().collect()
    }

    /// Has the conversations' rows published again soon, by whichever relay comes first. Returns whether that is all of
    /// them. Those whose rows are locked are kept until the next time, since the transaction of whoever failed at one may
    /// not have ended yet.
    pub(crate) async fn publish_soon(&self, store: &Store) -> Result<bool, store::Error> {
        let all = self.all();
        if all.is_empty() {
            return Ok(true);
        }
        let mut transaction = store.worker().await?;
        let locked = outbox::again(&mut transaction, &all, SOON).await?;
        store::commit(transaction).await?;
        let locked: HashSet<_> = locked.into_iter().collect();
        let mut conversations = self.lock();
        for conversation in all.iter().filter(|one| !locked.contains(one)) {
            conversations.remove(conversation);
        }
        Ok(locked.is_empty())
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<ConversationId>> {
        self.conversations.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Passes on the database's notifications of new rows, and reconnects when the connection is lost. `deaf` is set while
/// notifications do not arrive.
pub(crate) async fn listen(store: Store, wake: Arc<Notify>, deaf: Arc<AtomicBool>) {
    let mut failures = 0;
    loop {
        let error = match store.wakeups().await {
            Ok(mut wakeups) => {
                failures = 0;
                let was_deaf = deaf.swap(wakeups.are_deaf(), Ordering::Relaxed);
                if wakeups.are_deaf() && !was_deaf {
                    tracing::warn!("{DEAF}");
                }
                loop {
                    // Also right after connecting, since nobody listened until then.
                    wake.notify_one();
                    match timeout(QUIET, wakeups.next()).await {
                        Ok(Ok(())) => deaf.store(false, Ordering::Relaxed),
                        Ok(Err(error)) => break Some(error),
                        Err(_) => break None,
                    }
                }
            }
            Err(error) => Some(error),
        };
        let Some(error) = error else { continue };
        failures += 1;
        tracing::debug!(%error, "cannot listen for new outbox rows; looking for them instead");
        tokio::time::sleep(Policy::NEAR.delay(failures)).await;
    }
}
