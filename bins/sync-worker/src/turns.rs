//! Whose events go into the next transaction.
//!
//! ```text
//! a few events of many accounts ──► one transaction for all of them
//! many events of one account ─────► a transaction of its own
//! an account that made trouble ───► a transaction of its own, for a while
//! ```
//!
//! Accounts take turns. Those that have a transaction of their own leave one applier to all the others.
//! One account has two transactions at once, more if each is full, and a quarter of the appliers at most
//! while others are about, with a rest behind each transaction; so what an account sends or fails at makes
//! nobody else wait for more than a small transaction, nor for processors that are busy with a flood.

use std::collections::{HashMap, HashSet, VecDeque};
use std::time::Duration;

use domain::AccountKey;

/// With more waiting events than this, an account has transactions of its own: among the few events
/// of others so many would make these wait for what is not theirs.
const CROWD: usize = 16;
/// After trouble, so many transactions of its own have to end well.
const PROBATION: u8 = 8;
/// Whoever had a few events is about for so many more turns: with a flood's, for some seconds.
const ABOUT: u64 = 64;
/// Meanwhile a flood rests for this part of the time that its transaction took, and not for longer than that:
/// it could keep all processors busy with one transaction behind the other.
const REST: u32 = 3;
const LONGEST_REST: Duration = Duration::from_millis(100);

/// What waits, by account.
#[derive(Debug)]
pub(crate) struct Turns<T> {
    batch: usize,
    /// How many transactions of single accounts at once, and how many of one account while others are about.
    single: usize,
    shared: usize,
    /// There are appliers for others while one rests.
    several: bool,
    accounts: HashMap<AccountKey, Account<T>>,
    /// Events of all of them.
    waiting: usize,
    /// The accounts that have something waiting, each once, in the order of their turns.
    order: VecDeque<AccountKey>,
    single_now: usize,
    /// Turns that were taken.
    taken: u64,
    /// The two accounts that last had a few events among those of others, and with which turn.
    calm: [Option<(AccountKey, u64)>; 2],
}

#[derive(Debug)]
struct Account<T> {
    waiting: VecDeque<T>,
    in_hand: usize,
    probation: u8,
}

/// Whose events a transaction carries; [`Turns::ended`] has to be told of its end.
#[derive(Debug)]
pub(crate) struct Turn {
    pub(crate) accounts: Vec<AccountKey>,
    single: bool,
    rests: bool,
}

impl Turn {
    /// How long its applier rests after it, if at all.
    pub(crate) fn rest(&self, took: Duration) -> Option<Duration> {
        self.rests.then(|| (took / REST).min(LONGEST_REST))
    }
}

impl<T> Account<T> {
    fn new() -> Self {
        Self { waiting: VecDeque::new(), in_hand: 0, probation: 0 }
    }

    fn stands_alone(&self) -> bool {
        self.probation > 0 || self.waiting.len() > CROWD
    }
}

impl<T> Turns<T> {
    /// For so many appliers, which take at most `batch` events at once.
    pub(crate) fn new(appliers: usize, batch: usize) -> Self {
        Self {
            batch: batch.max(1),
            single: appliers.saturating_sub(1).max(1),
            shared: (appliers / 4).max(1),
            several: appliers > 1,
            accounts: HashMap::new(),
            waiting: 0,
            order: VecDeque::new(),
            single_now: 0,
            taken: 0,
            calm: [None; 2],
        }
    }

    /// Puts an event behind those of its account.
    pub(crate) fn add(&mut self, account: AccountKey, event: T) {
        let entry = self.accounts.entry(account).or_insert_with(Account::new);
        if entry.waiting.is_empty() {
            self.order.push_back(account);
        }
        entry.waiting.push_back(event);
        self.waiting += 1;
    }

    /// How many events wait.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting
    }

    /// The next turn and its events, those of an account one behind the other in the order of their
    /// coming. None if nothing waits, or only what has to wait for the end of another turn.
    pub(crate) fn take(&mut self) -> Option<(Turn, Vec<T>)> {
        let mut turn = Turn { accounts: Vec::new(), single: false, rests: false };
        let mut events = Vec::new();
        for _ in 0..self.order.len() {
            let key = self.order.pop_front()?;
            let Some(account) = self.accounts.get_mut(&key) else { continue };
            let alone = account.stands_alone();
            let is_about =
                |(other, turn): &(AccountKey, u64)| *other != key && self.taken - turn < ABOUT;
            let others_about = self.calm.iter().flatten().any(is_about);
            let share = if others_about {
                self.shared
            } else if account.waiting.len() < self.batch {
                // A third one that carries little takes the processors from the first two.
                self.single.min(2)
            } else {
                self.single
            };
            let must_wait = account.in_hand >= share
                || alone && (self.single_now >= self.single || !events.is_empty());
            if must_wait {
                self.order.push_back(key);
                continue;
            }
            let most = self.batch - events.len();
            let count = account.waiting.len().min(most);
            events.extend(account.waiting.drain(..count));
            turn.accounts.push(key);
            account.in_hand += 1;
            if !account.waiting.is_empty() {
                self.order.push_back(key);
            }
            if alone {
                self.single_now += 1;
                turn.single = true;
                turn.rests = others_about && self.several;
            }
            if alone || events.len() == self.batch {
                break;
            }
        }
        if events.is_empty() {
            return None;
        }
        self.waiting -= events.len();
        self.taken += 1;
        if !turn.single {
            turn.accounts.iter().for_each(|key| self.saw_calm(*key));
        }
        Some((turn, events))
    }

    fn saw_calm(&mut self, key: AccountKey) {
        let [last, _] = self.calm;
        if last.is_some_and(|(other, _)| other != key) {
            self.calm[1] = last;
        }
        self.calm[0] = Some((key, self.taken));
    }

    /// Notes the end of a turn, and which of its accounts made trouble.
    pub(crate) fn ended(&mut self, turn: &Turn, troubled: &HashSet<AccountKey>) {
        if turn.single {
            self.single_now -= 1;
        }
        for key in &turn.accounts {
            let Some(account) = self.accounts.get_mut(key) else { continue };
            account.in_hand -= 1;
            if troubled.contains(key) {
                account.probation = PROBATION;
            } else if turn.single {
                account.probation = account.probation.saturating_sub(1);
            }
            if account.waiting.is_empty() && account.in_hand == 0 && account.probation == 0 {
                self.accounts.remove(key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOBODY: [AccountKey; 0] = [];

    fn accounts<const N: usize>() -> [AccountKey; N] {
        std::array::from_fn(|n| AccountKey(uuid::Uuid::from_u128(n as u128)))
    }

    fn add(turns: &mut Turns<u32>, account: AccountKey, events: u32) {
        for event in 0..events {
            turns.add(account, event);
        }
    }

    #[test]
    fn the_few_events_of_many_share_a_transaction() {
        let mut turns = Turns::new(4, 10);
        let all = accounts::<7>();
        for account in all {
            add(&mut turns, account, 2);
        }
        let (first, events) = turns.take().unwrap();
        assert_eq!((first.accounts.as_slice(), events.len()), (&all[..5], 10));
        assert_eq!(turns.waiting(), 4);
        assert_eq!(turns.take().unwrap().0.accounts, all[5..]);
        assert!(turns.take().is_none());
        assert_eq!(turns.waiting(), 0);
    }

    #[test]
    fn a_flood_leaves_an_applier_and_others_do_not_travel_with_it() {
        let mut turns = Turns::new(4, 200);
        let [flood, quiet] = accounts();
        add(&mut turns, flood, 50_000);
        let (first, events) = turns.take().unwrap();
        assert_eq!((events.len(), events[0], events[199]), (200, 0, 199));
        let (second, _) = turns.take().unwrap();
        let (third, _) = turns.take().unwrap();
        assert!(turns.take().is_none(), "three of four appliers are all it gets");
        add(&mut turns, quiet, 1);
        let (theirs, _) = turns.take().unwrap();
        assert_eq!(theirs.accounts, [quiet]);
        turns.ended(&theirs, &NOBODY.into());

        turns.ended(&first, &NOBODY.into());
        turns.ended(&second, &NOBODY.into());
        assert!(turns.take().is_none(), "one is all it gets while somebody else is about");
        let mut running = third;
        for _ in 0..ABOUT - 1 {
            turns.ended(&running, &NOBODY.into());
            running = turns.take().unwrap().0;
            assert!(turns.take().is_none());
        }
        turns.ended(&running, &NOBODY.into());
        for _ in 0..3 {
            turns.take().unwrap();
        }
        assert!(turns.take().is_none(), "three again, once nobody else was seen for long");
    }

    #[test]
    fn a_third_transaction_of_one_account_begins_full_or_not_at_all() {
        let mut turns = Turns::new(4, 100);
        let [only] = accounts();
        for _ in 0..2 {
            add(&mut turns, only, 50);
            turns.take().unwrap();
        }
        add(&mut turns, only, 99);
        assert!(turns.take().is_none());
        add(&mut turns, only, 1);
        assert_eq!(turns.take().unwrap().1.len(), 100);
    }

    #[test]
    fn the_few_events_of_one_account_alone_are_not_held_back_by_themselves() {
        let mut turns = Turns::new(4, 10);
        let [only] = accounts();
        add(&mut turns, only, 1);
        turns.take().unwrap();
        add(&mut turns, only, 1);
        turns.take().unwrap();
    }

    #[test]
    fn several_floods_leave_an_applier_to_the_others_and_take_turns() {
        let mut turns = Turns::new(4, 100);
        let [a, b, c, quiet] = accounts();
        for flood in [a, b, c] {
            add(&mut turns, flood, 1000);
        }
        let mut running: VecDeque<Turn> = (0..3).map(|_| turns.take().unwrap().0).collect();
        assert!(turns.take().is_none());
        add(&mut turns, quiet, 3);
        assert_eq!(turns.take().unwrap().0.accounts, [quiet]);
        let mut served = Vec::new();
        for _ in 0..6 {
            turns.ended(&running.pop_front().unwrap(), &NOBODY.into());
            let next = turns.take().unwrap().0;
            served.extend(next.accounts.iter().copied());
            running.push_back(next);
        }
        assert_eq!(served, [a, b, c, a, b, c]);
    }

    #[test]
    fn beside_others_a_flood_rests_after_each_turn() {
        let took = Duration::from_millis(30);
        let rests = |appliers, both: bool| {
            let mut turns = Turns::new(appliers, 100);
            let [flood, quiet] = accounts();
            add(&mut turns, quiet, 1);
            let (calm, _) = turns.take().unwrap();
            assert_eq!(calm.rest(took), None);
            turns.ended(&calm, &NOBODY.into());
            add(&mut turns, if both { flood } else { quiet }, 1000);
            turns.take().unwrap().0.rest(took)
        };
        assert_eq!(rests(4, true), Some(Duration::from_millis(10)));
        assert_eq!(rests(4, false), None, "nobody else is about");
        assert_eq!(rests(1, true), None, "others would have to wait for it");
        let stuck = Turn { accounts: Vec::new(), single: true, rests: true };
        assert_eq!(stuck.rest(Duration::from_mins(2)), Some(LONGEST_REST));
    }

    #[test]
    fn who_made_trouble_travels_alone_until_all_is_well_for_a_while() {
        let mut turns = Turns::new(4, 100);
        let [bad, good] = accounts();
        let both = |turns: &mut Turns<u32>| {
            add(turns, bad, 1);
            add(turns, good, 1);
        };
        both(&mut turns);
        let (turn, _) = turns.take().unwrap();
        assert_eq!(turn.accounts, [bad, good]);
        turns.ended(&turn, &[bad].into());
        for _ in 0..PROBATION {
            both(&mut turns);
            let (alone, together) = (turns.take().unwrap().0, turns.take().unwrap().0);
            assert_eq!((&alone.accounts[..], &together.accounts[..]), (&[bad][..], &[good][..]));
            turns.ended(&alone, &NOBODY.into());
            turns.ended(&together, &NOBODY.into());
        }
        both(&mut turns);
        let (turn, _) = turns.take().unwrap();
        assert_eq!(turn.accounts, [bad, good]);
        turns.ended(&turn, &NOBODY.into());
        assert!(turns.accounts.is_empty(), "nothing is remembered of those who are at rest");
    }

    #[test]
    fn one_applier_serves_everybody() {
        let mut turns = Turns::new(1, 100);
        let [flood, quiet] = accounts();
        add(&mut turns, flood, 1000);
        add(&mut turns, quiet, 1);
        let (turn, _) = turns.take().unwrap();
        turns.ended(&turn, &NOBODY.into());
        assert_eq!(turns.take().unwrap().0.accounts, [quiet]);
    }
}
