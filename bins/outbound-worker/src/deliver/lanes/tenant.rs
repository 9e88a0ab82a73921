//! The lanes and notes of one tenant.

use std::collections::hash_map::{Entry, HashMap};
use std::collections::{HashSet, VecDeque};

use domain::{AccountKey, ConversationId};

use super::{Spot, Widths};

#[derive(Debug, Default)]
pub(super) struct Tenant {
    accounts: HashMap<AccountKey, Account>,
    /// How many lanes all its accounts have.
    busy: usize,
    /// The turn in which it last got one.
    served: u64,
}

#[derive(Debug, Default)]
struct Account {
    busy: HashSet<ConversationId>,
    /// Conversations in the order of their arrival, each once.
    waiting: VecDeque<(u64, ConversationId)>,
    noted: HashSet<ConversationId>,
}

/// The note that comes first, by how many lanes its account has, and by its turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct First {
    busy: usize,
    turn: u64,
    account: AccountKey,
    /// Where it is in the account's list.
    place: usize,
}

impl Tenant {
    /// How many lanes it has, and when it last got one: those that are low come first.
    pub(super) fn rank(&self) -> (usize, u64) {
        (self.busy, self.served)
    }

    /// Whether it has neither lanes nor notes.
    pub(super) fn is_idle(&self) -> bool {
        self.accounts.is_empty()
    }

    /// How many conversations are noted for an account.
    pub(super) fn waiting(&self, account: AccountKey) -> usize {
        self.accounts.get(&account).map_or(0, |account| account.waiting.len())
    }

    /// Notes a conversation. Returns false if it was noted already.
    pub(super) fn note(&mut self, spot: Spot, turn: u64) -> bool {
        let account = self.accounts.entry(spot.account).or_default();
        let new = account.noted.insert(spot.conversation);
        if new {
            account.waiting.push_back((turn, spot.conversation));
        }
        new
    }

    /// Takes a lane for a conversation. Returns `false` if there is none.
    pub(super) fn take(&mut self, spot: Spot, turn: u64, widths: Widths) -> bool {
        let account = self.accounts.entry(spot.account).or_default();
        let free = self.busy < widths.per_tenant
            && account.busy.len() < widths.per_account
            && account.busy.insert(spot.conversation);
        if free {
            self.busy += 1;
            self.served = turn;
        }
        free
    }

    /// Releases a lane. Returns false if the conversation had none.
    pub(super) fn leave(&mut self, spot: Spot) -> bool {
        let Entry::Occupied(mut account) = self.accounts.entry(spot.account) else { return false };
        let left = account.get_mut().busy.remove(&spot.conversation);
        self.busy -= usize::from(left);
        if account.get().busy.is_empty() && account.get().waiting.is_empty() {
            account.remove();
        }
        left
    }

    /// The note that a lane takes next, if there is one and the tenant may have one more lane.
    pub(super) fn first(&self, widths: Widths) -> Option<First> {
        if self.busy >= widths.per_tenant {
            return None;
        }
        let firsts = self.accounts.iter().filter_map(|(key, account)| {
            // A conversation that is in another lane stays noted; that lane, or a later one, takes it.
            let free = |(_, waiting): &(u64, ConversationId)| !account.busy.contains(waiting);
            let place = account.waiting.iter().position(free)?;
            let turn = account.waiting.get(place)?.0;
            let busy = account.busy.len();
            (busy < widths.per_account).then_some(First { busy, turn, account: *key, place })
        });
        firsts.min()
    }

    /// Takes a lane for this note.
    pub(super) fn take_noted(&mut self, first: First, turn: u64) -> Option<Spot> {
        let account = self.accounts.get_mut(&first.account)?;
        let (_, conversation) = account.waiting.remove(first.place)?;
        account.noted.remove(&conversation);
        account.busy.insert(conversation);
        self.busy += 1;
        self.served = turn;
        Some(Spot { account: first.account, conversation })
    }

    /// Forgets all notes, and returns them.
    pub(super) fn forget_notes(&mut self) -> Vec<ConversationId> {
        let mut forgotten = Vec::new();
        for account in self.accounts.values_mut() {
            account.noted.clear();
            forgotten.extend(account.waiting.drain(..).map(|(_, conversation)| conversation));
        }
        forgotten
    }
}
