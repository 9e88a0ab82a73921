//! Decides which conversations this process works on.
//!
//! An account has a few lanes and a tenant some more, so that a slow or busy one leaves room for others, however many
//! accounts it has. A conversation is in at most one lane. A conversation that finds no lane is noted, and taken over
//! by the next lane of its tenant that has nothing else to do. Accounts with the fewest lanes come first.
//!
//! The wake-up of a noted conversation is spent. When a lane fails at its own conversation, or finds another process at
//! work on it, its wake-up is redelivered, and it sees to the notes then. When that happens with a noted conversation,
//! it goes back to the relay, which publishes its row again at once. Only notes that are lost with the process have to
//! wait until the relay publishes the rows by itself.

use std::collections::hash_map::{Entry, HashMap};
use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::{AccountKey, ConversationId, TenantId};

use crate::relay::Returned;

/// The most conversations that are noted for one account. The relay publishes the others again.
const MOST_WAITING: usize = 10_000;

/// A conversation and its account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Spot {
    pub(crate) account: AccountKey,
    pub(crate) conversation: ConversationId,
}

/// All lanes.
#[derive(Debug)]
pub(crate) struct Lanes {
    per_account: usize,
    per_tenant: usize,
    tenants: Mutex<HashMap<TenantId, Tenant>>,
    returned: Arc<Returned>,
}

#[derive(Debug, Default)]
struct Tenant {
    accounts: HashMap<AccountKey, Account>,
    /// How many lanes all its accounts have.
    busy: usize,
    /// Numbers the notes in the order of their arrival.
    turn: u64,
}

#[derive(Debug, Default)]
struct Account {
    busy: HashSet<ConversationId>,
    /// Conversations in the order of their arrival, each once.
    waiting: VecDeque<(u64, ConversationId)>,
    noted: HashSet<ConversationId>,
}

impl Tenant {
    fn note(&mut self, spot: Spot) {
        let account = self.accounts.entry(spot.account).or_default();
        if account.noted.insert(spot.conversation) {
            self.turn += 1;
            account.waiting.push_back((self.turn, spot.conversation));
        }
    }

    /// Takes a lane for a conversation. Returns `false` if there is none.
    fn take(&mut self, spot: Spot, per_account: usize, per_tenant: usize) -> bool {
        let account = self.accounts.entry(spot.account).or_default();
        let free = self.busy < per_tenant
            && account.busy.len() < per_account
            && account.busy.insert(spot.conversation);
        self.busy += usize::from(free);
        free
    }

    fn leave(&mut self, spot: Spot) {
        let Entry::Occupied(mut account) = self.accounts.entry(spot.account) else { return };
        self.busy -= usize::from(account.get_mut().busy.remove(&spot.conversation));
        if account.get().busy.is_empty() && account.get().waiting.is_empty() {
            account.remove();
        }
    }

    /// Takes the next noted conversation: that of the account with the fewest lanes, or of several such accounts, the
    /// one that has waited longest.
    fn next(&mut self, per_account: usize) -> Option<Spot> {
        let places = self.accounts.iter().filter_map(|(key, account)| {
            // A conversation that is in another lane stays noted; that lane, or a later one, takes it.
            let free = |(_, waiting): &(u64, ConversationId)| !account.busy.contains(waiting);
            let place = account.waiting.iter().position(free)?;
            let turn = account.waiting.get(place)?.0;
            let room = account.busy.len() < per_account;
            room.then_some((account.busy.len(), turn, *key, place))
        });
        let (_, _, key, place) = places.min()?;
        let account = self.accounts.get_mut(&key)?;
        let (_, conversation) = account.waiting.remove(place)?;
        account.noted.remove(&conversation);
        account.busy.insert(conversation);
        self.busy += 1;
        Some(Spot { account: key, conversation })
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

/// The right to work on conversations of a tenant, one after the other.
#[derive(Debug)]
pub(crate) struct Lane {
    lanes: Arc<Lanes>,
    tenant: TenantId,
    /// The conversation that its wake-up is about.
    own: Spot,
    current: Option<Spot>,
}

impl Lanes {
    pub(crate) fn new(per_account: usize, per_tenant: usize, returned: Arc<Returned>) -> Arc<Self> {
        let (per_account, per_tenant) = (per_account.max(1), per_tenant.max(1));
        Arc::new(Self { per_account, per_tenant, tenants: Mutex::default(), returned })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<TenantId, Tenant>> {
        self.tenants.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks for a lane for a conversation.
    pub(crate) fn enter(self: &Arc<Self>, name: &TenantId, spot: Spot) -> Place {
        let mut tenants = self.lock();
        let tenant = tenants.entry(name.clone()).or_default();
        if tenant.take(spot, self.per_account, self.per_tenant) {
            let (lanes, tenant) = (Arc::clone(self), name.clone());
            return Place::Lane(Lane { lanes, tenant, own: spot, current: Some(spot) });
        }
        let account = tenant.accounts.get(&spot.account);
        if account.is_none_or(|account| account.waiting.len() < MOST_WAITING) {
            tenant.note(spot);
        }
        Place::Noted
    }

    /// Gives all notes back to the relay, when no lane is going to take them any more.
    pub(crate) fn give_back(&self) {
        for account in self.lock().drain().flat_map(|(_, tenant)| tenant.accounts.into_values()) {
            for (_, conversation) in account.waiting {
                self.returned.add(conversation);
            }
        }
    }
}

impl Lane {
    /// Notes a conversation behind the others.
    pub(crate) fn note(&self, spot: Spot) {
        self.lanes.lock().entry(self.tenant.clone()).or_default().note(spot);
    }

    /// Makes sure that a conversation which cannot be worked on now is not forgotten. Returns whether the wake-up has
    /// to be redelivered for that.
    pub(crate) fn put_off(&self, spot: Spot) -> bool {
        let own = spot == self.own;
        if !own {
            self.lanes.returned.add(spot.conversation);
        }
        own
    }

    /// Releases the conversation and takes another one. Returns `None` if there is none.
    pub(crate) fn next(&mut self) -> Option<Spot> {
        let mut tenants = self.lanes.lock();
        let tenant = tenants.entry(self.tenant.clone()).or_default();
        if let Some(done) = self.current.take() {
            tenant.leave(done);
        }
        self.current = tenant.next(self.lanes.per_account);
        self.current
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        if let Some(failed) = self.current {
            self.put_off(failed);
        }
        let mut tenants = self.lanes.lock();
        if let Entry::Occupied(mut tenant) = tenants.entry(self.tenant.clone()) {
            if let Some(done) = self.current.take() {
                tenant.get_mut().leave(done);
            }
            if tenant.get().accounts.is_empty() {
                tenant.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lane(place: Place) -> Lane {
        match place {
            Place::Lane(lane) => lane,
            Place::Noted => panic!("noted"),
        }
    }

    fn lanes(per_account: usize, per_tenant: usize) -> Arc<Lanes> {
        Lanes::new(per_account, per_tenant, Arc::default())
    }

    fn tenant(name: &str) -> TenantId {
        name.parse().unwrap()
    }

    fn of(account: AccountKey) -> Spot {
        Spot { account, conversation: ConversationId::generate() }
    }

    fn any() -> Spot {
        of(AccountKey::generate())
    }

    #[test]
    fn a_busy_conversation_is_noted_once_and_taken_again_by_its_own_lane() {
        let (lanes, acme, spot) = (lanes(4, 8), tenant("acme"), any());
        let mut first = lane(lanes.enter(&acme, spot));
        assert!(matches!(lanes.enter(&acme, spot), Place::Noted));
        assert!(matches!(lanes.enter(&acme, spot), Place::Noted));
        assert_eq!(first.next(), Some(spot));
        assert_eq!(first.next(), None);
    }

    #[test]
    fn a_full_account_notes_and_another_one_goes_on() {
        let (lanes, acme, a) = (lanes(1, 8), tenant("acme"), any());
        let (b, c) = (of(a.account), of(a.account));
        let mut first = lane(lanes.enter(&acme, a));
        assert!(matches!(lanes.enter(&acme, b), Place::Noted));
        assert!(matches!(lanes.enter(&acme, c), Place::Noted));
        let _elsewhere = lane(lanes.enter(&acme, any()));
        assert_eq!((first.next(), first.next(), first.next()), (Some(b), Some(c), None));
    }

    #[test]
    fn a_tenant_of_many_accounts_leaves_room_for_another_one() {
        let (lanes, acme) = (lanes(4, 2), tenant("acme"));
        let (a, b, c) = (any(), any(), any());
        let mut first = lane(lanes.enter(&acme, a));
        let mut second = lane(lanes.enter(&acme, b));
        assert!(matches!(lanes.enter(&acme, c), Place::Noted));
        let _elsewhere = lane(lanes.enter(&tenant("zeta"), any()));
        assert_eq!((second.next(), second.next()), (Some(c), None));
        assert_eq!(first.next(), None);
        drop((first, second));
        assert!(matches!(lanes.enter(&acme, c), Place::Lane(_)));
    }

    #[test]
    fn a_free_lane_goes_to_the_account_that_has_the_fewest() {
        let (lanes, acme) = (lanes(3, 3), tenant("acme"));
        let (a, b) = (any(), any());
        let mut first = lane(lanes.enter(&acme, a));
        let _second = lane(lanes.enter(&acme, of(a.account)));
        let mut third = lane(lanes.enter(&acme, of(a.account)));
        let again = of(a.account);
        for spot in [again, b] {
            assert!(matches!(lanes.enter(&acme, spot), Place::Noted));
        }
        assert_eq!(first.next(), Some(b), "which has none, though the other has waited longer");
        assert_eq!(third.next(), Some(again));
    }

    #[test]
    fn one_that_is_noted_again_lets_the_others_pass() {
        let (lanes, acme, a) = (lanes(1, 8), tenant("acme"), any());
        let b = of(a.account);
        let mut first = lane(lanes.enter(&acme, a));
        assert!(matches!(lanes.enter(&acme, b), Place::Noted));
        first.note(a);
        assert_eq!((first.next(), first.next(), first.next()), (Some(b), Some(a), None));
    }

    #[test]
    fn a_note_outlives_the_lane_and_is_found_by_the_next_one() {
        let (lanes, acme, a) = (lanes(1, 8), tenant("acme"), any());
        let b = of(a.account);
        let first = lane(lanes.enter(&acme, a));
        assert!(matches!(lanes.enter(&acme, b), Place::Noted));
        drop(first);
        let mut second = lane(lanes.enter(&acme, a));
        assert_eq!((second.next(), second.next()), (Some(b), None));
        assert!(lanes.returned.all().is_empty());
    }

    #[test]
    fn a_noted_one_that_fails_or_is_put_off_goes_back_to_the_relay() {
        let (lanes, acme, a) = (lanes(1, 8), tenant("acme"), any());
        let (b, c) = (of(a.account), of(a.account));
        let mut first = lane(lanes.enter(&acme, a));
        for spot in [b, c] {
            assert!(matches!(lanes.enter(&acme, spot), Place::Noted));
        }
        assert!(first.put_off(a), "its own wake-up comes again");
        assert_eq!(first.next(), Some(b));
        assert!(!first.put_off(b));
        assert_eq!(first.next(), Some(c));
        drop(first);
        let mut returned = lanes.returned.all();
        returned.sort();
        let mut expected = [b.conversation, c.conversation];
        expected.sort();
        assert_eq!(returned, expected);
    }

    #[test]
    fn what_is_noted_at_the_end_goes_back_too() {
        let (lanes, acme, a) = (lanes(1, 8), tenant("acme"), any());
        let b = of(a.account);
        drop(lane(lanes.enter(&acme, a)));
        let _first = lane(lanes.enter(&acme, a));
        assert!(matches!(lanes.enter(&acme, b), Place::Noted));
        lanes.give_back();
        assert_eq!(lanes.returned.all(), [b.conversation]);
    }

    #[test]
    fn a_dropped_lane_frees_its_place() {
        let (lanes, acme, spot) = (lanes(1, 1), tenant("acme"), any());
        drop(lane(lanes.enter(&acme, spot)));
        assert!(lanes.lock().is_empty());
        lane(lanes.enter(&acme, spot));
    }
}
