//! Keeps one lane running for each account.
//!
//! An account has a lane for as long as it may send (it is in the bucket that the receivers read) or the stream
//! still holds any event of it. The former means that a new account's first event finds its lane waiting. The
//! latter misses nothing, whatever has become of the bucket, the database or the account, since the stream
//! itself says whose events it has.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use tokio::task::JoinSet;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::durable::Durable;
use super::lane::Lane;
use super::{Common, Consumer, Consumption, Handler};
use crate::streams::accounts_in;
use crate::{Bus, BusError, SourceChange, api};

/// How often the number of the stream's subjects is checked.
const GLANCE: Duration = Duration::from_secs(1);
/// How often all subjects are read even though their number has not changed.
const LOOK: Duration = Duration::from_mins(1);

/// How many events the stream holds, by account.
type Held = BTreeMap<String, u64>;

/// The lanes of a consumption.
pub(crate) struct Lanes<H> {
    bus: Bus,
    consumption: Consumption,
    handler: Arc<H>,
    common: Arc<Common>,
    shutdown: CancellationToken,
    /// The accounts that may send.
    registered: BTreeSet<String>,
    /// The running lanes, each with what ends it.
    running: HashMap<String, CancellationToken>,
    tasks: JoinSet<Result<(), BusError>>,
    /// Whether the consumer of earlier versions is known not to exist any more.
    alone: bool,
}

impl<H: Handler> Lanes<H> {
    pub(crate) fn new(
        bus: Bus,
        consumption: Consumption,
        handler: Arc<H>,
        shutdown: CancellationToken,
    ) -> Self {
        Self {
            bus,
            consumption,
            handler,
            common: Arc::default(),
            shutdown,
            registered: BTreeSet::new(),
            running: HashMap::new(),
            tasks: JoinSet::new(),
            alone: false,
        }
    }

    /// Keeps the lanes running until the shutdown, then waits for them to end.
    pub(crate) async fn run(mut self) -> Result<(), BusError> {
        let shutdown = self.shutdown.clone();
        let mut changes = self.bus.sources().watch();
        let mut looking = Looking::new(self.bus.clone(), self.consumption.consumer);
        loop {
            tokio::select! {
                biased;
                () = shutdown.cancelled() => break,
                Some(ended) = self.tasks.join_next(), if !self.tasks.is_empty() => {
                    ended.map_err(|error| BusError::Crashed(error.into()))??;
                }
                Some(change) = changes.next() => self.heard(change),
                held = looking.next() => self.saw(&held).await,
            }
        }
        while let Some(ended) = self.tasks.join_next().await {
            ended.map_err(|error| BusError::Crashed(error.into()))??;
        }
        Ok(())
    }

    fn heard(&mut self, change: Result<SourceChange, BusError>) {
        match change {
            Ok(SourceChange::Put(source)) => self.register(source.account.token()),
            Ok(SourceChange::Unreadable(account)) => self.register(account.token()),
            // Its lane ends once the stream holds no more of its events.
            Ok(SourceChange::Removed(account)) => {
                self.registered.remove(&account.token());
            }
            Ok(SourceChange::Synced) => {}
            Err(error) => tracing::debug!(%error, "new accounts are seen by their first event"),
        }
    }

    fn register(&mut self, account: String) {
        self.begin(&account);
        self.registered.insert(account);
    }

    fn begin(&mut self, account: &str) {
        if self.running.contains_key(account) {
            return;
        }
        let stop = self.shutdown.child_token();
        let lane = Lane::new(
            self.bus.clone(),
            self.consumption,
            Durable::lane(self.consumption.consumer, account),
            Arc::clone(&self.handler),
            Arc::clone(&self.common),
        );
        self.tasks.spawn(lane.run(stop.clone()));
        self.running.insert(account.to_owned(), stop);
    }

    /// Starts and ends lanes according to whose events the stream holds.
    async fn saw(&mut self, held: &Held) {
        for account in held.keys() {
            self.begin(account);
        }
        let registered = &self.registered;
        self.running.retain(|account, stop| {
            let stays = held.contains_key(account) || registered.contains(account);
            if !stays {
                stop.cancel();
            }
            stays
        });
        if self.alone {
            return;
        }
        let shutdown = self.shutdown.clone();
        let replaced = tokio::select! {
            () = shutdown.cancelled() => return,
            replaced = self.replace_shared() => replaced,
        };
        match replaced {
            Ok(()) => self.alone = true,
            Err(error) => tracing::debug!(%error, "whether an older consumer exists is not known"),
        }
    }

    /// Removes the consumer by which earlier versions read the whole stream, once everything that it had yet to
    /// deliver has a lane. What it had in hand is then processed twice, which does no harm.
    async fn replace_shared(&self) -> Result<(), BusError> {
        let consumer = self.consumption.consumer;
        let shared = Durable::whole(consumer);
        match shared.info(&self.bus).await {
            Ok(_) => {}
            Err(BusError::NotFound { .. }) => return Ok(()),
            Err(error) => return Err(error),
        }
        for account in self.running.keys() {
            Durable::lane(consumer, account).find(&self.bus, None).await?;
        }
        shared.delete(&self.bus).await?;
        tracing::info!(
            consumer = consumer.name(),
            lanes = self.running.len(),
            "the consumer of an earlier version gave way to one for each account"
        );
        Ok(())
    }
}

/// Finds out whose events the stream holds.
struct Looking {
    bus: Bus,
    consumer: Consumer,
    glances: Interval,
    /// How many subjects there were when all were last read, and when that was.
    last: Option<(u64, Instant)>,
}

impl Looking {
    fn new(bus: Bus, consumer: Consumer) -> Self {
        let mut glances = interval(GLANCE);
        glances.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { bus, consumer, glances, last: None }
    }

    /// Waits until the accounts in the stream may have changed, then returns them with their events. Cancel safe.
    async fn next(&mut self) -> Held {
        loop {
            self.glances.tick().await;
            match self.look().await {
                Ok(Some(held)) => return held,
                Ok(None) => {}
                Err(error) => tracing::debug!(%error, "whose events there are is not known"),
            }
        }
    }

    async fn look(&mut self) -> Result<Option<Held>, BusError> {
        let stream = self.consumer.stream();
        let subjects = api::stream_info(&self.bus, stream).await?.state.num_subjects;
        if self.last.is_some_and(|(then, at)| then == subjects && at.elapsed() < LOOK) {
            return Ok(None);
        }
        let held = accounts_in(&self.bus, stream).await?;
        self.last = Some((subjects, Instant::now()));
        Ok(Some(held))
    }
}
