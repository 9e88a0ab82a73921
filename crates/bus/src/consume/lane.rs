//! One lane of a consumption: a durable consumer that is asked for one batch after another.

use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use domain::in_words;
use tokio::task::{JoinError, JoinSet};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::durable::Durable;
use super::health::{Condition, Health};
use super::message::{Held, InHand};
use super::pull::{BYTES, Batch, Pull, PullError};
use super::rewind::Place;
use super::settle::Taken;
use super::{Common, Consumer, Consumption, Handler, handle, settle};
use crate::pauses::Pauses;
use crate::{Bus, BusError};

/// The pause after the first failed pull.
const PAUSE: Duration = Duration::from_millis(50);
/// How long the end of a lane waits for its last mark to be saved.
const LAST_NOTE: Duration = Duration::from_secs(2);

/// A lane, and what it has in hand.
pub(crate) struct Lane<H> {
    bus: Bus,
    consumption: Consumption,
    durable: Durable,
    handler: Arc<H>,
    common: Arc<Common>,
    place: Arc<Place>,
    in_hand: JoinSet<()>,
    held: Held,
    gauges: Gauges,
}

impl<H: Handler> Lane<H> {
    pub(crate) fn new(
        bus: Bus,
        consumption: Consumption,
        durable: Durable,
        handler: Arc<H>,
        common: Arc<Common>,
    ) -> Self {
        let place = Arc::new(Place::new(durable.clone()));
        let gauges = Gauges::new(consumption.consumer, Arc::clone(&common.health));
        let (in_hand, held) = (JoinSet::new(), Held::default());
        Self { bus, consumption, durable, handler, common, place, in_hand, held, gauges }
    }

    /// Takes batches until `shutdown`, then finishes those in hand. Fails only if a task crashed.
    pub(crate) async fn run(mut self, shutdown: CancellationToken) -> Result<(), BusError> {
        self.go_round(&shutdown).await?;
        while let Some(ended) = self.in_hand.join_next().await {
            ended.map_err(crashed)?;
        }
        // A shutdown has little time, and without the last mark the next start only goes further back.
        tokio::time::timeout(LAST_NOTE, self.place.save_mark(&self.bus, true)).await.ok();
        Ok(())
    }

    async fn go_round(&mut self, shutdown: &CancellationToken) -> Result<(), BusError> {
        let mut pauses = Pauses::beginning_with(PAUSE);
        let mut connections = self.bus.connections();
        loop {
            connections.borrow_and_update();
            let opened = tokio::select! {
                biased;
                () = shutdown.cancelled() => return Ok(()),
                // Requests made over the old connection will not be answered.
                Ok(()) = connections.changed() => continue,
                opened = Pull::open(
                    &self.bus,
                    &self.consumption,
                    &self.durable,
                    &self.place,
                    &self.common.budget,
                ) => opened,
            };
            let error = match opened {
                Ok(pull) => {
                    let Some((error, worked)) = self.rounds(shutdown, pull).await? else {
                        return Ok(());
                    };
                    if worked {
                        pauses.reset();
                    }
                    error
                }
                Err(error) => error,
            };
            if matches!(error, PullError::Reconnected | PullError::Recreated) {
                continue;
            }
            self.gauges.failed(&self.durable, &error);
            let pause = pauses.next();
            tokio::select! {
                () = shutdown.cancelled() => {}
                Ok(()) = connections.changed() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Takes batch after batch from one pull. Returns `None` at shutdown, or else why the pull has to be replaced
    /// and whether it ever worked.
    async fn rounds(
        &mut self,
        shutdown: &CancellationToken,
        mut pull: Pull,
    ) -> Result<Option<(PullError, bool)>, BusError> {
        let mut worked = false;
        let error = loop {
            if !self.has_a_free_hand(shutdown, BYTES).await? {
                break None;
            }
            // Found when messages were to be settled. What this pull brings could not be.
            if self.place.knows_another(pull.consumer_created).await {
                break Some((PullError::Recreated, worked));
            }
            let batch = match pull.batch(shutdown, self.in_hand.is_empty()).await {
                Ok(batch) => batch,
                Err(error) => break Some((error, worked)),
            };
            worked = true;
            self.gauges.works();
            self.take(batch, &pull).await;
            self.place.save_mark(&self.bus, false).await;
        };
        settle::give_back(&self.bus, pull.close().await).await;
        Ok(error)
    }

    /// Waits until one more batch of at most this many bytes may be taken in hand. Returns `false` at shutdown.
    async fn has_a_free_hand(
        &mut self,
        shutdown: &CancellationToken,
        bytes: usize,
    ) -> Result<bool, BusError> {
        while let Some(ended) = self.in_hand.try_join_next() {
            ended.map_err(crashed)?;
        }
        let Consumption { batch, concurrency, room, .. } = self.consumption;
        while self.in_hand.len() >= concurrency.max(1)
            || !self.in_hand.is_empty() && self.held.is_more_than(room.saturating_sub(batch), bytes)
        {
            tokio::select! {
                biased;
                () = shutdown.cancelled() => return Ok(false),
                Some(ended) = self.in_hand.join_next() => ended.map_err(crashed)?,
            }
        }
        Ok(!shutdown.is_cancelled())
    }

    async fn take(&mut self, Batch { messages, reserved }: Batch, pull: &Pull) {
        let (created, again, ack_wait) = (pull.consumer_created, pull.again, pull.ack_wait);
        let read = |message| InHand::read(message, self.bus.jetstream(), created, again);
        let read = messages.into_iter().filter_map(read);
        let batch: Vec<InHand> = read.filter(|message| self.held.take(message)).collect();
        if batch.is_empty() {
            return;
        }
        self.place.record_seen(pull.server.as_ref(), &batch).await;
        self.gauges.measure(&batch);
        let (bus, consumption) = (self.bus.clone(), self.consumption);
        let (handler, held) = (Arc::clone(&self.handler), self.held.clone());
        let (place, common) = (Arc::clone(&self.place), Arc::clone(&self.common));
        let at = Instant::now();
        self.in_hand.spawn(async move {
            let outcomes = handle::run(&handler, &batch, &bus, &place, ack_wait).await;
            // Before settling: whatever the server delivers after that has to be handled.
            held.release(&batch);
            let taken = Taken { batch, at };
            settle::settle(&bus, &consumption, &common.shares, &place, taken, outcomes).await;
            drop(reserved);
        });
    }
}

fn crashed(error: JoinError) -> BusError {
    BusError::Crashed(error.into())
}

/// A lane's share in the metrics and the health of its consumption, withdrawn when dropped.
struct Gauges {
    consumer: &'static str,
    condition: Condition,
}

impl Gauges {
    fn new(consumer: Consumer, health: Arc<Health>) -> Self {
        let consumer = consumer.name();
        metrics::gauge!("axis_consume_lanes", "consumer" => consumer).increment(1.0);
        Self { consumer, condition: Condition::new(health) }
    }

    fn failed(&mut self, durable: &Durable, error: &PullError) {
        let (consumer, name) = (self.consumer, durable.name());
        let error = in_words(error);
        if self.condition.fails(&error) {
            tracing::warn!(consumer, name, error, "messages cannot be pulled, trying again");
        } else {
            tracing::debug!(consumer, name, error, "messages still cannot be pulled");
        }
    }

    fn works(&mut self) {
        if let Some(error) = self.condition.works() {
            tracing::info!(consumer = self.consumer, error, "messages can be pulled again");
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "a gauge needs no more precision")]
    fn measure(&self, batch: &[InHand]) {
        let consumer = self.consumer;
        metrics::histogram!("axis_consume_batch_messages", "consumer" => consumer)
            .record(batch.len() as f64);
        if let Some(first) = batch.first() {
            // A batch is in order, so its first message has waited longest.
            let lag = (Utc::now() - first.published_at).to_std().unwrap_or_default();
            metrics::histogram!("axis_consume_lag_seconds", "consumer" => consumer)
                .record(lag.as_secs_f64());
        }
    }
}

impl Drop for Gauges {
    fn drop(&mut self) {
        metrics::gauge!("axis_consume_lanes", "consumer" => self.consumer).decrement(1.0);
    }
}
