//! Publishing, with the stream's confirmation.

use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::task::{Context, Poll};

use async_nats::Subject;
use async_nats::jetstream::context::{self, PublishAckFuture};
use async_nats::jetstream::message::PublishMessage;
use async_nats::jetstream::publish::PublishAck;
use bytes::Bytes;
use events::Envelope;

use crate::{Bus, PublishError, headers};

/// Publishes messages. Clones share the connection.
#[derive(Clone, Debug)]
pub struct Publisher {
    bus: Bus,
}

/// The stream has the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Published {
    /// Its position in the stream.
    pub sequence: u64,
    /// The stream had it already, under the same message id.
    pub duplicate: bool,
}

/// A message on its way. Resolves when the stream has confirmed or refused it, or after 5 s.
#[must_use = "a message may be lost unless its confirmation is awaited"]
pub struct PendingAck {
    answer: Pin<Box<dyn Future<Output = Result<PublishAck, context::PublishError>> + Send>>,
    subject: Subject,
}

impl std::fmt::Debug for PendingAck {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PendingAck").field("subject", &self.subject).finish_non_exhaustive()
    }
}

impl Future for PendingAck {
    type Output = Result<Published, PublishError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.answer.as_mut().poll(cx).map(|answer| {
            answer
                .map(|ack| Published { sequence: ack.sequence, duplicate: ack.duplicate })
                .map_err(|error| failed(PublishError::read(error, &self.subject)))
        })
    }
}

impl Publisher {
    pub(crate) fn new(bus: Bus) -> Self {
        Self { bus }
    }

    /// Publishes a message and waits until its stream has it.
    pub async fn publish(
        &self,
        envelope: Envelope<impl Into<Bytes>>,
    ) -> Result<Published, PublishError> {
        self.start(envelope).await?.await
    }

    /// Hands a message over; the confirmation is awaited by whoever gets the [`PendingAck`]. The
    /// caller bounds how many are under way.
    pub async fn start(
        &self,
        envelope: Envelope<impl Into<Bytes>>,
    ) -> Result<PendingAck, PublishError> {
        // Without this, messages would queue up inside the client library during an outage, and
        // go out later although their publisher has long been told of the failure.
        if !self.bus.connected() {
            return Err(failed(PublishError::Unavailable));
        }
        let Envelope { subject, message_id, headers, payload } = envelope;
        let message = PublishMessage::build()
            .headers(headers::to_nats(&headers, &message_id))
            .payload(payload.into());
        let subject = Subject::from(subject);
        let pending: Result<PublishAckFuture, _> =
            self.bus.jetstream().send_publish(subject.clone(), message).await;
        match pending {
            Ok(pending) => Ok(PendingAck { answer: pending.into_future(), subject }),
            Err(error) => Err(failed(PublishError::read(error, &subject))),
        }
    }

    /// Publishes many, all under way at once. One result per message, in their order.
    pub async fn publish_all<P: Into<Bytes>>(
        &self,
        envelopes: Vec<Envelope<P>>,
    ) -> Vec<Result<Published, PublishError>> {
        let mut pending = Vec::with_capacity(envelopes.len());
        for envelope in envelopes {
            pending.push(self.start(envelope).await);
        }
        let mut results = Vec::with_capacity(pending.len());
        for started in pending {
            results.push(match started {
                Ok(ack) => ack.await,
                Err(error) => Err(error),
            });
        }
        results
    }

    /// Tells whoever listens at this moment; nothing is stored and nothing confirmed.
    pub async fn live(&self, subject: String, payload: Bytes) -> Result<(), PublishError> {
        if !self.bus.connected() {
            return Err(failed(PublishError::Unavailable));
        }
        self.bus.client().publish(subject.clone(), payload).await.map_err(|error| {
            failed(match error.kind() {
                async_nats::client::PublishErrorKind::MaxPayloadExceeded => {
                    PublishError::TooLarge(error.into())
                }
                async_nats::client::PublishErrorKind::InvalidSubject => {
                    PublishError::InvalidSubject { subject: subject.clone() }
                }
                async_nats::client::PublishErrorKind::Send => PublishError::Unavailable,
            })
        })
    }
}

fn failed(error: PublishError) -> PublishError {
    let reason = match &error {
        PublishError::Unavailable => "unavailable",
        PublishError::Timeout => "timeout",
        PublishError::NoStream { .. } => "no_stream",
        PublishError::Full(_) => "full",
        PublishError::TooLarge(_) => "too_large",
        PublishError::InvalidSubject { .. } => "invalid_subject",
        PublishError::Rejected(_) => "rejected",
    };
    metrics::counter!("axis_publish_failures_total", "reason" => reason).increment(1);
    error
}
