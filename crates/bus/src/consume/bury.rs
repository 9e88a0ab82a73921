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

/// A message that can never be processed.
pub(super) struct Rejected {
    pub(super) message: InHand,
    pub(super) reason: &'static str,
    pub(super) error: BoxError,
    /// Whether the handler has a record of it.
    pub(super) recorded: bool,
}

/// Publishes dead letters. A message whose letter is stored is ended. One whose owner has used up its share of
/// `DEAD_LETTER`, or whose letter finds no room there, is ended without a letter: the record that its handler made, or
/// else the log, says why it was rejected and where it is, and its stream keeps it until it expires. Any other is
/// redelivered.
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
        .map(|(letter, one)| (owner(&one.message.message.subject, &letter.headers), size(letter)))
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
                let told = news || !one.recorded && shares.may_name().await;
                settlements.push(end_unkept(consumption, one, &asked.0, told));
            }
        }
    }
    let published = bus.publisher().publish_all(published).await;
    for ((one, (owner, bytes)), published) in buried.into_iter().zip(published) {
        let settlement = match published {
            Err(PublishError::Full(_)) => {
                let news = shares.refuse(&owner, bytes).await;
                let told = news || !one.recorded && shares.may_name().await;
                end_unkept(consumption, one, &owner, told)
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

fn letter(consumption: &Consumption, rejected: &Rejected) -> Envelope<Bytes> {
    let Rejected { message, reason, error, .. } = rejected;
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

/// Ends a message without a letter. Whether that is `told` as a warning: of an owner's messages mostly only once, since
/// a flood of them would fill the log too.
fn end_unkept(
    consumption: &Consumption,
    rejected: Rejected,
    owner: &str,
    told: bool,
) -> (InHand, AckKind) {
    let Rejected { message, reason, error, recorded } = rejected;
    let (consumer, stream) = (consumption.consumer.name(), consumption.consumer.stream());
    let sequence = message.sequence;
    count(consumer, "unkept", 1);
    if !told {
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
    tracing::warn!(
        trace.id = message.trace_id(),
        message.id = message.id(),
        consumer,
        stream,
        subject = message.message.subject.as_str(),
        sequence,
        reason,
        error = in_words(error.as_ref()),
        owner,
        recorded,
        "a rejected message gets no dead letter, since its owner has its share of DEAD_LETTER or \
         that is full: redrive or drop what is there"
    );
    (message, AckKind::Term)
}

fn settle(
    consumption: &Consumption,
    rejected: Rejected,
    failure: Option<BoxError>,
) -> (InHand, AckKind) {
    let Rejected { message, reason, error, .. } = rejected;
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
