//! Decides which conversations this process works on.
//!
//! There are so many lanes. An account has a few of them at most and a tenant some more, so that a slow or busy one leaves
//! room for others, however many accounts it has. A conversation is in at most one lane. A conversation that finds no
//! lane is noted, and taken over by the next lane that has nothing else to do, whoever that worked for before. Tenants
//! with the fewest lanes come first, in turn, and among their accounts those with the fewest.
//!
//! The wake-up of a noted conversation is spent. When a lane fails at its own conversation, its wake-up is redelivered,
//! and it sees to the notes then. When it finds another process at work on it, it sees to the notes first, of which
//! there may always be more: so its wake-up is redelivered only if there are none, and otherwise the conversation goes
//! back to the relay, which publishes its row again at once. So does a noted conversation when either happens with it,
//! and the lane goes on with the next one. When a lane ends early, the next note goes back too, so that a wake-up comes
//! to see to the others. Only notes that are lost with the process have to wait until the relay publishes the rows by
//! itself.

mod tenant;
#[cfg(test)]
mod tests;

use std::collections::hash_map::{Entry, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::{AccountKey, ConversationId, TenantId};

use self::tenant::Tenant;
use crate::relay::Returned;

/// The most conversations that are noted for one account. The relay publishes the others again.
const MOST_WAITING: usize = 10_000;
/// The most that are noted for all accounts, except that each may have [`FEW`].
const MOST_NOTED: usize = 100_000;
/// So many are noted for an account whatever is noted for others.
const FEW: usize = 100;

/// A conversation and its account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Spot {
    pub(crate) account: AccountKey,
    pub(crate) conversation: ConversationId,
}

/// How many lanes there are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Widths {
    pub(crate) per_account: usize,
    pub(crate) per_tenant: usize,
    pub(crate) all: usize,
}

/// All lanes.
#[derive(Debug)]
pub(crate) struct Lanes {
    widths: Widths,
    places: Mutex<Places>,
    returned: Arc<Returned>,
}

/// Who has lanes, and who waits for one.
#[derive(Debug, Default)]
struct Places {
    tenants: HashMap<TenantId, Tenant>,
    /// How many lanes all have.
    busy: usize,
    /// How many conversations are noted.
    noted: usize,
    /// Numbers notes and lanes in the order in which they are made.
    turn: u64,
}

impl Places {
    fn note(&mut self, name: &TenantId, spot: Spot) {
        self.turn += 1;
        let noted = self.tenants.entry(name.clone()).or_default().note(spot, self.turn);
        self.noted += usize::from(noted);
    }

    /// Whether there is room for one more note.
    fn has_room(&self, name: &TenantId, account: AccountKey) -> bool {
        let waiting = self.tenants.get(name).map_or(0, |tenant| tenant.waiting(account));
        waiting < if self.noted < MOST_NOTED { MOST_WAITING } else { FEW }
    }

    /// Takes a lane for a conversation. Returns `false` if there is none.
    fn take(&mut self, name: &TenantId, spot: Spot, widths: Widths) -> bool {
        self.turn += 1;
        let free = self.busy < widths.all
            && self.tenants.entry(name.clone()).or_default().take(spot, self.turn, widths);
        self.busy += usize::from(free);
        free
    }

    fn leave(&mut self, name: &TenantId, spot: Spot) {
        let Entry::Occupied(mut tenant) = self.tenants.entry(name.clone()) else { return };
        self.busy -= usize::from(tenant.get_mut().leave(spot));
        if tenant.get().is_idle() {
            tenant.remove();
        }
    }

    /// Takes the next noted conversation: that of the tenant with the fewest lanes, or of several such tenants, the one
    /// that has waited longest for one; and of its account with the fewest.
    fn next(&mut self, widths: Widths) -> Option<(TenantId, Spot)> {
        let waiting = self.tenants.iter().filter_map(|(name, tenant)| {
            tenant.first(widths).map(|first| ((tenant.rank(), first), name))
        });
        let ((_, first), name) = waiting.min_by_key(|(rank, _)| *rank)?;
        let name = name.clone();
        self.turn += 1;
        let spot = self.tenants.get_mut(&name)?.take_noted(first, self.turn)?;
        self.noted -= 1;
        self.busy += 1;
        Some((name, spot))
    }
}

/// The result of asking for a lane.
#[derive(Debug)]
pub(crate) enum Place {
    /// A lane, with the conversation in it.
    Lane(Lane),
    /// No lane: somebody else will see to the conversation, now or when it is published again.
    Noted,
}

/// The right to work on conversations, one after the other.
#[derive(Debug)]
pub(crate) struct Lane {
    lanes: Arc<Lanes>,
    /// The conversation that its wake-up is about.
    own: Spot,
    /// The present conversation and its tenant.
    current: Option<(TenantId, Spot)>,
}

impl Lanes {
    pub(crate) fn new(widths: Widths, returned: Arc<Returned>) -> Arc<Self> {
        let Widths { per_account, per_tenant, all } = widths;
        let (per_account, per_tenant, all) = (per_account.max(1), per_tenant.max(1), all.max(1));
        let widths = Widths { per_account, per_tenant, all };
        Arc::new(Self { widths, places: Mutex::default(), returned })
    }

    fn lock(&self) -> MutexGuard<'_, Places> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks for a lane for a conversation.
    pub(crate) fn enter(self: &Arc<Self>, name: &TenantId, spot: Spot) -> Place {
        let mut places = self.lock();
        if places.take(name, spot, self.widths) {
            let current = Some((name.clone(), spot));
            return Place::Lane(Lane { lanes: Arc::clone(self), own: spot, current });
        }
        if places.has_room(name, spot.account) {
            places.note(name, spot);
        }
        Place::Noted
    }

    /// Gives all notes back to the relay, when no lane is going to take them any more.
    pub(crate) fn give_back(&self) {
        let mut places = self.lock();
        places.noted = 0;
        for conversation in places.tenants.values_mut().flat_map(Tenant::forget_notes) {
            self.returned.add(conversation);
        }
    }
}

impl Lane {
    /// Notes the present conversation behind the others.
    pub(crate) fn note_again(&self) {
        if let Some((tenant, spot)) = &self.current {
            self.lanes.lock().note(tenant, *spot);
        }
    }

    /// Gives a conversation that cannot be worked on now back to the relay, so that it is not forgotten.
    pub(crate) fn put_off(&self, spot: Spot) {
        self.lanes.returned.add(spot.conversation);
    }

    /// Releases the conversation and takes another one. Returns `None` if there is none.
    pub(crate) fn next(&mut self) -> Option<Spot> {
        let mut places = self.lanes.lock();
        if let Some((tenant, done)) = self.current.take() {
            places.leave(&tenant, done);
        }
        self.current = places.next(self.lanes.widths);
        self.current.as_ref().map(|(_, spot)| *spot)
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        let Some((tenant, failed)) = self.current.take() else { return };
        if failed != self.own {
            self.put_off(failed);
        }
        let mut places = self.lanes.lock();
        places.leave(&tenant, failed);
        // Nobody else may come to take it.
        let Some((tenant, next)) = places.next(self.lanes.widths) else { return };
        places.leave(&tenant, next);
        drop(places);
        self.put_off(next);
    }
}
