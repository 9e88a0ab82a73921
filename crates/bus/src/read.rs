//! Reads a stream in order, without settling anything.
//!
//! The library's ordered consumer heals itself, and then goes on at a position of what may be another stream by then.
//! Here any doubt is an error, and the caller knowingly begins again.
//!
//! In a cluster a reader is placed on any server that keeps a copy of the stream. A server that is still catching up
//! after having been away shows an old end, so reading to its end would miss messages. Therefore a reader that is not
//! on the stream's leader is removed and recreated.

use std::time::Duration;

use async_nats::jetstream::consumer::pull::{Config, Stream};
use async_nats::jetstream::consumer::{AckPolicy, Consumer, DeliverPolicy};
use async_nats::jetstream::stream::ConsumerErrorKind;
use async_nats::{Message, jetstream};
use futures_util::StreamExt as _;
use tokio::time::timeout;

use crate::{Bus, BusError, api};

const HEARTBEAT: Duration = Duration::from_secs(5);
const EXPIRES: Duration = Duration::from_secs(30);
/// After this long the server forgets a reader that went away.
const FORGET: Duration = Duration::from_mins(1);
/// How many messages may be in flight to a reader that reads on to the end.
pub(crate) const MANY: usize = 256;
/// How often a reader is recreated to place it with the stream's leader. One attempt in three succeeds, so
/// about one reading in three thousand fails and has to begin again.
const PLACEMENTS: usize = 20;
/// None after these are in flight, however many messages may be.
const IN_FLIGHT_BYTES: usize = 16 * 1024 * 1024;
/// How long to wait for a message that the server announced; it may have been removed meanwhile.
const SILENCE: Duration = Duration::from_secs(15);

/// Messages in order, and how many of them existed when reading began.
pub(crate) struct Reading {
    bus: Bus,
    stream: String,
    consumer: String,
    messages: Stream,
    read: u64,
    pub(crate) waiting: u64,
}

/// A message and its position.
pub(crate) struct Read {
    pub(crate) message: Message,
    pub(crate) sequence: u64,
    /// When the stream received it, in nanoseconds since 1970.
    pub(crate) published: i128,
    /// How many more messages were pending when this one was delivered.
    pub(crate) left: u64,
}

/// Begins to read `stream` by an ephemeral consumer.
pub(crate) async fn ordered(
    bus: &Bus,
    stream: &str,
    filter_subject: String,
    deliver_policy: DeliverPolicy,
) -> Result<Reading, BusError> {
    let wanted = Config { filter_subject, deliver_policy, ..Config::default() };
    ordered_as(bus, stream, wanted, MANY).await
}

/// Begins to read `stream` by an ephemeral consumer with the filter, start and options of `wanted`. So many messages may
/// be in flight to the reader, who has read those for nothing that come after the last one wanted.
pub(crate) async fn ordered_as(
    bus: &Bus,
    stream: &str,
    wanted: Config,
    in_flight: usize,
) -> Result<Reading, BusError> {
    let config = Config {
        ack_policy: AckPolicy::None,
        memory_storage: true,
        num_replicas: 1,
        inactive_threshold: FORGET,
        ..wanted
    };
    let consumer = beside_leader(bus, stream, config).await?;
    let waiting = consumer.cached_info().num_pending;
    let name = consumer.cached_info().name.clone();
    let messages = consumer
        .stream()
        .heartbeat(HEARTBEAT)
        .expires(EXPIRES)
        .max_messages_per_batch(in_flight)
        .max_bytes_per_batch(IN_FLIGHT_BYTES)
        .messages()
        .await
        .map_err(BusError::unavailable)?;
    let (bus, stream) = (bus.clone(), stream.to_owned());
    Ok(Reading { bus, stream, consumer: name, messages, read: 0, waiting })
}

/// Makes a consumer on the server that leads the stream. Outside of a cluster there is only one server.
async fn beside_leader(
    bus: &Bus,
    stream: &str,
    config: Config,
) -> Result<Consumer<Config>, BusError> {
    for _ in 0..PLACEMENTS {
        let created = bus.jetstream().create_consumer_on_stream(config.clone(), stream).await;
        let consumer = created.map_err(|error| match error.kind() {
            ConsumerErrorKind::JetStream(answer) => {
                let target = format!("stream {stream}");
                BusError::refused(&format!("read {target}"), &target, answer)
            }
            _ => BusError::unavailable(error),
        })?;
        let Some(cluster) = &consumer.cached_info().cluster else { return Ok(consumer) };
        // Looked up after the consumer was made: a leader known before could be a former one by now.
        let leader = api::stream_info(bus, stream).await?.cluster.leader;
        if leader.is_some() && cluster.leader == leader {
            return Ok(consumer);
        }
        // If this fails, the server soon forgets the consumer.
        let name = &consumer.cached_info().name;
        bus.jetstream().delete_consumer_from_stream(name, stream).await.ok();
    }
    Err(BusError::Unavailable("no reader could be placed with the stream's leader".into()))
}

impl Reading {
    /// Removes the consumer at once. Otherwise the server forgets it after a while.
    pub(crate) async fn end(self) {
        let Self { bus, stream, consumer, messages, .. } = self;
        drop(messages);
        bus.jetstream().delete_consumer_from_stream(&consumer, &stream).await.ok();
    }

    /// Returns the next message, which the server said is there. Fails if it does not come within 15 s.
    pub(crate) async fn expected(&mut self) -> Result<Read, BusError> {
        timeout(SILENCE, self.next()).await.map_err(BusError::unavailable)?
    }

    /// Waits for the next message without a time limit.
    pub(crate) async fn next(&mut self) -> Result<Read, BusError> {
        let message: jetstream::Message = match self.messages.next().await {
            Some(Ok(message)) => message,
            Some(Err(error)) => return Err(BusError::unavailable(error)),
            None => return Err(BusError::Unavailable("the subscription ended".into())),
        };
        let info = message.info().map_err(BusError::Unavailable)?;
        self.read += 1;
        if info.consumer_sequence != self.read {
            return Err(BusError::Unavailable("a message was lost on its way".into()));
        }
        let (sequence, left) = (info.stream_sequence, info.pending);
        let published = info.published.unix_timestamp_nanos();
        Ok(Read { message: message.message, sequence, published, left })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;

    use super::*;
    use crate::testing::Server;

    #[tokio::test(flavor = "multi_thread")]
    async fn what_is_said_to_be_there_and_does_not_come_is_not_waited_for_without_end() {
        let server = Server::start(-1).await;
        let bus = &server.bus;
        let sent = bus.jetstream().publish("inbound.a.test", "only".into()).await.unwrap();
        sent.await.unwrap();
        let all = DeliverPolicy::All;
        let mut reading = ordered(bus, "INBOUND", ">".to_owned(), all).await.unwrap();
        assert_eq!(reading.waiting, 1);
        reading.expected().await.unwrap();
        let another = timeout(Duration::from_mins(1), reading.expected()).await.unwrap();
        assert!(another.is_err_and(|error| error.is_transient()));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn no_more_is_in_flight_to_a_reader_than_it_says() {
        const SIZE: usize = 40 * 1024;
        let server = Server::start(-1).await;
        let bus = &server.bus;
        for _ in 0..200 {
            let sent = bus.jetstream().publish("inbound.a.test", vec![0; SIZE].into()).await;
            sent.unwrap().await.unwrap();
        }
        let statistics = bus.client().statistics();
        let received = || statistics.in_bytes.load(Ordering::Relaxed);
        let before = received();
        let wanted = Config { filter_subject: ">".to_owned(), ..Config::default() };
        let mut reading = ordered_as(bus, "INBOUND", wanted, 8).await.unwrap();
        reading.expected().await.unwrap();
        // Its answer comes after all that was in flight.
        reading.end().await;
        let messages = (received() - before) / SIZE as u64;
        assert!((1..=16).contains(&messages), "{messages} messages came");
    }
}
