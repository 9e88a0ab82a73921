//! Decides whose events go into the next transaction.
//!
//! ```text
//! a few events of many accounts ──► one transaction for all of them
//! many events of one account ─────► a transaction of its own
//! an account that made trouble ───► a transaction of its own, for a while
//! ```
//!
//! Accounts take turns. Those with transactions of their own leave one applier to all the others. One account has two
//! transactions at once, or more if each is full, and at most a quarter of the appliers while other accounts are
//! active, with a rest after each transaction. So what an account sends, or fails at, makes nobody else wait for more
//! than a small transaction, nor for processors that are busy with a flood. While other tenants are active, or have
//! anything waiting, all accounts of a tenant that have transactions of their own share that quarter.

use std::collections::{HashMap, HashSet, VecDeque};
use std::time::Duration;

use domain::{AccountKey, TenantId};

/// An account with more waiting events than this gets transactions of its own, so that the few events of others do not
/// wait for its many.
const CROWD: usize = 16;
/// How many transactions of its own have to succeed after an account caused trouble.
const PROBATION: u8 = 8;
/// An account counts as active for this many turns after its last shared one, which is some seconds during a flood.
const ABOUT: u64 = 64;
/// While others are active, a flood rests for one part in this many of the time that its transaction took, up to a
/// limit. Otherwise it could keep all processors busy with one transaction after another.
const REST: u32 = 3;
const LONGEST_REST: Duration = Duration::from_millis(100);

/// The waiting events, by account.
#[derive(Debug)]
pub(crate) struct Turns<T> {
    batch: usize,
    /// The most transactions of single accounts at once, and the most of one account, or of one tenant, while others
    /// are active.
    single: usize,
    shared: usize,
    /// Whether there are appliers for others while one rests.
    several: bool,
    accounts: HashMap<AccountKey, Account<T>>,
    /// The number of waiting events of all accounts.
    waiting: usize,
    /// The accounts with waiting events, each once, in the order of their turns.
    order: VecDeque<AccountKey>,
    /// The tenants with waiting events, and in how many accounts.
    waiting_now: HashMap<TenantId, usize>,
    /// The tenants with transactions of single accounts under way, and how many.
    single_now: HashMap<TenantId, usize>,
    /// How many turns were taken.
    taken: u64,
    /// The accounts, and tenants, that last shared a transaction with others.
    calm_accounts: Calm<AccountKey>,
    calm_tenants: Calm<TenantId>,
}

/// The two that were last seen, each with its turn.
#[derive(Debug)]
struct Calm<K>([Option<(K, u64)>; 2]);

#[derive(Debug)]
struct Account<T> {
    tenant: TenantId,
    waiting: VecDeque<T>,
    in_hand: usize,
    probation: u8,
}

/// Whose events a transaction carries. Its end must be reported to [`Turns::ended`].
#[derive(Debug)]
pub(crate) struct Turn {
    pub(crate) accounts: Vec<AccountKey>,
    /// The tenant, if the transaction is a single account's own.
    single: Option<TenantId>,
    rests: bool,
}

impl Turn {
    /// Whether the transaction is a single account's own.
    pub(crate) fn is_of_one(&self) -> bool {
        self.single.is_some()
    }

    /// How long the applier rests after a transaction that `took` this long. Returns `None` if it does not rest.
    pub(crate) fn rest(&self, took: Duration) -> Option<Duration> {
        self.rests.then(|| (took / REST).min(LONGEST_REST))
    }
}

impl<K: PartialEq + Clone> Calm<K> {
    fn saw(&mut self, key: &K, turn: u64) {
        if self.0[0].as_ref().is_some_and(|(other, _)| other != key) {
            self.0.swap(0, 1);
        }
        self.0[0] = Some((key.clone(), turn));
    }

    /// Whether somebody else is active.
    fn has_others_than(&self, key: &K, turn: u64) -> bool {
        self.0.iter().flatten().any(|(other, seen)| other != key && turn - seen < ABOUT)
    }
}

impl<T> Account<T> {
    fn of(tenant: &TenantId) -> Self {
        Self { tenant: tenant.clone(), waiting: VecDeque::new(), in_hand: 0, probation: 0 }
    }

    fn stands_alone(&self) -> bool {
        self.probation > 0 || self.waiting.len() > CROWD
    }
}

impl<T> Turns<T> {
    /// Makes turns for this many appliers, which take at most `batch` events at once.
    pub(crate) fn new(appliers: usize, batch: usize) -> Self {
        Self {
            batch: batch.max(1),
            single: appliers.saturating_sub(1).max(1),
            shared: (appliers / 4).max(1),
            several: appliers > 1,
            accounts: HashMap::new(),
            waiting: 0,
            order: VecDeque::new(),
            waiting_now: HashMap::new(),
            single_now: HashMap::new(),
            taken: 0,
            calm_accounts: Calm([const { None }; 2]),
            calm_tenants: Calm([const { None }; 2]),
        }
    }

    /// Queues an event behind those of its account.
    pub(crate) fn add(&mut self, tenant: &TenantId, account: AccountKey, event: T) {
        let entry = self.accounts.entry(account).or_insert_with(|| Account::of(tenant));
        if entry.waiting.is_empty() {
            self.order.push_back(account);
            *self.waiting_now.entry(tenant.clone()).or_default() += 1;
        }
        entry.waiting.push_back(event);
        self.waiting += 1;
    }

    /// How many events wait.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting
    }

    /// Returns the next turn and its events, those of each account together and in order. Returns `None` if nothing
    /// waits, or only what has to wait for the end of another turn.
    pub(crate) fn take(&mut self) -> Option<(Turn, Vec<T>)> {
        let mut turn = Turn { accounts: Vec::new(), single: None, rests: false };
        let mut events = Vec::new();
        for _ in 0..self.order.len() {
            let key = self.order.pop_front()?;
            let Some(account) = self.accounts.get(&key) else { continue };
            let alone = account.stands_alone();
            let others_about = self.calm_accounts.has_others_than(&key, self.taken);
            if self.must_wait(account, others_about, !events.is_empty()) {
                self.order.push_back(key);
                continue;
            }
            let Some(account) = self.accounts.get_mut(&key) else { continue };
            let most = self.batch - events.len();
            let count = account.waiting.len().min(most);
            events.extend(account.waiting.drain(..count));
            turn.accounts.push(key);
            account.in_hand += 1;
            if account.waiting.is_empty() {
                one_less(&mut self.waiting_now, &account.tenant);
            } else {
                self.order.push_back(key);
            }
            if alone {
                *self.single_now.entry(account.tenant.clone()).or_default() += 1;
                turn.single = Some(account.tenant.clone());
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
        if turn.single.is_none() {
            for key in &turn.accounts {
                self.calm_accounts.saw(key, self.taken);
                if let Some(account) = self.accounts.get(key) {
                    self.calm_tenants.saw(&account.tenant, self.taken);
                }
            }
        }
        Some((turn, events))
    }

    /// Whether an account's events cannot be in the next transaction, which may be `begun` with others' events.
    fn must_wait(&self, account: &Account<T>, others_about: bool, begun: bool) -> bool {
        let share = if others_about {
            self.shared
        } else if account.waiting.len() < self.batch {
            // A third transaction that carries little would only take processor time from the first two.
            self.single.min(2)
        } else {
            self.single
        };
        if account.in_hand >= share {
            return true;
        }
        if !account.stands_alone() {
            return false;
        }
        let singles: usize = self.single_now.values().sum();
        let of_tenant = self.single_now.get(&account.tenant).copied().unwrap_or_default();
        // A flood takes no shared turns, and shows only in what waits.
        let other_tenants = || {
            self.calm_tenants.has_others_than(&account.tenant, self.taken)
                || self.waiting_now.keys().any(|tenant| *tenant != account.tenant)
        };
        begun || singles >= self.single || of_tenant >= self.shared && other_tenants()
    }

    /// Notes the end of a turn, and which of its accounts caused trouble.
    pub(crate) fn ended(&mut self, turn: &Turn, troubled: &HashSet<AccountKey>) {
        if let Some(tenant) = &turn.single {
            one_less(&mut self.single_now, tenant);
        }
        for key in &turn.accounts {
            let Some(account) = self.accounts.get_mut(key) else { continue };
            account.in_hand -= 1;
            if troubled.contains(key) {
                account.probation = PROBATION;
            } else if turn.single.is_some() {
                account.probation = account.probation.saturating_sub(1);
            }
            if account.waiting.is_empty() && account.in_hand == 0 && account.probation == 0 {
                self.accounts.remove(key);
            }
        }
    }
}

fn one_less(tenants: &mut HashMap<TenantId, usize>, tenant: &TenantId) {
    let Some(now) = tenants.get_mut(tenant) else { return };
    *now -= 1;
    if *now == 0 {
        tenants.remove(tenant);
    }
}

#[cfg(test)]
mod tests;
