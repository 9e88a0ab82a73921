//! Keeps track of what the stream may have lost, and which run of the server has everything.

use std::ops::Range;
use std::sync::atomic::Ordering;
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Instant;

use super::confirmed::{Confirmed, LookedFor};
use super::{Record, Shared, Stretch};

impl Shared {
    /// Above every event that was handed out for publishing so far. The mark does not tell that: one slow event holds it
    /// back while the stream acknowledges, and may lose, many later ones.
    pub(crate) fn handed_out(&self) -> u64 {
        self.ledger().mark.below.max(self.handed_out.load(Ordering::Acquire))
    }

    /// Every event below this is on disk, or was refused. What was handed out last may not be.
    pub(crate) fn settled_below(&self) -> u64 {
        *self.settled_below.borrow()
    }

    /// What the journal still holds of these sequences, once all of them are on disk.
    pub(crate) async fn stretch(self: &Arc<Self>, sequences: Range<u64>) -> Stretch {
        let mut settled = self.settled_below.subscribe();
        // Fails only if the journal were gone, which is held here.
        let _ = settled.wait_for(|settled| *settled >= sequences.end).await;
        Stretch::of(Arc::clone(self), sequences)
    }

    /// Returns the run of the NATS server that has everything published, or `None` if it lacks an event that it refused
    /// and that has to be tried again.
    pub(crate) fn healed_server(&self) -> Option<String> {
        let ledger = self.ledger();
        ledger.mark.server.clone().filter(|_| ledger.mark.refused.is_empty())
    }

    /// Notes the run of the NATS server that has everything published.
    pub(crate) fn note_healed(&self, server: &str) {
        self.ledger().mark.server = Some(server.to_owned());
    }

    /// Notes that the stream has an event that it was given again. Unless that is a duplicate, it had lacked it.
    pub(crate) fn taken(&self, sequence: u64, duplicate: bool) {
        self.ledger().taken(sequence, duplicate, Instant::now());
    }

    /// Leaves out the events that the stream cannot lack.
    pub(crate) fn leave_what_may_be_lost(&self, records: &mut Vec<Record>) {
        let ledger = self.ledger();
        records.retain(|record| ledger.may_be_lost(record.sequence));
    }

    /// Notes that no run of the server is known to have everything. All of it is about to be published again, and
    /// earlier confirmations mean nothing any more.
    pub(crate) fn doubt(&self) {
        {
            let mut ledger = self.ledger();
            ledger.mark.server = None;
            ledger.set_in_doubt(true, Instant::now());
        }
        *self.looked_for() = LookedFor::default();
    }

    /// Notes that the stream has confirmed an event.
    pub(crate) fn confirmed(&self, confirmed: Confirmed) {
        self.looked_for().add(confirmed, Instant::now());
    }

    /// Notes that the stream has confirmed an event, and then none of those that were sent with it.
    pub(crate) fn confirmed_last(&self, confirmed: Confirmed) {
        self.looked_for().add_last(confirmed);
    }

    /// The confirmed events to check in the stream.
    pub(crate) fn to_look_for(&self) -> Vec<Confirmed> {
        self.looked_for().all()
    }

    /// Whether there is any.
    pub(crate) fn looks_for_any(&self) -> bool {
        self.looked_for().furthest().is_some()
    }

    /// Notes that a confirmed event is in its place.
    pub(crate) fn found(&self, confirmed: Confirmed) {
        self.looked_for().found(confirmed);
    }

    /// Notes whether the last check of the stream could be made.
    pub(crate) fn note_looked(&self, told: bool) {
        self.untold.store(!told, Ordering::Relaxed);
    }

    pub(super) fn looked_for(&self) -> MutexGuard<'_, LookedFor> {
        self.looked_for.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
