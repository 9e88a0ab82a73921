//! Following `ACTIVITY`.
//!
//! A position is a sequence within an **epoch**. The epoch changes when positions lose their
//! meaning:
//!
//! - The stream was made anew: its creation time is another one.
//! - The server stands alone and runs anew. It syncs lazily, so it may have lost the end of the
//!   stream and give the same positions to other messages. Nobody need have seen what was lost, so
//!   nobody could tell; therefore every run counts as an epoch. Whoever restarts meanwhile, and
//!   with however many others, comes to the same one.
//! - A cluster lost the end of the stream, which takes a majority of its servers. Whoever follows
//!   the stream finds out: it reads the last message that it saw once more, and if another one is
//!   in its place (or none), it writes a new generation into the stream's metadata.

use std::time::Duration;

use async_nats::jetstream::consumer::DeliverPolicy;
use bytes::Bytes;
use domain::TenantId;
use events::{Headers, subject};
use futures_util::Stream;
use serde_json::{Map, Value};
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::api::{self, Action, StreamInfo};
use crate::channel::stream_of;
use crate::pauses::Pauses;
use crate::read::{Read, Reading, ordered};
use crate::{Bus, BusError, headers};

/// The entry of the stream's metadata that is changed when its end was lost.
const GENERATION: &str = "axis.generation";
/// What is read of the past at once, in bytes: one message may have 8 MB.
const PART_BYTES: usize = 1 << 20;
/// Where the part of a server's id that is in the epoch ends.
const RUN: usize = 13;
/// The pause after a first failure.
const PAUSE: Duration = Duration::from_millis(100);

/// Where to begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TailStart {
    /// With what is published from now on.
    New,
    /// With what follows this position.
    After(u64),
    /// With what follows this position of this epoch, or with a reset if that is over.
    In(String, u64),
}

/// A message of `ACTIVITY`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tailed {
    /// Its position.
    pub sequence: u64,
    /// `activity.<tenant>.<type>`
    pub subject: String,
    /// Its bytes.
    pub payload: Bytes,
    /// Its headers.
    pub headers: Headers,
}

/// A part of the past of `ACTIVITY`, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Part {
    /// What was read.
    pub messages: Vec<Tailed>,
    /// There may be more after it, and it was not read.
    pub more: bool,
}

impl Bus {
    /// Follows `ACTIVITY`, in order and without gaps, across outages.
    ///
    /// An item is an error when the stream cannot be followed at the moment (the first failure of
    /// an outage) or when it had to begin anew: after [`BusError::Reset`] positions given before
    /// mean nothing, [`Bus::activity_epoch`] may be another one, and what follows is what the
    /// stream gets from then on.
    pub fn tail_activity(
        &self,
        from: TailStart,
    ) -> impl Stream<Item = Result<Tailed, BusError>> + Send + Unpin + use<> {
        let bus = self.clone();
        let (position, epoch) = match from {
            TailStart::New => (Position::End, None),
            TailStart::After(sequence) => (Position::After(sequence), None),
            TailStart::In(epoch, sequence) => (Position::After(sequence), Some(epoch)),
        };
        stream_of(move |sender| async move { Tail { bus, sender, position, epoch }.run().await })
    }

    /// What positions of `ACTIVITY` belong to: letters and digits, stable until they lose their
    /// meaning.
    pub async fn activity_epoch(&self) -> Result<String, BusError> {
        Ok(described(self).await?.1)
    }

    /// The oldest and the newest position of `ACTIVITY`; the oldest is the larger one when the
    /// stream is empty.
    pub async fn activity_range(&self) -> Result<(u64, u64), BusError> {
        let state = api::stream_info(self, subject::ACTIVITY).await?.state;
        Ok((state.first_seq, state.last_seq))
    }

    /// A tenant's messages of `ACTIVITY` after position `after`, up to and including `up_to`, at
    /// most `limit` of them and about 1 MiB. Fails with [`BusError::Reset`] when the stream no longer
    /// has, or never had, what follows `after`.
    pub async fn read_activity(
        &self,
        tenant: &TenantId,
        after: u64,
        up_to: u64,
        limit: usize,
    ) -> Result<Part, BusError> {
        let state = api::stream_info(self, subject::ACTIVITY).await?.state;
        if after > state.last_seq || after.saturating_add(1) < state.first_seq {
            return Err(BusError::Reset { after });
        }
        let from = DeliverPolicy::ByStartSequence { start_sequence: after + 1 };
        let filter = format!("activity.{tenant}.>");
        let mut reading = ordered(self, subject::ACTIVITY, filter, from).await?;
        let read = part(&mut reading, up_to, limit).await;
        reading.end().await;
        read
    }
}

/// What there is of a reading, up to a position, a number of messages and of bytes.
async fn part(reading: &mut Reading, up_to: u64, limit: usize) -> Result<Part, BusError> {
    let (mut messages, mut bytes) = (Vec::new(), 0);
    let mut waiting = reading.waiting;
    while waiting > 0 {
        if messages.len() >= limit || bytes >= PART_BYTES {
            return Ok(Part { messages, more: true });
        }
        let message = reading.expected().await?;
        if message.sequence > up_to {
            break;
        }
        waiting = message.left;
        bytes += message.message.payload.len();
        messages.push(tailed(message));
    }
    Ok(Part { messages, more: false })
}

#[derive(Debug, Clone, Copy)]
enum Position {
    /// Wherever the stream ends.
    End,
    /// After a sequence that a client named.
    After(u64),
    /// After a message that was seen here, which was published at this time (ns since 1970).
    Seen(u64, i128),
}

struct Tail {
    bus: Bus,
    sender: mpsc::Sender<Result<Tailed, BusError>>,
    position: Position,
    epoch: Option<String>,
}

impl Tail {
    async fn run(mut self) {
        let mut connections = self.bus.connections();
        let mut pauses = Pauses::beginning_with(PAUSE);
        loop {
            connections.borrow_and_update();
            let followed = tokio::select! {
                biased;
                Ok(()) = connections.changed() => continue,
                followed = self.follow(&mut pauses) => followed,
            };
            let Err(error) = followed else { return };
            let reset = matches!(error, BusError::Reset { .. });
            if (pauses.none_yet() || reset) && self.sender.send(Err(error)).await.is_err() {
                return;
            }
            if reset {
                self.position = Position::End;
                self.epoch = None;
                continue;
            }
            let pause = pauses.next();
            tokio::select! {
                Ok(()) = connections.changed() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Follows until something fails; fine only when nobody listens any more.
    async fn follow(&mut self, pauses: &mut Pauses) -> Result<(), BusError> {
        let (info, now) = described(&self.bus).await?;
        let (first, last) = (info.state.first_seq, info.state.last_seq);
        let after = match self.position {
            Position::End => last,
            Position::After(sequence) | Position::Seen(sequence, _) => sequence,
        };
        // Fixed from here on, so that nothing is skipped should the next steps fail.
        if matches!(self.position, Position::End) {
            self.position = Position::After(after);
        }
        if self.epoch.get_or_insert_with(|| now.clone()) != &now {
            return Err(BusError::Reset { after });
        }
        if after > last {
            if matches!(self.position, Position::Seen(..)) {
                begin_generation(&self.bus, info).await?;
            }
            return Err(BusError::Reset { after });
        }
        if after.saturating_add(1) < first {
            return Err(BusError::Reset { after });
        }
        let known = match self.position {
            Position::Seen(sequence, published) if sequence >= first => Some(published),
            _ => None,
        };
        let start_sequence = if known.is_some() { after } else { after + 1 };
        let from = DeliverPolicy::ByStartSequence { start_sequence };
        let mut reading =
            ordered(&self.bus, subject::ACTIVITY, "activity.>".to_owned(), from).await?;
        // The server may have begun anew since it was asked.
        if described(&self.bus).await?.1 != now {
            return Err(BusError::Reset { after });
        }
        if let Some(published) = known {
            let seen = reading.expected().await?;
            if (seen.sequence, seen.published) != (after, published) {
                begin_generation(&self.bus, info).await?;
                return Err(BusError::Reset { after });
            }
        }
        pauses.reset();
        loop {
            let message = reading.next().await?;
            let (sequence, published) = (message.sequence, message.published);
            if self.sender.send(Ok(tailed(message))).await.is_err() {
                return Ok(());
            }
            self.position = Position::Seen(sequence, published);
        }
    }
}

/// The stream, and the epoch of its positions.
async fn described(bus: &Bus) -> Result<(StreamInfo, String), BusError> {
    loop {
        let server = bus.server_id();
        let info = api::stream_info(bus, subject::ACTIVITY).await?;
        // Asked again if that was another server, since the two must belong together.
        if server.is_some() && bus.server_id() == server {
            let alone = info.cluster.name.as_ref().is_none_or(String::is_empty);
            let run = server.filter(|_| alone).unwrap_or_default();
            let epoch = epoch(&info, &run);
            return Ok((info, epoch));
        }
    }
}

fn epoch(info: &StreamInfo, run: &str) -> String {
    let created = info.created.timestamp_micros();
    let metadata = info.config.get("metadata");
    let generation = metadata.and_then(|all| all.get(GENERATION)).and_then(Value::as_str);
    let generation = generation.unwrap_or_default();
    // Ids of servers are random but for their first letter, and long.
    let run = run.get(1..RUN).unwrap_or(run);
    format!("{created:x}{generation}{run}")
}

/// Makes positions given before meaningless for everybody.
async fn begin_generation(bus: &Bus, info: StreamInfo) -> Result<(), BusError> {
    let mut config = info.config;
    let metadata = config.entry("metadata").or_insert_with(|| Value::Object(Map::default()));
    let generation = format!("{:08x}", Uuid::new_v4().as_fields().0);
    if let Some(metadata) = metadata.as_object_mut() {
        metadata.insert(GENERATION.to_owned(), generation.into());
    }
    api::write_stream(bus, subject::ACTIVITY, &config, Action::Update).await?;
    tracing::warn!("NATS lost the end of ACTIVITY, clients will read the state again");
    Ok(())
}

fn tailed(read: Read) -> Tailed {
    let message = read.message;
    Tailed {
        sequence: read.sequence,
        headers: headers::from_nats(message.headers.as_ref()),
        subject: message.subject.into_string(),
        payload: message.payload,
    }
}
