//! Finds what webhooks missed by asking Chatwoot, and repairs it.
//!
//! ```text
//!             ┌── sweep  every few minutes, after a start, after an outage: what changed lately
//! Chatwoot ◄──┤
//!   (REST)    └── walk   slowly always: everything, page by page
//!                  │
//!            compare with the rows ── same ──► nothing
//!                  │ missing, different, gone
//!                  ▼
//!            INBOUND, as events of our own ──► the way of all events
//! ```
//!
//! Only one worker at a time compares an account: it holds the account's row in `reconciliations`, which also keeps the
//! progress, so that another worker can go on from there. A response may be older than a webhook that came meanwhile,
//! so like every snapshot it has the version that its timestamps amount to. Only if a row has differed since before the
//! request is the response's version put just above the row's.

mod backfill;
mod body;
mod catalogue;
mod compare;
mod config;
mod conversation;
mod error;
mod failing;
mod host;
mod long;
mod pages;
mod plan;
mod session;
mod shares;
mod sweep;
mod turn;
mod unsettled;
mod untold;
mod walk;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use accounts::{Accounts, Clients};
use bus::Bus;
use chrono::TimeDelta;
use domain::{AccountKey, SecretKey};
use rand::RngExt as _;
use store::Store;
use store::accounts::Account;
use store::catalogue::Owner;
use store::reconciliations::{Reconciliation, claim_due};
use tokio::sync::Mutex;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

pub use backfill::{Backfill, Reached, Speed};
pub use body::ORIGIN;
pub use config::Config;
pub use error::ReconcileError;
pub(crate) use failing::watch as watch_failing;
pub(crate) use plan::plan;

use host::{Guest, Host};
use long::Parts;
use session::{Counters, Session};
use shares::Shares;
use unsettled::Unsettled;

/// How many accounts a worker compares at the same time.
const ACCOUNTS: usize = 4;
/// How many accounts may be under way in a worker, including those that wait for a host that asked us to slow down, and
/// those that take long.
const MOST: usize = 32;
/// How often a worker looks for an account that is due, on average.
const LOOK: Duration = Duration::from_secs(2);
/// How often the accounts are published to the receivers.
const TELL: Duration = Duration::from_mins(10);
/// How soon to try again if that failed.
const TELL_AGAIN: Duration = Duration::from_secs(5);
/// How long a hold on an account lasts without being renewed.
const HOLD: Duration = Duration::from_mins(1);
/// How long a shutdown waits for the steps that are under way.
const LAST_STEP: Duration = Duration::from_secs(3);
/// How many conversations of one account a worker compares at the same time.
const GENTLY: usize = 2;

/// Compares all accounts with Chatwoot.
pub struct Reconciler {
    config: Config,
    key: SecretKey,
    store: Store,
    bus: Bus,
    holder: Uuid,
    clients: Clients,
    /// The hosts, each shared by the accounts on it.
    hosts: Mutex<HashMap<String, Arc<Host>>>,
}

impl Reconciler {
    /// Makes a reconciler that opens the accounts' tokens with this key.
    pub fn new(config: Config, key: SecretKey, store: Store, bus: Bus) -> Self {
        let (clients, hosts) = (Clients::default(), Mutex::default());
        Self { config, key, store, bus, holder: Uuid::new_v4(), clients, hosts }
    }

    /// Compares until the shutdown.
    pub async fn run(self, shutdown: CancellationToken) {
        let mut turns = JoinSet::new();
        let this = Arc::new(self);
        let working = async {
            tokio::join!(this.tell(), Arc::clone(&this).take_turns(&mut turns, &shutdown))
        };
        shutdown.run_until_cancelled(Box::pin(working)).await;
        // Turns end at their next step. One that waits for a server that has gone away is dropped, and its account
        // is free again when its hold expires.
        let ending = async { while turns.join_next().await.is_some() {} };
        tokio::time::timeout(LAST_STEP, ending).await.ok();
    }

    async fn take_turns(self: Arc<Self>, turns: &mut JoinSet<()>, shutdown: &CancellationToken) {
        let mut connections = self.bus.connections();
        let mut shares = Shares::default();
        self.hasten().await;
        loop {
            while turns.len() < self.places().await
                && let Some(due) = self.due(&shares).await
            {
                let (this, shutdown) = (Arc::clone(&self), shutdown.clone());
                let tenant = due.tenant.clone();
                let turn = turns.spawn(async move { Box::pin(this.turn(due, &shutdown)).await });
                shares.begun(turn.id(), tenant);
            }
            let look = LOOK.mul_f64(rand::rng().random_range(0.5..1.5));
            tokio::select! {
                // The next one may be due already.
                Some(ended) = turns.join_next_with_id() => {
                    shares.ended(ended.map_or_else(|error| error.id(), |(turn, ())| turn));
                }
                // Webhooks may have been missed while NATS, or the way to it, was away.
                Ok(()) = connections.changed() => self.hasten().await,
                () = tokio::time::sleep(look) => {}
            }
        }
    }

    /// How many accounts may be under way now. Accounts that wait for a host that asked us to slow down, or take longer
    /// than a turn, leave their places to others meanwhile.
    async fn places(&self) -> usize {
        let hosts = self.hosts.lock().await;
        let yielding: usize = hosts.values().map(|host| host.yielding()).sum();
        (ACCOUNTS + yielding).min(MOST)
    }

    /// Publishes the accounts to the receivers periodically, for ever. NATS may have lost its newest state of them,
    /// and a program that changed an account may have been cut off before it could publish it.
    async fn tell(&self) {
        let mut connections = self.bus.connections();
        let accounts = Accounts::new(self.store.clone(), self.bus.clone(), self.key.clone());
        loop {
            connections.borrow_and_update();
            let told = tokio::time::timeout(store::PATIENCE, accounts.publish_all()).await;
            let again = match told {
                Ok(Ok(_)) => TELL.mul_f64(rand::rng().random_range(0.8..1.2)),
                Ok(Err(error)) => {
                    tracing::debug!(%error, "cannot publish the accounts to the receivers");
                    TELL_AGAIN
                }
                Err(_) => TELL_AGAIN,
            };
            tokio::select! {
                Ok(()) = connections.changed() => {}
                () = tokio::time::sleep(again) => {}
            }
        }
    }

    /// Makes all sweeps due soon, since it is not known what was missed meanwhile.
    async fn hasten(&self) {
        let hastened = async {
            let mut transaction = self.store.worker().await?;
            store::reconciliations::hasten(&mut transaction).await?;
            store::commit(transaction).await
        };
        if let Err(error) = store::within(store::PATIENCE, hastened).await {
            tracing::debug!(%error, "cannot hasten the next sweeps");
        }
    }

    /// Claims an account that is due. Returns `None` if there is none, or none can be looked for.
    async fn due(&self, shares: &Shares) -> Option<Reconciliation> {
        let exhausted = shares.exhausted(self.places().await);
        let claimed = async {
            let mut transaction = self.store.worker().await?;
            store::reconciliations::know_all(&mut transaction).await?;
            let (holder, walks) = (self.holder, self.config.walk_period());
            let due = claim_due(&mut transaction, holder, HOLD, walks, &exhausted).await?;
            store::commit(transaction).await?;
            Ok(due)
        };
        store::within(store::PATIENCE, claimed).await.unwrap_or_else(|error| {
            tracing::debug!(%error, "cannot look for a due account");
            None
        })
    }

    /// Begins a session with an account's Chatwoot.
    async fn session(
        &self,
        reconciliation: &Reconciliation,
        speed: Speed,
    ) -> Result<Session, ReconcileError> {
        let account = self.account(reconciliation.account).await?;
        let client = self.clients.of(&account, &self.key)?;
        let mut hosts = self.hosts.lock().await;
        let host = hosts
            .entry(client.host())
            .or_insert_with_key(|name| Arc::new(Host::new(name, speed.per_second)));
        Ok(Session {
            store: self.store.clone(),
            publisher: self.bus.publisher(),
            host: Guest::of(host),
            client,
            owner: Owner { tenant: account.tenant, account: account.id },
            first_time: reconciliation.progress.walked_at.is_none(),
            failures: reconciliation.progress.failures,
            grace: TimeDelta::seconds(self.config.reconcile_grace_seconds.into()),
            concurrency: speed.concurrency,
            found: Counters::default(),
            unsettled: Unsettled::default(),
            parts: Parts::default(),
            asked: AtomicU64::new(0),
        })
    }

    async fn account(&self, key: AccountKey) -> Result<Account, ReconcileError> {
        let served = async {
            let mut transaction = self.store.worker().await?;
            let account = store::accounts::get(&mut transaction, key).await?;
            store::commit(transaction).await?;
            Ok(account)
        };
        store::within(store::PATIENCE, served).await?.ok_or(ReconcileError::NoAccount)
    }

    fn gently(&self) -> Speed {
        Speed { per_second: self.config.reconcile_requests_per_second, concurrency: GENTLY }
    }
}
