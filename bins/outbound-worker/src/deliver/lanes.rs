//! Who works on what, in this process.
//!
//! An account has a few lanes, so that a slow or busy one leaves room for others. A conversation is
//! in one lane at most. What finds no lane is noted and taken over by the next lane of its account
//! that has nothing else to do; a note lost with the process is repaired by the relay, which
//! publishes the row again.

use std::collections::hash_map::{Entry, HashMap};
use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::{AccountKey, ConversationId};

/// Most conversations noted for one account. The relay publishes the others again.
const MOST_WAITING: usize = 10_000;

/// All lanes.
#[derive(Debug)]
pub(crate) struct Lanes {
    per_account: usize,
    accounts: Mutex<HashMap<AccountKey, Account>>,
}

#[derive(Debug, Default)]
struct Account {
    busy: HashSet<ConversationId>,
    /// In the order of their coming, each once.
    waiting: VecDeque<ConversationId>,
    noted: HashSet<ConversationId>,
}

impl Account {
    fn note(&mut self, conversation: ConversationId) {
        if self.noted.insert(conversation) {
            self.waiting.push_back(conversation);
        }
    }
}

/// What came of asking for a lane.
#[derive(Debug)]
pub(crate) enum Place {
    /// A lane, with the conversation in it.
    Lane(Lane),
    /// Somebody else will see to the conversation, now or when it is published again.
    Noted,
}

/// The right to work on one conversation of an account after the other.
#[derive(Debug)]
pub(crate) struct Lane {
    lanes: Arc<Lanes>,
    account: AccountKey,
    current: Option<ConversationId>,
}

impl Lanes {
    pub(crate) fn new(per_account: usize) -> Arc<Self> {
        Arc::new(Self { per_account: per_account.max(1), accounts: Mutex::default() })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<AccountKey, Account>> {
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks for a lane.
    pub(crate) fn enter(self: &Arc<Self>, key: AccountKey, conversation: ConversationId) -> Place {
        let mut accounts = self.lock();
        let account = accounts.entry(key).or_default();
        if account.busy.len() < self.per_account && !account.busy.contains(&conversation) {
            account.busy.insert(conversation);
            let lanes = Arc::clone(self);
            return Place::Lane(Lane { lanes, account: key, current: Some(conversation) });
        }
        if account.waiting.len() < MOST_WAITING {
            account.note(conversation);
        }
        Place::Noted
    }
}

impl Lane {
    /// Puts a conversation at the end of the line.
    pub(crate) fn note(&self, conversation: ConversationId) {
        self.lanes.lock().entry(self.account).or_default().note(conversation);
    }

    /// Lets go of the conversation and takes the one that has waited longest, if there is one.
    pub(crate) fn next(&mut self) -> Option<ConversationId> {
        let mut accounts = self.lanes.lock();
        let account = accounts.entry(self.account).or_default();
        if let Some(done) = self.current.take() {
            account.busy.remove(&done);
        }
        // One that is in another lane stays where it is; that lane, or a later one, takes it.
        let free = account.waiting.iter().position(|waiting| !account.busy.contains(waiting));
        let conversation = free.and_then(|position| account.waiting.remove(position));
        if let Some(conversation) = conversation {
            account.noted.remove(&conversation);
            account.busy.insert(conversation);
        }
        self.current = conversation;
        conversation
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        let mut accounts = self.lanes.lock();
        if let Entry::Occupied(mut account) = accounts.entry(self.account) {
            if let Some(done) = self.current.take() {
                account.get_mut().busy.remove(&done);
            }
            if account.get().busy.is_empty() && account.get().waiting.is_empty() {
                account.remove();
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

    #[test]
    fn a_busy_conversation_is_noted_once_and_taken_again_by_its_own_lane() {
        let lanes = Lanes::new(4);
        let (account, conversation) = (AccountKey::generate(), ConversationId::generate());
        let mut first = lane(lanes.enter(account, conversation));
        assert!(matches!(lanes.enter(account, conversation), Place::Noted));
        assert!(matches!(lanes.enter(account, conversation), Place::Noted));
        assert_eq!(first.next(), Some(conversation));
        assert_eq!(first.next(), None);
    }

    #[test]
    fn a_full_account_notes_and_another_one_goes_on() {
        let lanes = Lanes::new(1);
        let (one, other) = (AccountKey::generate(), AccountKey::generate());
        let (a, b, c) =
            (ConversationId::generate(), ConversationId::generate(), ConversationId::generate());
        let mut first = lane(lanes.enter(one, a));
        assert!(matches!(lanes.enter(one, b), Place::Noted));
        assert!(matches!(lanes.enter(one, c), Place::Noted));
        let _elsewhere = lane(lanes.enter(other, a));
        assert_eq!((first.next(), first.next(), first.next()), (Some(b), Some(c), None));
    }

    #[test]
    fn one_that_is_noted_again_lets_the_others_pass() {
        let lanes = Lanes::new(1);
        let (account, a, b) =
            (AccountKey::generate(), ConversationId::generate(), ConversationId::generate());
        let mut first = lane(lanes.enter(account, a));
        assert!(matches!(lanes.enter(account, b), Place::Noted));
        first.note(a);
        assert_eq!((first.next(), first.next(), first.next()), (Some(b), Some(a), None));
    }

    #[test]
    fn a_note_outlives_the_lane_and_is_found_by_the_next_one() {
        let lanes = Lanes::new(1);
        let (account, a, b) =
            (AccountKey::generate(), ConversationId::generate(), ConversationId::generate());
        let first = lane(lanes.enter(account, a));
        first.note(b);
        drop(first);
        let mut second = lane(lanes.enter(account, a));
        assert_eq!((second.next(), second.next()), (Some(b), None));
    }

    #[test]
    fn a_dropped_lane_frees_its_place() {
        let lanes = Lanes::new(1);
        let (account, conversation) = (AccountKey::generate(), ConversationId::generate());
        drop(lane(lanes.enter(account, conversation)));
        assert!(lanes.lock().is_empty());
        lane(lanes.enter(account, conversation));
    }
}
