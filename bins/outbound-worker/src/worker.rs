//! The worker from start to end.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use accounts::Watch;
use anyhow::Context as _;
use bus::{Bus, Consumer, Consumption};
use domain::SecretKey;
use objects::Objects;
use service::{Crew, Health, retry};
use store::Store;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::Config;
use crate::deliver::{Carrier, Deliverer, Lanes, Parts, Widths};
use crate::fence::Fence;
use crate::leftovers::{Leftovers, Told};
use crate::locked_out::LockedOut;
use crate::relay::{self, Relay, Returned};
use crate::{health, sweep};

/// How long the end waits to hand back what is left, and again to record what was announced.
const LAST_WORD: Duration = Duration::from_secs(2);

/// Wake-ups in hand beyond those that have lanes. While all lanes are taken, these are noted, so that the next lane that
/// gets free may go to whoever has none.
const READERS: usize = 4;

/// Publishes outbox rows and carries them out.
pub struct OutboundWorker {
    config: Config,
    key: SecretKey,
    store: Store,
    locks: Store,
    bus: Bus,
    objects: Objects,
    failing: Arc<AtomicBool>,
    deaf: Arc<AtomicBool>,
    watch: Watch,
    locked_out: LockedOut,
    fence: Fence,
}

impl OutboundWorker {
    /// Registers the worker's health checks. `locks` comes from [`Config::locks`]. Fails unless the key can be used,
    /// and the schema and the streams are as they should be.
    pub async fn start(
        config: &Config,
        store: Store,
        locks: Store,
        bus: Bus,
        objects: Objects,
        health: &Health,
    ) -> anyhow::Result<Self> {
        crate::metrics::register();
        let key = config.key()?;
        store.require_schema().await?;
        locks
            .ping()
            .await
            .context("connecting to take locks, by DATABASE_DIRECT_URL if it is set")?;
        bus.require_streams().await?;
        let fence = Fence::new(store.clone(), bus.high_water());
        fence.compare().await.context("comparing the database with what NATS knows of it")?;
        let failing = Arc::new(AtomicBool::new(false));
        let deaf = Arc::new(AtomicBool::new(false));
        let watch = Watch::default();
        let locked_out = config.locked_out();
        health::servers(health, &store, &locks, &bus, &objects);
        health::relay(health, &failing, &deaf);
        health::accounts(health, &watch, &locked_out);
        health::fence(health, &fence);
        let config = config.clone();
        Ok(Self {
            config,
            key,
            store,
            locks,
            bus,
            objects,
            failing,
            deaf,
            watch,
            locked_out,
            fence,
        })
    }

    /// Works until the shutdown, then finishes what is in hand.
    pub async fn run(self, shutdown: CancellationToken) -> anyhow::Result<()> {
        let by_index = self.store.clone().by_index();
        let wake = Arc::new(Notify::new());
        let returned = Arc::new(Returned::new(Arc::clone(&wake)));
        let relay = Relay {
            store: by_index.clone(),
            publisher: self.bus.publisher(),
            wake: Arc::clone(&wake),
            returned: Arc::clone(&returned),
            fence: self.fence.clone(),
            failing: self.failing,
        };
        // Tasks beside the deliveries may end at any point: the next worker goes on from there.
        let mut crew = Crew::default();
        crew.spawn_until(&shutdown, "the relay", Box::pin(relay.run()));
        let listening = relay::listen(self.store.clone(), Arc::clone(&wake), self.deaf);
        crew.spawn_until(&shutdown, "listening", Box::pin(listening));
        let comparing = self.fence.clone().watch();
        crew.spawn_until(&shutdown, "comparing with NATS", Box::pin(comparing));
        let told = Told::default();
        let leftovers = Leftovers {
            store: by_index.clone(),
            publisher: self.bus.publisher(),
            told: told.clone(),
        };
        let done = CancellationToken::new();
        crew.spawn("leftovers", Box::pin(leftovers.run(done.clone())));
        let sweeping = sweep::run(self.store.clone(), self.objects.clone());
        crew.spawn_until(&shutdown, "the sweep", Box::pin(sweeping));
        let watching = self.watch.run(self.store.clone(), self.key.clone());
        crew.spawn_until(&shutdown, "the accounts' watch", Box::pin(watching));
        let refused = self.locked_out.clone().run(self.store.clone());
        crew.spawn_until(&shutdown, "the refused tokens", Box::pin(refused));
        let carrier = Carrier::new(Parts {
            config: self.config.clone(),
            key: self.key,
            store: by_index.clone(),
            objects: self.objects,
            publisher: self.bus.publisher(),
            wake,
            told,
            fence: self.fence,
            locked_out: self.locked_out,
            shutdown: shutdown.clone(),
        });
        let widths = Widths {
            per_account: self.config.outbound_account_concurrency.into(),
            per_tenant: self.config.outbound_tenant_concurrency.into(),
            all: self.config.outbound_concurrency.into(),
        };
        let lanes = Lanes::new(widths, Arc::clone(&returned));
        let deliverer = Deliverer::new(carrier, self.locks, Arc::clone(&lanes));
        let consumption = Consumption {
            consumer: Consumer::OutboundWorker,
            batch: 1,
            concurrency: widths.all + READERS,
            room: usize::MAX,
            retry_delay: |attempt| {
                retry::Policy::NEAR.delay(u32::try_from(attempt).unwrap_or(u32::MAX))
            },
        };
        let delivering = Box::pin(self.bus.consume(consumption, deliverer, shutdown.clone()));
        crew.watch(delivering, &shutdown).await?;
        // So that another worker takes up what this one has noted at once. If there is no time, it does so later.
        lanes.give_back();
        let left = Box::pin(returned.publish_soon(&by_index));
        store::within(LAST_WORD, left).await.ok();
        done.cancel();
        tokio::time::timeout(LAST_WORD, crew.finish()).await.unwrap_or(Ok(()))
    }
}
