//! Handles wake-ups: carries out the commands of their conversations and settles them.
//!
//! ```text
//! wake-up ──► a lane ──► the conversation's lock ──► its first command, carried out and settled ─┐
//!                                                        ▲                                       │
//!                                                        └── until none is left, or it waits ────┘
//! ```
//!
//! Nobody sleeps with a wake-up in hand: a command that has to wait is put off in its row, and the relay publishes it
//! in time. Only a command that is under way waits for its host's next token (`stay`).

mod carrier;
mod change;
mod files;
mod hold_back;
mod job;
mod lanes;
mod learn;
mod look_up;
mod not_done;
mod own;
mod redeliver;
mod send;
mod settle;
mod stay;
mod tell;

use std::sync::Arc;
use std::time::Duration;

use bus::{Delivery, Failure, Handler, Outcome};
use domain::{Command, ConversationId, OperationId, in_words};
use events::{TraceParent, WakeUp};
use store::{Store, Transaction, outbox};

pub(crate) use carrier::{Carrier, Parts};
pub(crate) use lanes::{Lanes, Widths};
use lanes::{Place, Spot};
use settle::Carried;
#[cfg(test)]
pub(crate) use stay::LONGEST_STAY;

/// How soon a wake-up is redelivered that found another process at work on its conversation.
const WHILE_LOCKED: Duration = Duration::from_millis(250);
/// A lane that fails at so many noted conversations in a row ends, since something is wrong that is none of theirs.
const MOST_FAILURES: usize = 3;
/// The most commands of a conversation that are carried out in a row, so that other conversations get their turn.
const MOST_IN_A_ROW: usize = 100;

/// A conversation's lock, which is held for as long as this exists.
struct Lock(Transaction);

impl Lock {
    /// Fails if the lock was lost: then somebody else may be at work on the conversation.
    async fn assert_held(&mut self) -> Result<(), store::Error> {
        outbox::assert_locked(&mut self.0).await
    }
}

/// How far a conversation's commands were carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Drained {
    /// Nothing is left to do now.
    Done,
    /// The first command, which is this one, waits, and so do those behind it.
    HeldUp(OperationId),
    /// Other conversations have their turn first, or the program stops.
    More,
    /// Another process is at work on it.
    Locked,
    /// It was noted, and something went wrong.
    Failed,
}

/// Handles wake-ups.
pub(crate) struct Deliverer {
    carrier: Carrier,
    locks: Store,
    lanes: Arc<Lanes>,
}

impl Deliverer {
    pub(crate) fn new(carrier: Carrier, locks: Store, lanes: Arc<Lanes>) -> Self {
        Self { carrier, locks, lanes }
    }

    async fn deliver(&self, delivery: &Delivery) -> Outcome {
        let wake_up: WakeUp = serde_json::from_slice(&delivery.payload).map_err(|error| {
            let (reason, error) = ("undecodable", error.into());
            Failure::Reject { reason, error, recorded: false }
        })?;
        if self.carrier.fence.is_outdated() {
            // The relay publishes the row again once the database is confirmed.
            return Ok(());
        }
        let spot = Spot { account: wake_up.account, conversation: wake_up.conversation };
        let mut lane = match self.lanes.enter(&wake_up.tenant, spot) {
            Place::Lane(lane) => lane,
            Place::Noted => return Ok(()),
        };
        let (own, mut current, mut failures) = (spot, spot, 0);
        let (mut told, mut own_is_locked) = (false, false);
        loop {
            let is_own = current == own;
            let drained = self.drain(current.conversation).await;
            let drained = match drained {
                Ok(drained) => drained,
                Err(error) if is_own => return Err(Failure::Retry(error.into())),
                Err(error) => failed(current, &error),
            };
            if is_own {
                own_is_locked = drained == Drained::Locked;
            }
            failures = if drained == Drained::Failed { failures + 1 } else { 0 };
            match drained {
                // At once: the lane does not end while others always have more to do.
                Drained::HeldUp(first) if is_own && first != wake_up.operation && !told => {
                    told = true;
                    self.tell_held_up(delivery, &wake_up).await;
                }
                Drained::More => lane.note_again(),
                // The wake-up that has the lane may be another tenant's, and is none the worse for it.
                Drained::Failed if failures == MOST_FAILURES => return Ok(()),
                Drained::Done | Drained::HeldUp(_) | Drained::Locked | Drained::Failed => {}
            }
            if self.carrier.shutdown.is_cancelled() {
                return Err(Failure::RetryAfter(WHILE_LOCKED, "the worker stops".into()));
            }
            let next = lane.next();
            match drained {
                Drained::Locked if is_own && next.is_none() => {}
                Drained::Locked | Drained::Failed => lane.put_off(current),
                _ => {}
            }
            current = match next {
                Some(next) => next,
                // Although it was put off: only this wake-up can tell of its command that it waits.
                None if own_is_locked => {
                    let reason = "another worker has the conversation".into();
                    return Err(Failure::RetryAfter(WHILE_LOCKED, reason));
                }
                None => return Ok(()),
            };
        }
    }

    async fn tell_held_up(&self, delivery: &Delivery, wake_up: &WakeUp) {
        if wake_up.command == Command::SEND_MESSAGE {
            let trace = delivery.headers.read(TraceParent::HEADER);
            let trace = trace.unwrap_or_else(|_| TraceParent::generate());
            self.carrier.tell_held_up(wake_up, &trace).await;
        }
    }

    /// Carries out the due commands of a conversation.
    async fn drain(&self, conversation: ConversationId) -> Result<Drained, store::Error> {
        let locked = store::within(store::PATIENCE, self.lock(conversation)).await?;
        let Some(mut lock) = locked else { return Ok(Drained::Locked) };
        let drained = self.drain_locked(conversation, &mut lock).await;
        // If this fails, the connection is gone, and the lock with it.
        store::within(store::PATIENCE, store::rollback(lock.0)).await.ok();
        drained
    }

    async fn lock(&self, conversation: ConversationId) -> Result<Option<Lock>, store::Error> {
        let mut transaction = self.locks.holder().await?;
        let locked = outbox::lock(&mut transaction, conversation).await?;
        Ok(locked.then_some(Lock(transaction)))
    }

    async fn drain_locked(
        &self,
        conversation: ConversationId,
        lock: &mut Lock,
    ) -> Result<Drained, store::Error> {
        for _ in 0..MOST_IN_A_ROW {
            let carried = Box::pin(self.carry_next(conversation, lock));
            if let Some(drained) = store::within(self.carrier.config.longest(), carried).await? {
                return Ok(drained);
            }
            if self.carrier.shutdown.is_cancelled() {
                break;
            }
        }
        Ok(Drained::More)
    }

    /// Carries out the first command of a conversation. Returns `None` if the next one may follow.
    async fn carry_next(
        &self,
        conversation: ConversationId,
        lock: &mut Lock,
    ) -> Result<Option<Drained>, store::Error> {
        let Some(entry) = self.carrier.head(conversation).await? else {
            return Ok(Some(Drained::Done));
        };
        let settled =
            entry.due_in.is_zero() && self.carrier.carry(&entry, lock).await? == Carried::Settled;
        Ok((!settled).then_some(Drained::HeldUp(entry.operation)))
    }
}

/// A noted conversation's failure, which nobody else hears of.
fn failed(spot: Spot, error: &store::Error) -> Drained {
    let error = in_words(error);
    let Spot { account, conversation } = spot;
    tracing::warn!(%account, %conversation, error, "cannot carry out commands, trying again");
    Drained::Failed
}

impl Handler for Deliverer {
    async fn handle(&self, batch: Vec<Delivery>) -> Vec<Outcome> {
        let mut outcomes = Vec::with_capacity(batch.len());
        for delivery in &batch {
            outcomes.push(self.deliver(delivery).await);
        }
        outcomes
    }
}
