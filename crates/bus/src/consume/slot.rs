//! One slot of a consumption: a batch in hand at a time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use chrono::Utc;
use tokio_util::sync::CancellationToken;

use super::message::InHand;
use super::pull::{Pull, PullError};
use super::rewind::Place;
use super::{Consumer, Consumption, Handler, handle, settle};
use crate::Bus;

/// The pause after a failed pull, doubled with each failure in a row.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LAST_PAUSE: Duration = Duration::from_secs(5);

/// Whether the slots of a consumption get messages; said once, not once per slot and attempt.
pub(crate) struct Health {
    consumer: Consumer,
    failing: AtomicBool,
}

impl Health {
    pub(crate) fn new(consumer: Consumer) -> Self {
        Self { consumer, failing: AtomicBool::new(false) }
    }

    fn failed(&self, error: &PullError) {
        let consumer = self.consumer.name();
        if self.failing.swap(true, Ordering::Relaxed) {
            tracing::debug!(consumer, error = %error, "messages still cannot be pulled");
        } else {
            tracing::warn!(consumer, error = %error, "messages cannot be pulled, trying again");
        }
    }

    fn works(&self) {
        if self.failing.swap(false, Ordering::Relaxed) {
            tracing::info!(consumer = self.consumer.name(), "messages can be pulled again");
        }
    }
}

/// Goes round until `shutdown`.
pub(crate) async fn run<H: Handler>(
    bus: Bus,
    consumption: Consumption,
    handler: Arc<H>,
    health: Arc<Health>,
    place: Arc<Place>,
    shutdown: CancellationToken,
) {
    let mut failures = 0;
    let mut connections = bus.connections();
    loop {
        connections.borrow_and_update();
        let opened = tokio::select! {
            biased;
            () = shutdown.cancelled() => return,
            // Whatever was asked over the old connection is not going to be answered.
            Ok(()) = connections.changed() => continue,
            opened = Pull::open(&bus, &consumption, &place) => opened,
        };
        let error = match opened {
            Ok(pull) => {
                let error =
                    rounds(&bus, &consumption, &handler, &health, &place, &shutdown, pull).await;
                let Some((error, worked)) = error else { return };
                if worked {
                    failures = 0;
                }
                error
            }
            Err(error) => error,
        };
        if matches!(error, PullError::Reconnected) {
            continue;
        }
        health.failed(&error);
        let pause = FIRST_PAUSE.saturating_mul(1 << failures.min(10)).min(LAST_PAUSE);
        failures += 1;
        tokio::select! {
            () = shutdown.cancelled() => {}
            Ok(()) = connections.changed() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Batch after batch from one pull. None at shutdown, else why the pull has to be made anew, and
/// whether it ever worked.
async fn rounds<H: Handler>(
    bus: &Bus,
    consumption: &Consumption,
    handler: &Arc<H>,
    health: &Health,
    place: &Place,
    shutdown: &CancellationToken,
    mut pull: Pull,
) -> Option<(PullError, bool)> {
    let mut worked = false;
    let error = loop {
        let messages = match pull.batch(shutdown).await {
            Ok(messages) => messages,
            Err(error) => break Some((error, worked)),
        };
        worked = true;
        health.works();
        let batch: Vec<InHand> = messages
            .into_iter()
            .filter_map(|message| InHand::read(message, bus.jetstream()))
            .collect();
        if !batch.is_empty() {
            place.saw(bus, &batch);
            measure(consumption.consumer.name(), &batch);
            let outcomes = handle::run(handler, &batch, bus.client(), pull.ack_wait).await;
            settle::settle(bus, consumption, batch, outcomes).await;
        }
        if shutdown.is_cancelled() {
            break None;
        }
    };
    settle::give_back(bus, pull.close().await).await;
    error
}

#[expect(clippy::cast_precision_loss, reason = "a gauge needs no more precision")]
fn measure(consumer: &'static str, batch: &[InHand]) {
    metrics::histogram!("axis_consume_batch_messages", "consumer" => consumer)
        .record(batch.len() as f64);
    if let Some(last) = batch.last() {
        metrics::gauge!("axis_consume_pending", "consumer" => consumer).set(last.pending as f64);
    }
    if let Some(first) = batch.first() {
        // Messages of a batch follow each other; the first has waited longest.
        let lag = (Utc::now() - first.published_at).to_std().unwrap_or_default();
        metrics::histogram!("axis_consume_lag_seconds", "consumer" => consumer)
            .record(lag.as_secs_f64());
    }
}
