//! Events that the database does not finish in time, though each has a transaction of its own.
//!
//! The database may be at fault, being busy or stuck. So an event is given up only after several tries, and if the
//! database then takes the record of that.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::EventId;

use super::Waiting;

/// How often such an event is tried.
const TRIES: u8 = 3;

/// How often each event was tried by this process. Deliveries are not counted: the database may have been away for most
/// of them.
#[derive(Default)]
pub(super) struct Overlong(Mutex<HashMap<EventId, u8>>);

impl Overlong {
    /// Notes that an event alone took too long. Returns whether to give it up; if that cannot be recorded, it has all of
    /// its tries again.
    pub(super) fn is_hopeless(&self, part: &[Waiting]) -> bool {
        let [Waiting { planned, .. }] = part else { return false };
        let mut tries = self.tries();
        let count = tries.entry(planned.inbound.id).or_default();
        *count += 1;
        let hopeless = *count >= TRIES;
        if hopeless {
            tries.remove(&planned.inbound.id);
        }
        hopeless
    }

    /// Forgets events that were applied.
    pub(super) fn end(&self, part: &[Waiting]) {
        let mut tries = self.tries();
        if tries.is_empty() {
            return;
        }
        for Waiting { planned, .. } in part {
            tries.remove(&planned.inbound.id);
        }
    }

    fn tries(&self) -> MutexGuard<'_, HashMap<EventId, u8>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
