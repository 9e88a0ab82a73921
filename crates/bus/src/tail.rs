//! Following `ACTIVITY`.
//!
//! A position is a sequence within an **epoch**. The epoch changes when positions lose their meaning:
//!
//! - The stream was recreated, so its creation time differs.
//! - The server stands alone and was restarted. It syncs lazily, so it may have lost the end of the stream and
//!   may give the same positions to other messages. If nobody saw what was lost, nobody could notice; therefore
//!   every run of a lone server is an epoch of its own. All programs derive the same epoch, whenever they were
//!   started.
//! - A cluster lost the end of the stream, which takes the loss of a majority of its servers. A program that
//!   follows the stream detects this: it reads the last message that it saw once more, and if another message or
//!   none is in its place, it writes a new generation into the stream's metadata.
//! - An operator restored the database: what was announced since is not so any more.

use std::time::Duration;

use async_nats::jetstream::consumer::DeliverPolicy;
use async_nats::jetstream::consumer::pull::Config;
use bytes::Bytes;
use domain::TenantId;
use events::{Headers, subject};
use futures_util::Stream;
use serde_json::{Map, Value};
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval};
use uuid::Uuid;

use crate::api::{self, Action, Positions, StreamInfo};
use crate::channel::stream_of;
use crate::pauses::Pauses;
use crate::read::{Read, Reading, ordered, ordered_as};
use crate::{Bus, BusError, headers};

/// The entry of the stream's metadata that changes when the stream has lost its end, or when an operator says so.
const GENERATION: &str = "axis.generation";
/// How many characters of a server's id count, the first of which is left out of the epoch.
const RUN: usize = 13;
/// How many messages are in flight to whoever reads a part of the past: what comes after its end comes for nothing.
const FEW: usize = 16;
/// The pause after a first failure.
const PAUSE: Duration = Duration::from_millis(100);
/// How often to look whether another epoch has begun while the stream is followed.
const LOOK: Duration = Duration::from_secs(5);

/// Where to begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TailStart {
    /// With what is published from now on.
    New,
    /// With what follows this position.
    After(u64),
    /// With what follows this position of this epoch, or with a reset if another epoch has begun.
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

/// How much of the past is read at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Most {
    /// No more messages than this.
    pub messages: usize,
    /// None after these are this many bytes. A single message may have 8 MB.
    pub bytes: usize,
}

impl Most {
    /// This many messages, whatever their size.
    pub fn messages(messages: usize) -> Self {
        Self { messages, bytes: usize::MAX }
    }
}

/// Consecutive past messages of `ACTIVITY`, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Part {
    /// The messages.
    pub messages: Vec<Tailed>,
    /// Whether reading stopped early, so that more may follow.
    pub more: bool,
}

impl Bus {
    /// Follows `ACTIVITY`, in order and without gaps, across outages.
    ///
    /// An error item means that the stream cannot be followed at the moment (only the first failure of an outage
    /// is reported), or that following had to start over: after [`BusError::Reset`] earlier positions mean
    /// nothing, [`Bus::activity_epoch`] may have changed, and only messages published from then on follow.
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

    /// The epoch that positions of `ACTIVITY` belong to, in letters and digits. It is stable for as long as they
    /// keep their meaning.
    pub async fn activity_epoch(&self) -> Result<String, BusError> {
        Ok(described(self).await?.1)
    }

    /// Begins a new epoch of `ACTIVITY`, so that every client reads the whole state again. Those that follow it notice
    /// within seconds.
    pub async fn begin_activity_epoch(&self) -> Result<(), BusError> {
        let info = api::stream_info(self, subject::ACTIVITY).await?;
        begin_generation(self, info).await
    }

    /// The oldest and the newest position of `ACTIVITY`. If the stream is empty, the oldest is the larger one.
    pub async fn activity_range(&self) -> Result<(u64, u64), BusError> {
        let state = api::stream_info(self, subject::ACTIVITY).await?.state;
        Ok((state.first_seq, state.last_seq))
    }

    /// Reads a tenant's messages of `ACTIVITY` after position `after`, up to and including `up_to`, but not all of
    /// them if they are `most`. Fails with [`BusError::Reset`] if the stream no longer has, or never had, what
    /// follows `after`.
    pub async fn read_activity(
        &self,
        tenant: &TenantId,
        after: u64,
        up_to: u64,
        most: Most,
    ) -> Result<Part, BusError> {
        let state = api::stream_info(self, subject::ACTIVITY).await?.state;
        if after > state.last_seq || begins_beyond(&state, after) {
            return Err(BusError::Reset { after });
        }
        let wanted = Config {
            filter_subject: format!("activity.{tenant}.>"),
            deliver_policy: DeliverPolicy::ByStartSequence { start_sequence: after + 1 },
            ..Config::default()
        };
        let mut reading = ordered_as(self, subject::ACTIVITY, wanted, FEW).await?;
        let read = part(&mut reading, up_to, most).await;
        reading.end().await;
        // What was dropped meanwhile was passed over.
        if read.is_ok() && has_dropped_what_follows(self, after).await? {
            return Err(BusError::Reset { after });
        }
        read
    }
}

/// Whether the stream has dropped, because it is full, what follows this position.
async fn has_dropped_what_follows(bus: &Bus, position: u64) -> Result<bool, BusError> {
    Ok(begins_beyond(&api::stream_info(bus, subject::ACTIVITY).await?.state, position))
}

/// Whether what followed this position is no longer there.
fn begins_beyond(state: &Positions, position: u64) -> bool {
    position.saturating_add(1) < state.first_seq
}

/// Reads up to a position, or as much as is wanted.
async fn part(reading: &mut Reading, up_to: u64, most: Most) -> Result<Part, BusError> {
    let (mut messages, mut bytes) = (Vec::new(), 0);
    let mut waiting = reading.waiting;
    while waiting > 0 {
        if messages.len() >= most.messages || bytes >= most.bytes {
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
    /// At the end of the stream, wherever that is.
    End,
    /// After a sequence that a client named.
    After(u64),
    /// After a message that this program saw, with its publishing time (ns since 1970).
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

    /// Follows until something fails. Returns `Ok` only when nobody listens any more.
    async fn follow(&mut self, pauses: &mut Pauses) -> Result<(), BusError> {
        let (info, now) = described(&self.bus).await?;
        let (first, last) = (info.state.first_seq, info.state.last_seq);
        let after = match self.position {
            Position::End => last,
            Position::After(sequence) | Position::Seen(sequence, _) => sequence,
        };
        // Fixed from here on, so that nothing is skipped if one of the next steps fails.
        if matches!(self.position, Position::End) {
            self.position = Position::After(after);
        }
        if self.epoch.get_or_insert_with(|| now.clone()) != &now {
            return Err(BusError::Reset { after });
        }
        if after > last {
            if matches!(self.position, Position::Seen(..)) {
                self.lost_its_end(info).await?;
            }
            return Err(BusError::Reset { after });
        }
        if begins_beyond(&info.state, after) {
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
        // The epoch may have changed since the stream was described.
        if described(&self.bus).await?.1 != now {
            return Err(BusError::Reset { after });
        }
        if let Some(published) = known {
            let seen = reading.expected().await?;
            if (seen.sequence, seen.published) != (after, published) {
                self.lost_its_end(info).await?;
                return Err(BusError::Reset { after });
            }
        }
        pauses.reset();
        let mut looks = interval(LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        looks.reset();
        let mut reached = after;
        loop {
            let message = tokio::select! {
                message = reading.next() => message?,
                _ = looks.tick() => match described(&self.bus).await {
                    Ok((_, epoch)) if epoch != now => {
                        return Err(BusError::Reset { after: reached });
                    }
                    // If NATS does not answer, the reading ends by itself.
                    _ => continue,
                },
            };
            let (sequence, published) = (message.sequence, message.published);
            if sequence > reached + 1 && has_dropped_what_follows(&self.bus, reached).await? {
                return Err(BusError::Reset { after: reached });
            }
            if self.sender.send(Ok(tailed(message))).await.is_err() {
                return Ok(());
            }
            self.position = Position::Seen(sequence, published);
            reached = sequence;
        }
    }

    async fn lost_its_end(&self, info: StreamInfo) -> Result<(), BusError> {
        begin_generation(&self.bus, info).await?;
        tracing::warn!("NATS lost the end of ACTIVITY, clients will read the state again");
        Ok(())
    }
}

/// Returns the stream's description and the epoch of its positions.
async fn described(bus: &Bus) -> Result<(StreamInfo, String), BusError> {
    loop {
        let server = bus.server_id();
        let info = api::stream_info(bus, subject::ACTIVITY).await?;
        // The two must belong together, so ask again if the server changed meanwhile.
        if server.is_some() && bus.server_id() == server {
            let run = server.filter(|_| !info.cluster.has_nodes()).unwrap_or_default();
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
    // Server ids are long, and random except for their first letter.
    let run = run.get(1..RUN).unwrap_or(run);
    format!("{created:x}{generation}{run}")
}

/// Begins a new epoch, which makes all earlier positions meaningless.
async fn begin_generation(bus: &Bus, info: StreamInfo) -> Result<(), BusError> {
    let mut config = info.config;
    let metadata = config.entry("metadata").or_insert_with(|| Value::Object(Map::default()));
    let generation = format!("{:08x}", Uuid::new_v4().as_fields().0);
    if let Some(metadata) = metadata.as_object_mut() {
        metadata.insert(GENERATION.to_owned(), generation.into());
    }
    api::write_stream(bus, subject::ACTIVITY, &config, Action::Update).await.map(drop)
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
