//! A batch from an account's lane and what becomes of each of its events.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use bus::{Delivery, Failure, Handler, Outcome, Publisher};
use events::Inbound;
use store::Store;
use tokio::sync::{Notify, Semaphore};

use crate::Config;
use crate::appliers::Appliers;
use crate::plan::plan;
use crate::rejection::reject;
use crate::transaction::{self, Planned};

/// After so many bodies read, others' work gets its chance.
const BREATH: usize = 4;
/// So many rejections are noted at once: a flood of them leaves the connections to the appliers.
const REJECTIONS: usize = 2;

/// Applies events and announces what happened. What is poison by itself ends here; the rest of a
/// batch meets that of other lanes in the appliers' transactions.
pub struct Sync {
    store: Store,
    appliers: Appliers,
    rejections: Semaphore,
}

impl Sync {
    /// A handler over a database and a way to the screens.
    pub fn new(store: Store, publisher: Publisher) -> Self {
        Self::configured(&Config::default(), store, publisher)
    }

    /// The same with other sizes.
    pub fn configured(config: &Config, store: Store, publisher: Publisher) -> Self {
        let appliers = Appliers::new(config, store.clone(), publisher);
        Self { store, appliers, rejections: Semaphore::new(REJECTIONS) }
    }

    /// Tells that something was written.
    pub(crate) fn written(&self) -> Arc<Notify> {
        self.appliers.written()
    }

    /// Reads a delivery; what cannot be read is rejected.
    async fn read(&self, delivery: &Delivery) -> Result<Planned, Failure> {
        let inbound = Inbound::read(&delivery.headers)
            .map_err(|error| Failure::Reject { reason: "foreign", error: error.into() })?;
        let digest = transaction::digest(&delivery.payload);
        let (sequence, attempt) = (delivery.sequence, delivery.attempt);
        // A body that makes the reader panic is poison like one that it refuses.
        let read = catch_unwind(AssertUnwindSafe(|| plan(&inbound, &delivery.payload)));
        let refusal = match read {
            Ok(Ok(plan)) => return Ok(Planned { inbound, sequence, attempt, digest, plan }),
            Ok(Err(refusal)) => refusal.into(),
            Err(_) => "the reader panicked".into(),
        };
        // It is never closed.
        let _place = self.rejections.acquire().await.ok();
        Err(reject(&self.store, "undecodable", &inbound, sequence, digest, refusal).await)
    }
}

impl Handler for Sync {
    async fn handle(&self, batch: Vec<Delivery>) -> Vec<Outcome> {
        let mut outcomes: Vec<Outcome> = Vec::with_capacity(batch.len());
        let (mut places, mut events) = (Vec::new(), Vec::new());
        for (index, delivery) in batch.into_iter().enumerate() {
            outcomes.push(match self.read(&delivery).await {
                Ok(read) => {
                    places.push(index);
                    events.push(read);
                    Ok(())
                }
                Err(failure) => Err(failure),
            });
            if index % BREATH == BREATH - 1 {
                tokio::task::yield_now().await;
            }
        }
        let now = chrono::Utc::now();
        for planned in &events {
            let lag = now.signed_duration_since(planned.inbound.received_at);
            metrics::histogram!("axis_sync_lag_seconds").record(lag.as_seconds_f64());
        }
        let told = self.appliers.apply(events).await;
        for (index, outcome) in places.into_iter().zip(told) {
            let panicked = || Err(Failure::Retry("an applier panicked".into()));
            outcomes[index] = outcome.unwrap_or_else(panicked);
        }
        outcomes
    }
}
