//! A message that JetStream has delivered, and which messages a lane has in hand.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_nats::{HeaderValue, Message, Subject, jetstream};
use chrono::{DateTime, Utc};

use super::Delivery;
use crate::headers;
use crate::time::time_of;

/// A message in hand: delivered, but not yet settled.
pub(crate) struct InHand {
    pub(crate) message: Message,
    /// The subject that settlements go to.
    pub(crate) reply: Subject,
    pub(crate) sequence: u64,
    pub(crate) attempt: u64,
    pub(crate) published_at: DateTime<Utc>,
    /// When the consumer that delivered it was created.
    pub(crate) consumer_created: DateTime<Utc>,
}

impl InHand {
    /// Reads a message's delivery data. Returns `None` if no consumer delivered it. Up to the position `again`, another
    /// consumer may have delivered it before.
    pub(crate) fn read(
        message: Message,
        context: &jetstream::Context,
        consumer_created: DateTime<Utc>,
        again: u64,
    ) -> Option<Self> {
        // The library parses only its own type of message.
        let message = jetstream::Message { message, context: context.clone() };
        let info = message.info().ok()?;
        let sequence = info.stream_sequence;
        let attempt = u64::try_from(info.delivered).unwrap_or(1) + u64::from(sequence <= again);
        let published_at = time_of(info.published.unix_timestamp_nanos());
        let reply = message.reply.clone()?;
        let message = message.message;
        Some(Self { message, reply, sequence, attempt, published_at, consumer_created })
    }

    /// The trace that the message is part of, for log lines.
    pub(super) fn trace_id(&self) -> Option<String> {
        headers::trace_id(self.message.headers.as_ref())
    }

    /// The id that it was published under, for log lines.
    pub(super) fn id(&self) -> Option<&str> {
        self.message.headers.as_ref()?.get(events::MESSAGE_ID).map(HeaderValue::as_str)
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

/// The messages that a lane has in hand.
///
/// If the server hears nothing of a message for a while, because it was away itself or this program was frozen,
/// it delivers the message again although it is still being worked on. The outcome of the first delivery decides,
/// so the second is left alone. If both were handled, a failure of the first would come to nothing once the second
/// is settled.
#[derive(Debug, Clone, Default)]
pub(crate) struct Held(Arc<Mutex<Load>>);

#[derive(Debug, Default)]
struct Load {
    messages: HashSet<Identity>,
    bytes: usize,
}

/// Position and time. After a loss, a position may be taken by another message, which its time tells apart.
type Identity = (u64, DateTime<Utc>);

impl Held {
    /// Adds a message. Returns `false` if it is held already.
    pub(crate) fn take(&self, message: &InHand) -> bool {
        let mut held = self.lock();
        let fresh = held.messages.insert(message.identity());
        if fresh {
            held.bytes += message.message.length;
        }
        fresh
    }

    /// Whether more than this many messages, or more than this many bytes, are held.
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
