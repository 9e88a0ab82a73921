//! Runs a handler on a batch.

use std::sync::Arc;
use std::time::Duration;

use async_nats::jetstream::AckKind;
use domain::in_words;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use super::message::InHand;
use super::rewind::Place;
use super::{Handler, Outcome};
use crate::Bus;

/// Runs a handler. Returns its outcomes, or `None` if it panicked or did not answer for every message.
///
/// The handler runs in a task of its own, so that a panic ends nothing else. While it runs, the server is told
/// that the batch is being worked on.
pub(crate) async fn run<H: Handler>(
    handler: &Arc<H>,
    batch: &[InHand],
    bus: &Bus,
    place: &Place,
    ack_wait: Duration,
) -> Option<Vec<Outcome>> {
    let taken = Instant::now();
    let deliveries = batch.iter().map(InHand::delivery).collect();
    let task = {
        let handler = Arc::clone(handler);
        async move { handler.handle(deliveries).await }
    };
    let mut task = tokio_util::task::AbortOnDropHandle::new(tokio::spawn(task));
    let period = (ack_wait / 3).max(Duration::from_millis(10));
    let mut alive = interval_at(taken + period, period);
    alive.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let ended = loop {
        tokio::select! {
            biased;
            ended = &mut task => break ended,
            _ = alive.tick() => {
                // This waits while there is no connection, which must not hold up the handler.
                let told = tokio::time::timeout(period, report_progress(bus, place, batch, taken));
                tokio::select! {
                    biased;
                    ended = &mut task => break ended,
                    _ = told => {}
                }
            }
        }
    };
    match ended {
        Ok(outcomes) if outcomes.len() == batch.len() => Some(outcomes),
        Ok(outcomes) => {
            let (got, wanted) = (outcomes.len(), batch.len());
            tracing::error!(got, wanted, "the handler did not say what became of each message");
            None
        }
        Err(error) => {
            tracing::error!(
                error = in_words(&error),
                "the handler panicked, its batch will be redelivered"
            );
            None
        }
    }
}

async fn report_progress(bus: &Bus, place: &Place, batch: &[InHand], taken: Instant) {
    let Some(first) = batch.first() else { return };
    if place.is_current(bus, first.consumer_created, taken).await != Some(true) {
        return;
    }
    for message in batch {
        bus.client().publish(message.reply.clone(), AckKind::Progress.into()).await.ok();
    }
}
