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
//! nobody else wait for more than a small transaction, nor for processors that are busy with a flood. While
//! other tenants are about, or have anything waiting, all accounts of a tenant that have transactions of their
//! own share that quarter.

use std::collections::{HashMap, HashSet, VecDeque};
use std::time::Duration;

use domain::{AccountKey, TenantId};

/// An account with more waiting events than this gets transactions of its own, so that others' few do not wait for its
/// many.
const CROWD: usize = 16;
/// This many transactions of its own have to end well after an account made trouble.
const PROBATION: u8 = 8;
/// An account counts as active for this many turns after its last shared one: some seconds, if they are a flood's.
const ABOUT: u64 = 64;
/// Meanwhile a flood rests for this part of the time that its transaction took, and not for longer than that:
/// it could keep all processors busy with one transaction behind the other.
const REST: u32 = 3;
const LONGEST_REST: Duration = Duration::from_millis(100);

/// What waits, by account.
#[derive(Debug)]
pub(crate) struct Turns<T> {
    batch: usize,
    /// How many transactions of single accounts at once, and how many of one account, or of one tenant, while
    /// others are about.
    single: usize,
    shared: usize,
    /// There are appliers for others while one rests.
    several: bool,
    accounts: HashMap<AccountKey, Account<T>>,
    /// Events of all of them.
    waiting: usize,
    /// The accounts that have something waiting, each once, in the order of their turns.
    order: VecDeque<AccountKey>,
    /// The tenants that have something waiting, and in how many accounts.
    waiting_now: HashMap<TenantId, usize>,
    /// The tenants that have transactions of single accounts now, and how many.
    single_now: HashMap<TenantId, usize>,
    /// Turns that were taken.
    taken: u64,
    /// Who had a few events among those of others.
    calm_accounts: Calm<AccountKey>,
    calm_tenants: Calm<TenantId>,
}

/// The two that were last seen, and with which turn.
#[derive(Debug)]
struct Calm<K>([Option<(K, u64)>; 2]);

#[derive(Debug)]
struct Account<T> {
    tenant: TenantId,
    waiting: VecDeque<T>,
    in_hand: usize,
    probation: u8,
}

/// Whose events a transaction carries; [`Turns::ended`] has to be told of its end.
#[derive(Debug)]
pub(crate) struct Turn {
    pub(crate) accounts: Vec<AccountKey>,
    /// Whose it is, if it is one account's own.
    single: Option<TenantId>,
    rests: bool,
}

impl Turn {
    /// How long its applier rests after it, if at all.
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

    /// Whether somebody else is about.
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
    /// For this many appliers, which take at most `batch` events at once.
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

    /// Puts an event behind those of its account.
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

    /// The next turn and its events, those of an account one behind the other in the order of their
    /// coming. None if nothing waits, or only what has to wait for the end of another turn.
    pub(crate) fn take(&mut self) -> Option<(Turn, Vec<T>)> {
        let mut turn = Turn { accounts: Vec::new(), single: None, rests: false };
        let mut events = Vec::new();
        let singles: usize = self.single_now.values().sum();
        for _ in 0..self.order.len() {
            let key = self.order.pop_front()?;
            let Some(account) = self.accounts.get_mut(&key) else { continue };
            let alone = account.stands_alone();
            let others_about = self.calm_accounts.has_others_than(&key, self.taken);
            let share = if others_about {
                self.shared
            } else if account.waiting.len() < self.batch {
                // A third one that carries little takes the processors from the first two.
                self.single.min(2)
            } else {
                self.single
            };
            let of_tenant = self.single_now.get(&account.tenant).copied().unwrap_or_default();
            // A flood has no shared turns to be seen by, and is known by what waits of it.
            let other_tenants = || {
                self.calm_tenants.has_others_than(&account.tenant, self.taken)
                    || self.waiting_now.keys().any(|tenant| *tenant != account.tenant)
            };
            let must_wait = account.in_hand >= share
                || alone && (singles >= self.single || !events.is_empty())
                || alone && of_tenant >= self.shared && other_tenants();
            if must_wait {
                self.order.push_back(key);
                continue;
            }
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

    /// Notes the end of a turn, and which of its accounts made trouble.
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
