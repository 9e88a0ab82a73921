//! The worker: from its start to its end.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context;
use bus::{Bus, Consumer, Consumption};
use domain::SecretKey;
use objects::Objects;
use secrecy::ExposeSecret;
use service::{Health, Status, retry};
use store::Store;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::Config;
use crate::deliver::{Carrier, Deliverer, Lanes};
use crate::leftovers::{Leftovers, Told};
use crate::relay::{self, Relay};
use crate::sweep;

/// Publishes outbox rows and carries them out until it is told to stop.
pub struct OutboundWorker {
    config: Config,
    key: SecretKey,
    store: Store,
    locks: Store,
    bus: Bus,
    objects: Objects,
    failing: Arc<AtomicBool>,
}

impl OutboundWorker {
    /// Checks that schema and streams are as declared and registers the worker's health. `locks`
    /// comes from [`Config::locks`].
    pub async fn start(
        config: &Config,
        store: Store,
        locks: Store,
        bus: Bus,
        objects: Objects,
        health: &Health,
    ) -> anyhow::Result<Self> {
        let key = config.secret_key.expose_secret().parse().context("reading AXIS_SECRET_KEY")?;
        store.require_schema().await?;
        bus.require_streams().await?;
        let (watched, database) = (bus.clone(), store.clone());
        health.check("nats", move || {
            let connected = watched.connected();
            async move {
                Status::up_or_degraded(connected, "not connected; commands wait in the outbox")
            }
        });
        health.check("postgres", move || {
            let database = database.clone();
            async move {
                let up = database.ping().await.is_ok();
                Status::up_or_degraded(up, "does not answer; commands wait there")
            }
        });
        let files = objects.clone();
        health.check("attachments", move || {
            let files = files.clone();
            async move {
                let answers = files.ping().await.is_ok();
                Status::up_or_degraded(answers, "cannot be read; messages with files wait")
            }
        });
        let failing = Arc::new(AtomicBool::new(false));
        let relay = Arc::clone(&failing);
        health.check("outbox relay", move || {
            let works = !relay.load(Ordering::Relaxed);
            async move { Status::up_or_degraded(works, "cannot publish; commands wait in the outbox") }
        });
        Ok(Self { config: config.clone(), key, store, locks, bus, objects, failing })
    }

    /// Works until the shutdown, then finishes what is in hand.
    pub async fn run(self, shutdown: CancellationToken) -> anyhow::Result<()> {
        let wake = Arc::new(Notify::new());
        let relay = Relay {
            store: self.store.clone(),
            publisher: self.bus.publisher(),
            wake: Arc::clone(&wake),
            failing: self.failing,
        };
        let relay = tokio::spawn(relay.run(shutdown.clone()));
        let listening =
            tokio::spawn(relay::listen(self.store.clone(), Arc::clone(&wake), shutdown.clone()));
        let told = Told::default();
        let leftovers = Leftovers {
            store: self.store.clone(),
            publisher: self.bus.publisher(),
            told: told.clone(),
        };
        let done = CancellationToken::new();
        let leftovers = tokio::spawn(leftovers.run(done.clone()));
        let sweeping = sweep::run(self.store.clone(), self.objects.clone(), shutdown.clone());
        let sweeping = tokio::spawn(sweeping);
        let publisher = self.bus.publisher();
        let (store, objects) = (self.store, self.objects);
        let carrier = Carrier::new(&self.config, store, objects, self.key, publisher, wake, told);
        let lanes = Lanes::new(
            self.config.outbound_account_concurrency.into(),
            self.config.outbound_tenant_concurrency.into(),
        );
        let deliverer = Deliverer::new(carrier, self.locks, lanes, shutdown.clone());
        let consumption = Consumption {
            consumer: Consumer::OutboundWorker,
            batch: 1,
            concurrency: self.config.outbound_concurrency.into(),
            retry_delay: |attempt| {
                retry::Policy::NEAR.delay(u32::try_from(attempt).unwrap_or(u32::MAX))
            },
            linger: std::time::Duration::ZERO,
        };
        Box::pin(self.bus.consume(consumption, deliverer, shutdown)).await?;
        done.cancel();
        leftovers.await?;
        relay.await?;
        listening.await?;
        sweeping.await?;
        Ok(())
    }
}
