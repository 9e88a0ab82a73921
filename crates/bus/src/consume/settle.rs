//! Tells the server what became of messages.

use std::time::Duration;

use async_nats::jetstream::AckKind;
use chrono::{DateTime, Utc};
use domain::in_words;
use tokio::time::Instant;

use super::bury::{Rejected, bury};
use super::message::InHand;
use super::rewind::Place;
use super::{Consumption, Failure, Outcome};
use crate::Bus;
use crate::shares::Shares;

/// How long to try. Messages that could not be settled are redelivered after the consumer's `ack_wait`.
const DEADLINE: Duration = Duration::from_secs(10);
/// How long to wait between attempts to find out whether messages may be settled.
const PAUSE: Duration = Duration::from_millis(250);
/// The outcomes that messages are counted under.
const OUTCOMES: [&str; 6] = ["done", "put_off", "retried", "rejected", "unkept", "panicked"];

/// A batch, and when it was taken in hand.
pub(crate) struct Taken {
    pub(crate) batch: Vec<InHand>,
    pub(crate) at: Instant,
}

/// Settles a batch. Without outcomes all of it is redelivered.
pub(crate) async fn settle(
    bus: &Bus,
    consumption: &Consumption,
    shares: &Shares,
    place: &Place,
    Taken { batch, at }: Taken,
    outcomes: Option<Vec<Outcome>>,
) {
    let Some(created) = batch.first().map(|message| message.consumer_created) else { return };
    let consumer = consumption.consumer.name();
    let settlements = if let Some(outcomes) = outcomes {
        sort(bus, consumption, shares, batch, outcomes).await
    } else {
        count(consumer, "panicked", batch.len());
        batch.into_iter().map(|message| nak(consumption, message)).collect()
    };
    let total = settlements.len();
    let mut told = 0;
    let tell = async {
        if !may_be_told(bus, place, created, at).await {
            return;
        }
        for (message, kind) in settlements {
            if bus.client().publish(message.reply, kind.into()).await.is_ok() {
                told += 1;
            }
        }
    };
    if tokio::time::timeout(DEADLINE, tell).await.is_err() || told < total {
        tracing::warn!(
            consumer,
            messages = total - told,
            "cannot settle messages, they will be redelivered"
        );
    }
}

/// Waits until it is known whether the consumer `created` at that time, from which messages were `taken`, still exists.
async fn may_be_told(bus: &Bus, place: &Place, created: DateTime<Utc>, taken: Instant) -> bool {
    let mut connections = bus.connections();
    loop {
        connections.borrow_and_update();
        if let Some(still) = place.is_current(bus, created, taken).await {
            return still;
        }
        tokio::select! {
            Ok(()) = connections.changed() => {}
            () = tokio::time::sleep(PAUSE) => {}
        }
    }
}

/// Gives back messages that were never handed to a handler. They are redelivered at once.
pub(crate) async fn give_back(bus: &Bus, messages: Vec<async_nats::Message>) {
    let give = async {
        for reply in messages.into_iter().filter_map(|message| message.reply) {
            bus.client().publish(reply, AckKind::Nak(None).into()).await.ok();
        }
    };
    tokio::time::timeout(DEADLINE, give).await.ok();
}

async fn sort(
    bus: &Bus,
    consumption: &Consumption,
    shares: &Shares,
    batch: Vec<InHand>,
    outcomes: Vec<Outcome>,
) -> Vec<(InHand, AckKind)> {
    let consumer = consumption.consumer.name();
    let mut settlements = Vec::with_capacity(batch.len());
    let mut rejected = Vec::new();
    let (mut done, mut put_off, mut retried) = (0, 0, 0);
    let mut first_error = None;
    for (message, outcome) in batch.into_iter().zip(outcomes) {
        match outcome {
            Ok(()) => {
                done += 1;
                settlements.push((message, AckKind::Ack));
            }
            // The handler knows when to try again: that is its plan and not a failure.
            Err(Failure::RetryAfter(delay, reason)) => {
                put_off += 1;
                tracing::debug!(
                    trace.id = message.trace_id(),
                    consumer,
                    sequence = message.sequence,
                    ?delay,
                    %reason,
                    "a message was put off"
                );
                settlements.push((message, AckKind::Nak(Some(delay))));
            }
            Err(Failure::Retry(error)) => {
                retried += 1;
                first_error.get_or_insert((message.sequence, message.attempt, error));
                settlements.push(nak(consumption, message));
            }
            Err(Failure::Reject { reason, error, recorded }) => {
                rejected.push(Rejected { message, reason, error, recorded });
            }
        }
    }
    count(consumer, "done", done);
    count(consumer, "put_off", put_off);
    if let Some((sequence, attempt, error)) = first_error {
        count(consumer, "retried", retried);
        // One line per batch, since most failures affect all of it alike.
        tracing::warn!(
            consumer,
            messages = retried,
            first.sequence = sequence,
            first.attempt = attempt,
            error = in_words(error.as_ref()),
            "messages cannot be processed now and will be redelivered"
        );
    }
    if !rejected.is_empty() {
        settlements.extend(bury(bus, consumption, shares, rejected).await);
    }
    settlements
}

pub(super) fn nak(consumption: &Consumption, message: InHand) -> (InHand, AckKind) {
    let delay = (consumption.retry_delay)(message.attempt);
    (message, AckKind::Nak(Some(delay)))
}

/// Registers the counters of all outcomes at 0.
pub(crate) fn count_from_zero(consumer: &'static str) {
    for outcome in OUTCOMES {
        count(consumer, outcome, 0);
    }
}

pub(super) fn count(consumer: &'static str, outcome: &'static str, messages: usize) {
    debug_assert!(OUTCOMES.contains(&outcome), "{outcome} is not counted from 0 on");
    metrics::counter!("axis_consumed_total", "consumer" => consumer, "outcome" => outcome)
        .increment(messages as u64);
}
