//! Turns messages that can never be processed into dead letters.

use async_nats::jetstream::AckKind;
use bytes::Bytes;
use chrono::Utc;
use domain::in_words;
use events::{DeadLetter, Envelope};

use super::message::InHand;
use super::settle::{count, nak};
use super::{BoxError, Consumption};
use crate::shares::{Grant, Shares, owner, size};
use crate::{Bus, PublishError, headers};

/// A message, the reason it was rejected for, and the error.
pub(super) type Rejected = (InHand, &'static str, BoxError);

/// Publishes dead letters. A message whose letter is stored is ended. One whose owner has used up its share of
/// `DEAD_LETTER`, or whose letter finds no room there, is ended without a letter: the record that its handler made
/// says why it was rejected and where it is, and its stream keeps it until it expires. Any other is redelivered.
pub(super) async fn bury(
    bus: &Bus,
    consumption: &Consumption,
    shares: &Shares,
    rejected: Vec<Rejected>,
) -> Vec<(InHand, AckKind)> {
    let letters: Vec<_> = rejected.iter().map(|one| letter(consumption, one)).collect();
    let asked: Vec<(String, u64)> = letters
        .iter()
        .zip(&rejected)
        .map(|(letter, (message, ..))| {
            (owner(&message.message.subject, &letter.headers), size(letter))
        })
        .collect();
    let granted = shares.grant(bus, &asked).await;
    let mut settlements = Vec::with_capacity(rejected.len());
    let (mut buried, mut published) = (Vec::new(), Vec::new());
    let of_all = rejected.into_iter().zip(letters).zip(asked.into_iter().zip(granted));
    for ((one, letter), (asked, grant)) in of_all {
        match grant {
            Grant::Letter => {
                buried.push((one, asked));
                published.push(letter);
            }
            Grant::Nothing { news } => {
                settlements.push(end_unkept(consumption, one, &asked.0, news));
            }
        }
    }
    let published = bus.publisher().publish_all(published).await;
    for ((one, (owner, bytes)), published) in buried.into_iter().zip(published) {
        let settlement = match published {
            Err(PublishError::Full(_)) => {
                let news = shares.refuse(&owner, bytes).await;
                end_unkept(consumption, one, &owner, news)
            }
            Err(failure) => {
                shares.take_back(&owner, bytes).await;
                settle(consumption, one, Some(failure.into()))
            }
            Ok(_) => settle(consumption, one, None),
        };
        settlements.push(settlement);
    }
    settlements
}

fn letter(consumption: &Consumption, (message, reason, error): &Rejected) -> Envelope<Bytes> {
    let letter = DeadLetter {
        stream: consumption.consumer.stream().to_owned(),
        subject: message.message.subject.to_string(),
        sequence: message.sequence,
        consumer: consumption.consumer.name().to_owned(),
        reason: (*reason).to_owned(),
        detail: in_words(error.as_ref()),
        at: Utc::now(),
    };
    let original = headers::from_nats(message.message.headers.as_ref());
    letter.envelope(&original, message.message.payload.clone())
}

/// Ends a message without a letter.
fn end_unkept(
    consumption: &Consumption,
    (message, reason, error): Rejected,
    owner: &str,
    news: bool,
) -> (InHand, AckKind) {
    let (consumer, stream) = (consumption.consumer.name(), consumption.consumer.stream());
    let sequence = message.sequence;
    count(consumer, "unkept", 1);
    if !news {
        tracing::debug!(
            trace.id = message.trace_id(),
            consumer,
            stream,
            sequence,
            reason,
            "another rejected message gets no dead letter"
        );
        return (message, AckKind::Term);
    }
    // Logged as a warning only once, since a flood of them would fill the log too.
    tracing::warn!(
        trace.id = message.trace_id(),
        consumer,
        stream,
        sequence,
        reason,
        error = in_words(error.as_ref()),
        owner,
        "a rejected message gets no dead letter, since its owner has its share of DEAD_LETTER or \
         that is full: redrive or drop what is there"
    );
    (message, AckKind::Term)
}

fn settle(
    consumption: &Consumption,
    (message, reason, error): Rejected,
    failure: Option<BoxError>,
) -> (InHand, AckKind) {
    let (consumer, sequence) = (consumption.consumer.name(), message.sequence);
    let error = in_words(error.as_ref());
    let Some(failure) = failure else {
        count(consumer, "rejected", 1);
        tracing::warn!(
            trace.id = message.trace_id(),
            consumer,
            sequence,
            reason,
            error,
            "a message was rejected and is now a dead letter"
        );
        return (message, AckKind::Term);
    };
    count(consumer, "retried", 1);
    tracing::warn!(
        trace.id = message.trace_id(),
        consumer,
        sequence,
        reason,
        error,
        failure = in_words(failure.as_ref()),
        "a rejected message cannot be made a dead letter and will be redelivered"
    );
    nak(consumption, message)
}
