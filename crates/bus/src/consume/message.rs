//! A message of JetStream, taken apart.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_nats::{Message, Subject, jetstream};
use chrono::{DateTime, Utc};

use super::Delivery;
use crate::headers;
use crate::time::time_of;

/// A message in hand: not settled yet.
pub(crate) struct InHand {
    pub(crate) message: Message,
    /// Where settlements go.
    pub(crate) reply: Subject,
    pub(crate) sequence: u64,
    pub(crate) attempt: u64,
    pub(crate) published_at: DateTime<Utc>,
    /// When the consumer was made.
    pub(crate) consumer_created: DateTime<Utc>,
}

impl InHand {
    /// None if it is no delivery of a consumer.
    pub(crate) fn read(
        message: Message,
        context: &jetstream::Context,
        consumer_created: DateTime<Utc>,
    ) -> Option<Self> {
        // The library parses only its own type of message.
        let message = jetstream::Message { message, context: context.clone() };
        let info = message.info().ok()?;
        let sequence = info.stream_sequence;
        let attempt = u64::try_from(info.delivered).unwrap_or(1);
        let published_at = time_of(info.published.unix_timestamp_nanos());
        let reply = message.reply.clone()?;
        let message = message.message;
        Some(Self { message, reply, sequence, attempt, published_at, consumer_created })
    }

    /// For a line about it.
    pub(super) fn trace_id(&self) -> Option<String> {
        headers::trace_id(self.message.headers.as_ref())
    }

    fn identity(&self) -> Identity {
        (self.sequence, self.published_at)
    }

    pub(crate) fn delivery(&self) -> Delivery {
        Delivery {
            subject: self.message.subject.to_string(),
            headers: headers::from_nats(self.message.headers.as_ref()),
            payload: self.message.payload.clone(),
            sequence: self.sequence,
            attempt: self.attempt,
            published_at: self.published_at,
        }
    }
}

/// Which messages a lane has in hand.
///
/// The server gives a message out again while it is still being worked on, if it heard nothing of it
/// meanwhile: it was away itself, or this program was frozen. What becomes of the first decides, so
/// the second is left alone. Were both handled, the first one's failure would come to nothing once
/// the second is settled.
#[derive(Debug, Clone, Default)]
pub(crate) struct Held(Arc<Mutex<Load>>);

#[derive(Debug, Default)]
struct Load {
    messages: HashSet<Identity>,
    bytes: usize,
}

/// A position may be taken again by another message; its time tells.
type Identity = (u64, DateTime<Utc>);

impl Held {
    /// Whether it was not held yet.
    pub(crate) fn take(&self, message: &InHand) -> bool {
        let mut held = self.lock();
        let fresh = held.messages.insert(message.identity());
        if fresh {
            held.bytes += message.message.length;
        }
        fresh
    }

    /// Whether it is more than so many, or more than so many bytes.
    pub(crate) fn is_more_than(&self, messages: usize, bytes: usize) -> bool {
        let held = self.lock();
        held.messages.len() > messages || held.bytes > bytes
    }

    pub(crate) fn release(&self, batch: &[InHand]) {
        let mut held = self.lock();
        for message in batch {
            if held.messages.remove(&message.identity()) {
                held.bytes -= message.message.length;
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Load> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
