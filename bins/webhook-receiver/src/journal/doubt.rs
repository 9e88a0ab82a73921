//! What the stream may have lost, and which run of the server has everything.

use std::sync::atomic::Ordering;
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Instant;

use super::confirmed::{Confirmed, LookedFor};
use super::{Shared, Stretch};

impl Shared {
    /// Everything still here that was handed out for publishing by now. The mark is no measure: one
    /// slow event holds it back while the stream acknowledges, and may lose, many after it.
    pub(crate) fn handed_out(self: &Arc<Self>) -> Stretch {
        let below = self.ledger().mark.below.max(self.handed_out.load(Ordering::Acquire));
        Stretch::below(Arc::clone(self), below)
    }

    /// The run of the NATS server that has everything published; none if it lacks something that it
    /// refused and that is to be tried again.
    pub(crate) fn healed_server(&self) -> Option<String> {
        let ledger = self.ledger();
        ledger.mark.server.clone().filter(|_| ledger.mark.refused.is_empty())
    }

    /// Remembers the run of the NATS server that has everything published. It may have got much of
    /// it just now, so age counts from here on.
    pub(crate) fn note_healed(&self, server: &str) {
        let mut ledger = self.ledger();
        ledger.mark.server = Some(server.to_owned());
        for segment in &mut ledger.segments {
            segment.published_at = None;
        }
    }

    /// No run of the server is known to have everything: all is about to be published again, and what was
    /// confirmed before means nothing any more.
    pub(crate) fn doubt(&self) {
        self.ledger().mark.server = None;
        *self.looked_for() = LookedFor::default();
    }

    /// The stream has confirmed this event.
    pub(crate) fn confirmed(&self, confirmed: Confirmed) {
        self.looked_for().add(confirmed, Instant::now());
    }

    /// What is looked for in the stream.
    pub(crate) fn to_look_for(&self) -> Vec<Confirmed> {
        self.looked_for().all()
    }

    /// It is in its place.
    pub(crate) fn found(&self, confirmed: Confirmed) {
        self.looked_for().found(confirmed);
    }

    /// Whether the stream told lately that what is looked for is there.
    pub(crate) fn note_looked(&self, told: bool) {
        self.untold.store(!told, Ordering::Relaxed);
    }

    pub(super) fn looked_for(&self) -> MutexGuard<'_, LookedFor> {
        self.looked_for.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
