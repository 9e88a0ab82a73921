//! The worker from start to end.

use std::sync::Arc;
use std::time::Duration;

use accounts::Watch;
use bus::{Bus, Consumer, Consumption};
use chrono::{TimeDelta, Utc};
use domain::SecretKey;
use events::subject;
use service::{Crew, Health, Status, retry};
use store::{Store, Trouble};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::reconcile::{self, Reconciler};
use crate::{Config, InboundHandler};

/// Consumes `INBOUND` until it is told to stop.
pub struct SyncWorker {
    bus: Bus,
    store: Store,
    config: Config,
    consumption: Consumption,
    health: Health,
    comparing: Option<(Reconciler, Watch, SecretKey)>,
}

/// How many batches of one account may be in hand, if they are small. Events that have come are read and wait here for
/// the next transaction, which takes all of them.
const BATCHES: usize = 8;
/// How often the coming months' partitions of the tables that only grow are created, and what no sweep asked about is
/// removed.
const HOUSEKEEPING: Duration = Duration::from_hours(6);
/// How soon to try again if that fails, as it does while a backup reads those tables. They are created two months
/// ahead.
const HOUSEKEEPING_AGAIN: Duration = Duration::from_mins(5);
/// How long sweeps have to look up a message of unknown delivery status. By then a walk has compared it.
const UNHEARD_KEPT: TimeDelta = TimeDelta::hours(48);
/// The delay from the first new message until its words are indexed: long enough to batch, and short enough that
/// searches scan little.
const WORDS: Duration = Duration::from_millis(250);
/// What is wrong if announcements are not confirmed.
const UNTOLD: &str =
    "the stream ACTIVITY takes nothing: screens stand still, and events come again until it does";
/// What is wrong if dead letters are not confirmed.
const UNKEPT: &str =
    "the stream DEAD_LETTER takes nothing: what cannot be processed comes again until it does";
/// How often to check whether the stream has room.
const ROOM: Duration = Duration::from_mins(1);

impl SyncWorker {
    /// Registers the worker's health checks. Fails unless the streams and the schema are as they should be.
    pub async fn start(
        config: &Config,
        store: Store,
        bus: Bus,
        health: &Health,
    ) -> anyhow::Result<Self> {
        crate::metrics::register();
        bus.require_streams().await?;
        store.require_schema().await?;
        let (watched, database) = (bus.clone(), store.clone());
        health.check("nats", move || {
            let connected = watched.connected();
            async move { Status::up_or_degraded(connected, "not connected; events wait there") }
        });
        let announcing = bus.clone();
        health.check("announcements", move || {
            let told = !announcing.stands_still(subject::ACTIVITY);
            async move { Status::up_or_degraded(told, UNTOLD) }
        });
        let burying = bus.clone();
        health.check("dead letters", move || {
            let kept = !burying.stands_still(subject::DEAD_LETTER);
            async move { Status::up_or_degraded(kept, UNKEPT) }
        });
        health.check("postgres", move || {
            let database = database.clone();
            async move {
                let waits =
                    |why: Trouble| Status::Degraded(format!("{why}; events wait in the stream"));
                database.trouble().await.map_or(Status::Up, waits)
            }
        });
        let consumption = Consumption {
            consumer: Consumer::SyncWorker,
            batch: config.sync_batch.into(),
            concurrency: BATCHES,
            // What one account's transactions can take at once, and a batch to be read meanwhile.
            room: usize::from(config.sync_batch) * usize::from(config.sync_concurrency),
            retry_delay: |attempt| {
                retry::Policy::NEAR.delay(u32::try_from(attempt).unwrap_or(u32::MAX))
            },
        };
        let (config, health) = (config.clone(), health.clone());
        Ok(Self { bus, store, config, consumption, health, comparing: None })
    }

    /// Makes the worker also compare the rows with Chatwoot, if there is a key for the accounts' tokens.
    pub fn reconciling(mut self, config: reconcile::Config) -> anyhow::Result<Self> {
        let Some(key) = config.key()? else {
            tracing::warn!(
                "AXIS_SECRET_KEY is not set: what webhooks miss stays missing, and what NATS loses of \
                 the accounts has to be told again by `axis accounts publish`"
            );
            return Ok(self);
        };
        let (store, bus) = (self.store.clone(), self.bus.clone());
        let watch = Watch::default();
        let looked = watch.clone();
        self.health.check("accounts", move || {
            let opens = looked.unusable() == 0;
            async move {
                let wrong = "some tokens do not open with AXIS_SECRET_KEY; what webhooks miss of \
                             these stays missing";
                Status::up_or_degraded(opens, wrong)
            }
        });
        let reconciler = Reconciler::new(config, key.clone(), store, bus);
        self.comparing = Some((reconciler, watch, key));
        Ok(self)
    }

    /// Consumes until the shutdown, then finishes what is in hand.
    pub async fn run(self, shutdown: CancellationToken) -> anyhow::Result<()> {
        // These tasks may end at any point: the next worker does what they were about to do.
        let mut crew = Crew::default();
        let housekeeping = keep_house(self.store.clone());
        crew.spawn_until(&shutdown, "housekeeping", housekeeping);
        crew.spawn_until(&shutdown, "room", keep_room(self.bus.clone()));
        if let Some((reconciler, watch, key)) = self.comparing {
            let watching = watch.run(self.store.clone(), key);
            crew.spawn("comparing", Box::pin(reconciler.run(shutdown.clone())));
            crew.spawn_until(&shutdown, "the accounts' watch", watching);
            let failing = reconcile::watch_failing(self.store.clone());
            crew.spawn_until(&shutdown, "the comparisons' watch", failing);
        }
        let handler =
            InboundHandler::configured(&self.config, self.store.clone(), self.bus.publisher());
        let words = take_in(self.store, handler.written());
        crew.spawn_until(&shutdown, "taking in words", words);
        let consuming = Box::pin(self.bus.consume(self.consumption, handler, shutdown.clone()));
        crew.watch(consuming, &shutdown).await?;
        crew.finish().await
    }
}

async fn keep_house(store: Store) {
    loop {
        if let Err(error) = store::within(store::PATIENCE, forget_unheard(&store)).await {
            tracing::debug!(%error, "cannot forget messages that no sweep has asked about");
        }
        let made = store::within(store::PATIENCE, make_partitions(&store)).await;
        let again = if let Err(error) = made {
            tracing::warn!(%error, "cannot create the coming months' partitions; trying again later");
            HOUSEKEEPING_AGAIN
        } else {
            HOUSEKEEPING
        };
        tokio::time::sleep(again).await;
    }
}

/// Indexes the words of new messages, in transactions that nobody waits for.
async fn take_in(store: Store, written: Arc<Notify>) {
    loop {
        if let Err(error) = store::within(store::PATIENCE, take_in_words(&store)).await {
            tracing::warn!(%error, "cannot index the words of new messages; trying again later");
        }
        written.notified().await;
        tokio::time::sleep(WORDS).await;
    }
}

async fn take_in_words(store: &Store) -> Result<(), store::Error> {
    let mut transaction = store.worker().await?;
    store::messages::take_in_words(&mut transaction).await?;
    store::commit(transaction).await
}

/// Removes the oldest processed events before the stream is full. It keeps processed events for replays, and accepts
/// nothing new when it is full.
async fn keep_room(bus: Bus) {
    loop {
        tokio::time::sleep(ROOM).await;
        match bus.make_room(Consumer::SyncWorker).await {
            Ok(None) => {}
            Ok(Some(purged)) => tracing::warn!(
                stream.messages = purged.messages,
                "INBOUND was nearly full; its oldest processed events are gone and cannot be replayed"
            ),
            Err(error) => tracing::debug!(%error, "cannot check the room left in INBOUND"),
        }
    }
}

/// Sweeps forget what they have asked about. Here goes what they did not get to: they may fail for months, or there may
/// be none, while webhooks keep coming.
async fn forget_unheard(store: &Store) -> Result<(), store::Error> {
    let before = Utc::now() - UNHEARD_KEPT;
    loop {
        let mut transaction = store.worker().await?;
        let forgotten = store::messages::forget_unheard(&mut transaction, before).await?;
        store::commit(transaction).await?;
        if forgotten == 0 {
            return Ok(());
        }
    }
}

async fn make_partitions(store: &Store) -> Result<(), store::Error> {
    let mut transaction = store.worker().await?;
    store::webhook_events::make_partitions(&mut transaction).await?;
    store::commit(transaction).await
}
