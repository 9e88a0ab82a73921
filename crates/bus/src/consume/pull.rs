//! Requests batches from a pull consumer.
//!
//! A request says `no_wait` together with `expires`: the server answers with what it has, or, if it has nothing,
//! waits and answers with the first message that comes. Then it ends the request. So a batch takes one round trip
//! whether the stream is quiet or busy, and nothing arrives later that nobody waits for.
//!
//! A request also limits the bytes that it may bring, and the server ends it before the message that would exceed
//! them. In a cluster, the notice of that may overtake the messages before it; it says how many were not sent.
//!
//! A request that waits for its first message may bring few bytes, since each lane has one. If there is more, the
//! next request may bring many bytes, which are reserved first (`budget.rs`), and does not wait at the server for
//! long.

use std::time::Duration;

use async_nats::{Message, StatusCode, Subject, Subscriber};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::StreamExt as _;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::again;
use super::budget::{Budget, Reserved};
use super::durable::Durable;
use super::rewind::Place;
use super::{BoxError, Consumption};
use crate::{Bus, BusError};

/// How long a request waits at the server, and how often the server confirms that it still does.
const EXPIRES: Duration = Duration::from_secs(30);
const HEARTBEAT: Duration = Duration::from_secs(5);
/// After this long a silence the request is considered lost.
const SILENCE: Duration = Duration::from_secs(12);
/// How long to wait, once a batch has messages, for a server that neither sends more nor ends the request.
const GAP: Duration = Duration::from_millis(20);

/// The most bytes in a batch: two of the largest messages.
pub(crate) const BYTES: usize = 2 * crate::MAX_MESSAGE_BYTES;
/// The most bytes in a batch for which nothing is reserved.
const FEW_BYTES: usize = 64 * 1024;
/// The most bytes in a batch if more is waiting and none of it is known to be large.
const MANY_BYTES: usize = 4 * 1024 * 1024;
/// How long a request with reserved bytes waits at the server: what it asks for was there a moment ago.
const BRIEF: Duration = Duration::from_secs(1);
/// How the server says that it ended a request because of its bytes, and for how many messages it was still open.
const TOO_MANY_BYTES: &str = "Message Size Exceeds MaxBytes";
const NOT_SENT: &str = "Nats-Pending-Messages";
/// How the server says that a full batch could have had more bytes. That it is full is known already, and the next
/// request may be open when this arrives.
const COMPLETED: &str = "Batch Completed";

/// How long the server waits for a settlement unless the consumer says otherwise.
const ACK_WAIT: Duration = Duration::from_secs(30);

/// A subscription to an inbox, and what the server may still send there.
pub(crate) struct Pull {
    bus: Bus,
    inbox: Subject,
    subscriber: Subscriber,
    connections: watch::Receiver<u64>,
    next: String,
    batch: usize,
    budget: Budget,
    /// The bytes reserved for the open request.
    reserved: Option<Reserved>,
    left: Left,
    open: Open,
    /// How long the server waits for a settlement.
    pub(crate) ack_wait: Duration,
    /// When the consumer was created.
    pub(crate) consumer_created: DateTime<Utc>,
    /// Up to where it may deliver what another consumer had delivered before it.
    pub(crate) again: u64,
    /// The run of the server that is being asked.
    pub(crate) server: Option<String>,
}

/// What the last request left waiting at the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Left {
    /// Nothing, as far as is known.
    Nothing,
    /// Something.
    Some,
    /// A message that is too large for a request of this many bytes.
    Larger(usize),
}

/// What the request at the server may still bring.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Open {
    /// 0 when none is open.
    messages: usize,
    bytes: usize,
    /// How many bytes were requested.
    asked: usize,
    /// Whether it has brought any messages.
    brought: bool,
}

impl Open {
    fn is_over(self) -> bool {
        self.messages == 0
    }

    /// Notes that a message of this length came. The server says nothing when a request ends because its bytes were
    /// used up exactly.
    fn brings(&mut self, length: usize) {
        self.brought = true;
        self.bytes = self.bytes.saturating_sub(length);
        self.messages = if self.bytes == 0 { 0 } else { self.messages.saturating_sub(1) };
    }

    /// Notes that this many messages are not coming, or that none are if the number is not known.
    fn brings_no(&mut self, messages: Option<usize>) {
        self.messages = self.messages.saturating_sub(messages.unwrap_or(self.messages));
    }
}

/// What a request brought.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    pub(crate) messages: Vec<Message>,
    /// The bytes reserved for it.
    pub(crate) reserved: Option<Reserved>,
}

/// Why a pull can no longer be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PullError {
    #[error("NATS was reconnected")]
    Reconnected,
    #[error("another worker has recreated the consumer")]
    Recreated,
    #[error("NATS was silent for {} s", SILENCE.as_secs())]
    Silent,
    #[error("the subscription ended")]
    Ended,
    #[error("the stream or consumer does not answer")]
    NoResponders,
    #[error("NATS ended the request: {0}")]
    Status(String),
    #[error("the request could not be sent")]
    Send(#[source] BoxError),
    #[error(transparent)]
    Bus(#[from] BusError),
}

impl Pull {
    /// Looks the consumer up, rewinds it if its stream lost its end, and prepares to request batches.
    pub(crate) async fn open(
        bus: &Bus,
        consumption: &Consumption,
        durable: &Durable,
        place: &Place,
        budget: &Budget,
    ) -> Result<Self, PullError> {
        let mut connections = bus.connections();
        connections.borrow_and_update();
        let (stream, consumer) = (durable.stream(), durable.name());
        let server = bus.server_id();
        let info = place.check(bus).await?;
        let ack_wait = info.config.get("ack_wait").and_then(Value::as_u64);
        let client = bus.client();
        let inbox = Subject::from(client.new_inbox());
        let subscriber =
            client.subscribe(inbox.clone()).await.map_err(|error| PullError::Send(error.into()))?;
        Ok(Self {
            bus: bus.clone(),
            inbox,
            subscriber,
            connections,
            next: format!("$JS.API.CONSUMER.MSG.NEXT.{stream}.{consumer}"),
            batch: consumption.batch.max(1),
            budget: budget.clone(),
            reserved: None,
            left: Left::Nothing,
            open: Open::default(),
            ack_wait: ack_wait.map_or(ACK_WAIT, Duration::from_nanos),
            consumer_created: info.created,
            again: again::read(&info.config),
            server,
        })
    }

    /// Returns the next batch, which is empty if none came before the request expired or the shutdown. `idle` means
    /// that the lane has nothing in hand.
    pub(crate) async fn batch(
        &mut self,
        shutdown: &CancellationToken,
        idle: bool,
    ) -> Result<Batch, PullError> {
        let mut got = Vec::new();
        if self.open.is_over() {
            let wanted = self.wanted();
            tokio::select! {
                biased;
                () = shutdown.cancelled() => return Ok(Batch::default()),
                Ok(()) = self.connections.changed() => return Err(PullError::Reconnected),
                reserved = reserve(&self.budget, self.left, wanted, idle) => {
                    self.reserved = reserved;
                }
            }
            self.ask().await?;
        }
        loop {
            let patience = if got.is_empty() { SILENCE } else { GAP };
            let message = tokio::select! {
                biased;
                () = shutdown.cancelled() => return Ok(self.batch_of(got)),
                Ok(()) = self.connections.changed(), if got.is_empty() => {
                    return Err(PullError::Reconnected);
                }
                message = timeout(patience, self.subscriber.next()) => message,
            };
            let message = match message {
                Ok(Some(message)) => message,
                Ok(None) if got.is_empty() => return Err(PullError::Ended),
                Err(_) if got.is_empty() => return Err(PullError::Silent),
                Ok(None) | Err(_) => return Ok(self.batch_of(got)),
            };
            let is_over = match message.status {
                None | Some(StatusCode::OK) => {
                    self.open.brings(message.length);
                    got.push(message);
                    if self.open.is_over() {
                        self.left = Left::Some;
                    }
                    self.open.is_over()
                }
                Some(status) => self.note_status(status, &message, !got.is_empty())?,
            };
            if is_over {
                return Ok(self.batch_of(got));
            }
        }
    }

    /// Notes what the server says about the open request. Returns whether the batch ends with it. Fails if the pull
    /// can no longer be used and the batch has no messages that would be lost (`has_some`).
    fn note_status(
        &mut self,
        status: StatusCode,
        message: &Message,
        has_some: bool,
    ) -> Result<bool, PullError> {
        match (status, message.description.as_deref()) {
            (StatusCode::IDLE_HEARTBEAT, _) | (_, Some(COMPLETED)) => Ok(false),
            (_, Some(TOO_MANY_BYTES)) => {
                let not_sent = message.headers.as_ref().and_then(|headers| headers.get(NOT_SENT));
                let not_sent = not_sent.and_then(|number| number.as_str().parse().ok());
                // The others are still on their way.
                self.open.brings_no(not_sent);
                let none = !self.open.brought && self.open.is_over();
                if none && self.open.asked >= BYTES {
                    return Err(PullError::Status(TOO_MANY_BYTES.to_owned()));
                }
                self.left = if none { Left::Larger(self.open.asked) } else { Left::Some };
                Ok(self.open.is_over())
            }
            (status, description) => {
                self.open.brings_no(None);
                let is_regular = matches!(status, StatusCode::TIMEOUT | StatusCode::NOT_FOUND);
                if is_regular || has_some {
                    return Ok(true);
                }
                Err(match status {
                    StatusCode::NO_RESPONDERS => PullError::NoResponders,
                    _ => PullError::Status(description.unwrap_or_default().to_owned()),
                })
            }
        }
    }

    /// Stops listening. Returns the messages that had arrived but belong to no batch.
    pub(crate) async fn close(mut self) -> Vec<Message> {
        let mut left = Vec::new();
        if !self.bus.connected() {
            return left;
        }
        if self.subscriber.unsubscribe().await.is_ok() {
            let answering = self.bus.answering();
            while let Ok(Some(message)) = timeout(answering, self.subscriber.next()).await {
                if matches!(message.status, None | Some(StatusCode::OK)) {
                    left.push(message);
                }
            }
        }
        left
    }

    /// How many bytes the next request should ask for, if they can be reserved.
    fn wanted(&self) -> usize {
        match self.left {
            Left::Nothing => FEW_BYTES,
            Left::Larger(asked) if asked >= MANY_BYTES => BYTES,
            Left::Some | Left::Larger(_) => MANY_BYTES,
        }
    }

    /// Makes a batch of these messages and what they need of the reserved bytes. The rest is given back if no more
    /// messages are coming.
    fn batch_of(&mut self, messages: Vec<Message>) -> Batch {
        let bytes = messages.iter().map(|message| message.length).sum();
        let reserved = self.reserved.as_mut().and_then(|reserved| reserved.split(bytes));
        if self.open.is_over() {
            self.reserved = None;
        }
        Batch { messages, reserved }
    }

    async fn ask(&mut self) -> Result<(), PullError> {
        let (bytes, expires) = match self.reserved {
            Some(_) => (self.wanted(), BRIEF),
            None => (FEW_BYTES, EXPIRES),
        };
        let mut request = json!({
            "batch": self.batch,
            "max_bytes": bytes,
            "expires": nanos(expires),
            "no_wait": true,
        });
        // The server requires a request to last for at least two heartbeats.
        if expires > HEARTBEAT * 2 {
            request["idle_heartbeat"] = nanos(HEARTBEAT).into();
        }
        let sent = self.bus.client().publish_with_reply(
            self.next.clone(),
            self.inbox.clone(),
            Bytes::from(request.to_string()),
        );
        timeout(self.bus.answering(), sent)
            .await
            .map_err(|elapsed| PullError::Send(elapsed.into()))?
            .map_err(|error| PullError::Send(error.into()))?;
        self.open = Open { messages: self.batch, bytes, asked: bytes, brought: false };
        self.left = Left::Nothing;
        Ok(())
    }
}

/// Reserves bytes for the next request. Waits for them only if a request for few bytes would bring nothing. `idle`
/// means that the lane has nothing in hand.
async fn reserve(budget: &Budget, left: Left, bytes: usize, idle: bool) -> Option<Reserved> {
    match left {
        Left::Nothing => None,
        Left::Some => budget.try_take(bytes, idle),
        Left::Larger(_) => budget.take(bytes, idle).await,
    }
}

pub(super) fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_over_with_its_messages_or_with_exactly_its_bytes() {
        let mut open = Open { messages: 3, bytes: 100, ..Open::default() };
        open.brings(60);
        assert_eq!(open, Open { messages: 2, bytes: 40, brought: true, ..Open::default() });
        let mut exact = open;
        exact.brings(40);
        assert!(exact.is_over());
        open.brings(39);
        assert!(!open.is_over());
        open.brings(1);
        assert!(open.is_over());
    }

    #[test]
    fn what_the_server_does_not_send_is_not_waited_for() {
        let mut open = Open { messages: 5, bytes: 100, ..Open::default() };
        open.brings_no(Some(3));
        assert_eq!(open.messages, 2, "these are on their way");
        open.brings_no(None);
        assert!(open.is_over());
    }
}
