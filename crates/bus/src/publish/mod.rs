//! Publishing messages and awaiting their streams' confirmations.

mod confirmations;
mod standstill;

use async_nats::client::PublishErrorKind;
use async_nats::{Client, Subject};
use bytes::Bytes;
use events::Envelope;
use tokio::time::{Instant, timeout_at};

pub(crate) use self::confirmations::Confirmations;
use self::confirmations::{Batch, Refusal};
pub(crate) use self::standstill::Standstills;
use crate::{Bus, PublishError, headers};

/// Publishes messages. Clones share the connection.
#[derive(Clone, Debug)]
pub struct Publisher {
    bus: Bus,
}

/// A stream's confirmation of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Published {
    /// Its position in the stream.
    pub sequence: u64,
    /// Whether the stream already had it, under the same message id.
    pub duplicate: bool,
}

/// Messages that were handed over together and are not yet confirmed.
#[derive(Debug)]
#[must_use = "messages may be lost unless their confirmations are awaited"]
pub struct UnderWay {
    /// `None` if the client accepts nothing any more.
    batch: Option<Batch>,
    subjects: Vec<Subject>,
    bus: Bus,
}

impl UnderWay {
    /// Waits until all messages are confirmed or refused, or nothing was for [`crate::Config::answering`] that was handed over
    /// before their end. Returns one result per message, in order. Those not answered in time are [`PublishError::Timeout`].
    pub async fn answers(self) -> Vec<Result<Published, PublishError>> {
        let Self { batch, subjects, bus } = self;
        let mut answers = match batch {
            Some(mut batch) => {
                // Messages that are not answered by then get a timeout below.
                batch.answered().await;
                batch.answers()
            }
            None => Vec::new(),
        };
        answers.resize_with(subjects.len(), || None);
        let told = answers.into_iter().zip(subjects).map(|(answer, subject)| {
            let result = match answer {
                Some(Ok(published)) => Ok(published),
                Some(Err(refusal)) => Err(failed(why(refusal, &subject))),
                None => Err(failed(PublishError::Timeout)),
            };
            bus.standstills().note(&subject, &result);
            result
        });
        told.collect()
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
        self.publish_all(vec![envelope]).await.pop().unwrap_or(Err(PublishError::Timeout))
    }

    /// Publishes messages and waits until each is confirmed or refused. Returns one result per message, in order.
    /// Gives up when nothing has been answered for [`crate::Config::answering`], neither of these nor of what was handed over
    /// before: on a slow way, they wait for that. Very large messages have longer, up to 16 s more.
    pub async fn publish_all(
        &self,
        envelopes: Vec<Envelope<impl Into<Bytes>>>,
    ) -> Vec<Result<Published, PublishError>> {
        self.start_all(envelopes).await.answers().await
    }

    /// Hands messages over in order, for [`crate::Config::answering`] at most. The confirmations are awaited through the
    /// returned [`UnderWay`]. The caller has to bound how many messages are under way.
    pub async fn start_all(&self, envelopes: Vec<Envelope<impl Into<Bytes>>>) -> UnderWay {
        let subjects =
            envelopes.iter().map(|envelope| Subject::from(envelope.subject.as_str())).collect();
        let expected = self.bus.confirmations().expect(self.bus.client(), envelopes.len()).await;
        let bus = self.bus.clone();
        let Ok(batch) = expected else { return UnderWay { batch: None, subjects, bus } };
        let deadline = Instant::now() + self.bus.answering();
        let mut largest = 0;
        for (place, envelope) in envelopes.into_iter().enumerate() {
            let Envelope { subject, message_id, headers, payload } = envelope;
            let payload: Bytes = payload.into();
            largest = largest.max(payload.len());
            let envelope = Envelope { subject, message_id, headers, payload };
            let sent = self.send(batch.reply(place), envelope);
            let sent = timeout_at(deadline, sent).await.unwrap_or(Err(PublishError::Timeout));
            if let Err(error) = sent {
                batch.unsent(place, error);
            }
        }
        batch.note_largest(largest);
        UnderWay { batch: Some(batch), subjects, bus }
    }

    async fn send(&self, reply: Subject, envelope: Envelope<Bytes>) -> Result<(), PublishError> {
        // Without this, messages would queue up inside the client library during an outage, and go out after
        // their publisher has long been told that they failed.
        if !self.bus.connected() {
            return Err(PublishError::Unavailable);
        }
        let Envelope { subject, message_id, headers, payload } = envelope;
        let headers = headers::to_nats(&headers, &message_id);
        let client: &Client = self.bus.client();
        let to = Subject::from(subject.as_str());
        let sent = client.publish_with_reply_and_headers(to, reply, headers, payload).await;
        sent.map_err(|error| unsent(error, &subject))
    }

    /// Publishes an ephemeral message to whoever is subscribed at this moment. Nothing is stored or confirmed.
    pub async fn live(&self, subject: String, payload: Bytes) -> Result<(), PublishError> {
        if !self.bus.connected() {
            return Err(failed(PublishError::Unavailable));
        }
        let sent = self.bus.client().publish(subject.clone(), payload).await;
        sent.map_err(|error| failed(unsent(error, &subject)))
    }
}

fn why(refusal: Refusal, subject: &str) -> PublishError {
    match refusal {
        Refusal::Unsent(error) => error,
        Refusal::NoStream => PublishError::NoStream { subject: subject.to_owned() },
        Refusal::Refused(reply) => PublishError::refused(reply, subject),
        Refusal::Unreadable(error) => PublishError::Rejected(error.into()),
    }
}

fn unsent(error: async_nats::PublishError, subject: &str) -> PublishError {
    match error.kind() {
        PublishErrorKind::MaxPayloadExceeded => PublishError::TooLarge(error.into()),
        PublishErrorKind::InvalidSubject => {
            PublishError::InvalidSubject { subject: subject.to_owned() }
        }
        PublishErrorKind::Send => PublishError::Unavailable,
    }
}

fn failed(error: PublishError) -> PublishError {
    count(error.reason(), 1);
    error
}

/// Registers the failure counters at 0. Alerts look at how much a counter grew, and one that first appears with
/// its first event has not grown.
pub(crate) fn count_from_zero() {
    for reason in PublishError::REASONS {
        count(reason, 0);
    }
}

fn count(reason: &'static str, failures: u64) {
    metrics::counter!("axis_publish_failures_total", "reason" => reason).increment(failures);
}
