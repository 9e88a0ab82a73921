//! Notices that a stream has lost its end, and rewinds the consumer.
//!
//! A server that loses power may forget the last messages of a stream and still know that the consumer had them.
//! It then gives their positions to other messages, which the consumer would take for delivered:
//!
//! ```text
//! before   … 48 49 50 51 52 … 100          delivered up to 100
//! after    … 48 49 50                      delivered up to 100, so
//! later    … 48 49 50 51'52'… 100'101'     51' to 100' would reach nobody
//! ```
//!
//! This shows in two ways. Either the consumer is ahead of the end of its stream; or, if the positions were taken
//! again before anybody looked, there is another message where this program saw one. In both cases the durable
//! consumer is recreated at a position before all messages that the stream has received since. Some messages are
//! delivered twice because of that, which handlers tolerate. What the new one is to be is stored before the old one is
//! removed (`stand_in.rs`), in case the worker dies in between.
//!
//! A program that starts has seen nothing, and goes by the mark that is kept with the consumer (`mark.rs`). If
//! the server has restarted since and the consumer came further than the mark says, nobody knows what was in
//! those places, so the consumer goes back to the mark.
//!
//! Messages in hand at that time must not be settled. The server identifies a message by its position alone, and
//! would apply the settlement of a lost message to the one that has its place now.

use std::time::Duration;

use async_nats::jetstream::message::StreamMessage;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value};
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::again;
use super::durable::{Durable, begin_at};
use super::mark::{Mark, Seen};
use super::message::InHand;
use crate::api::{self, ConsumerInfo, Positions, StreamInfo};
use crate::in_place::is_lost;
use crate::read::ordered;
use crate::time::{since, time_of};
use crate::{Bus, BusError};

/// How far apart the clocks of two runs of a server, or of two servers, may be.
const CLOCKS: Duration = Duration::from_mins(1);
/// A program that removed the consumer puts it back within this time, unless it has died.
const ABSENCE: Duration = Duration::from_secs(2);
/// Shorter than it takes a cluster to lose the end of a stream and another worker to make that good, which recreates the
/// consumer.
const HELD: Duration = Duration::from_secs(5);
/// How often the mark of a working consumer is saved.
const NOTING: Duration = Duration::from_secs(30);

/// What a lane knows about its consumer's place in the stream.
pub(crate) struct Place {
    durable: Durable,
    /// Held during a check.
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    /// The run of the server that the rest was checked against.
    server: Option<String>,
    /// When that was.
    checked: Option<Instant>,
    /// When the consumer was created.
    created: Option<DateTime<Utc>>,
    /// The last message that it delivered to this program.
    seen: Option<Seen>,
    /// What was saved last, and when saving was last tried.
    noted: Option<Seen>,
    noted_at: Option<Instant>,
    /// The settings of the consumer, if this program has removed it and not yet put it back.
    removed: Option<Map<String, Value>>,
    /// Since when the consumer is missing, if this program did not remove it.
    missing: Option<Instant>,
}

impl Place {
    pub(crate) fn new(durable: Durable) -> Self {
        Self { durable, known: Mutex::default() }
    }

    /// Records how far a batch came that this run of the server delivered.
    ///
    /// What a new run delivers counts only once the old run has been checked against it, and what an old run
    /// delivered no longer counts then: otherwise it would hide that other messages were lost.
    pub(crate) async fn record_seen(&self, server: Option<&String>, batch: &[InHand]) {
        let Some(last) = batch.iter().max_by_key(|message| message.sequence) else { return };
        let mut known = self.known.lock().await;
        if known.server.as_ref() == server
            && known.created == Some(last.consumer_created)
            && known.seen.is_none_or(|seen| seen.sequence < last.sequence)
        {
            let (sequence, published_at) = (last.sequence, last.published_at);
            known.seen = Some(Seen { sequence, published_at });
        }
    }

    /// Compares the consumer with its stream and rewinds it if need be. Returns its description.
    ///
    /// Cancel safe: the next check goes on from there.
    pub(crate) async fn check(&self, bus: &Bus) -> Result<ConsumerInfo, BusError> {
        let mut known = self.known.lock().await;
        self.compare(bus, &mut known).await
    }

    /// Whether the consumer is still the one `created` at that time, and so may be told about the messages that it
    /// delivered. Returns `None` if that is not known now.
    ///
    /// The first call in a new run of the server checks the consumer, and so does one about messages that were `taken`
    /// in hand long ago, if it was not checked lately. Cancel safe.
    pub(crate) async fn is_current(
        &self,
        bus: &Bus,
        created: DateTime<Utc>,
        taken: Instant,
    ) -> Option<bool> {
        let mut known = self.known.lock().await;
        if !bus.connected() {
            return None;
        }
        let unchecked = known.checked.is_none_or(|at| at.elapsed() >= HELD);
        if (known.server != bus.server_id() || unchecked && taken.elapsed() >= HELD)
            && let Err(error) = self.compare(bus, &mut known).await
        {
            let consumer = self.durable.name();
            tracing::debug!(consumer, %error, "cannot tell whether a consumer is still the same");
            return None;
        }
        Some(known.created == Some(created))
    }

    /// Whether the consumer is known to be another one than the one `created` at that time.
    pub(crate) async fn knows_another(&self, created: DateTime<Utc>) -> bool {
        self.known.lock().await.created.is_some_and(|known| known != created)
    }

    async fn compare(&self, bus: &Bus, known: &mut Known) -> Result<ConsumerInfo, BusError> {
        let server = bus.server_id();
        // First the consumer, then the stream, whose end can only move forward in between.
        let mut info = self.find(bus, known).await?;
        if known.created.replace(info.created) != Some(info.created) {
            // Somebody else has rewound it.
            known.seen = None;
        }
        let stream = api::stream_info(bus, self.durable.stream()).await?;
        let witness = Witness::known(known, &info);
        let lost = self.has_lost_its_end(bus, &stream.state, &info, witness.seen).await?;
        if lost || self.is_in_doubt(bus, &stream, &info, &witness).await? {
            let finding = Finding { server: server.clone(), stream, witness, lost };
            info = self.rewind(bus, known, info, &finding).await?;
        }
        (known.server, known.checked) = (server, Some(Instant::now()));
        Ok(info)
    }

    /// Finds the consumer, or makes it again if it was removed and not put back.
    async fn find(&self, bus: &Bus, known: &mut Known) -> Result<ConsumerInfo, BusError> {
        if known.removed.is_none()
            && known.missing.is_some_and(|at| at.elapsed() >= ABSENCE)
            && let Some(config) = self.durable.declared()?
        {
            // Whoever removed it has died. Where it was is not known, so everything is delivered again.
            let consumer = self.durable.name();
            tracing::warn!(consumer, "a consumer has been missing for a while and is recreated");
            known.removed = Some(config);
        }
        let found = self.durable.find(bus, known.removed.as_ref()).await;
        if matches!(found, Err(BusError::NotFound { .. })) {
            known.missing.get_or_insert_with(Instant::now);
        }
        let info = found?;
        (known.removed, known.missing) = (None, None);
        Ok(info)
    }

    /// Recreates the consumer so that it begins before anything that the stream may have lost.
    async fn rewind(
        &self,
        bus: &Bus,
        known: &mut Known,
        info: ConsumerInfo,
        finding: &Finding,
    ) -> Result<ConsumerInfo, BusError> {
        let from = self.rewind_to(bus, &info, finding).await?;
        let Finding { server, stream, witness, lost } = finding;
        let (created, delivered) = (info.created, info.delivered.stream_seq);
        let reached = again::read(&info.config).max(delivered).min(stream.state.last_seq);
        let mut config = begin_at(info.config, from);
        again::write(reached, &mut config);
        if let Some(server) = server.clone() {
            let nothing = Seen::all_before(DateTime::UNIX_EPOCH);
            let seen = witness.seen.map_or(nothing, |seen| {
                if *lost { Seen::all_before(seen.published_at) } else { seen }
            });
            self.durable.note(&Mark { server, seen }, &mut config)?;
        }
        self.durable.keep(bus, &config).await?;
        // Workers notice a loss together. A consumer that another one has recreated meanwhile serves this one as
        // well, and must not be removed from under it.
        let present = self.present(bus).await?;
        let is_there = present.is_some();
        if let Some(theirs) = present.filter(|info| info.created != created) {
            self.durable.forget(bus).await;
            known.seen = None;
            known.created = Some(theirs.created);
            return Ok(theirs);
        }
        tracing::warn!(
            consumer = self.durable.name(),
            delivered,
            stream.last = stream.state.last_seq,
            from,
            lost,
            "NATS lost the end of a stream, or may have: recent messages are delivered again"
        );
        known.removed = Some(config);
        known.seen = None;
        if is_there {
            self.durable.delete(bus).await?;
        }
        let info = self.durable.find(bus, known.removed.as_ref()).await?;
        known.removed = None;
        known.created = Some(info.created);
        Ok(info)
    }

    /// Saves with the consumer how far it has come, periodically or, with `at_once`, right away. If that fails, the
    /// next start only goes further back than it needs to.
    pub(crate) async fn save_mark(&self, bus: &Bus, at_once: bool) {
        let mut known = self.known.lock().await;
        let due = at_once || known.noted_at.is_none_or(|at| at.elapsed() >= NOTING);
        let (Some(server), Some(seen)) = (known.server.clone(), known.seen) else { return };
        // What was seen in another run of the server has to be compared with this one first.
        let comparable = bus.connected() && bus.server_id().as_ref() == Some(&server);
        if !due || !comparable || known.noted == Some(seen) {
            return;
        }
        known.noted_at = Some(Instant::now());
        let created = known.created;
        let noted = async {
            let mut info = self.durable.info(bus).await?;
            if Some(info.created) == created {
                self.durable.note(&Mark { server, seen }, &mut info.config)?;
                self.durable.update(bus, &info.config).await?;
            }
            Ok(())
        };
        let noted: Result<(), BusError> = noted.await;
        match noted {
            Ok(()) => known.noted = Some(seen),
            Err(error) => {
                let consumer = self.durable.name();
                tracing::debug!(consumer, %error, "cannot save how far a consumer has come");
            }
        }
    }

    /// The consumer as it is now; `None` while another worker is about to recreate it.
    async fn present(&self, bus: &Bus) -> Result<Option<ConsumerInfo>, BusError> {
        match self.durable.info(bus).await {
            Ok(info) => Ok(Some(info)),
            Err(BusError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn has_lost_its_end(
        &self,
        bus: &Bus,
        stream: &Positions,
        info: &ConsumerInfo,
        seen: Option<Seen>,
    ) -> Result<bool, BusError> {
        if info.delivered.stream_seq > stream.last_seq {
            return Ok(true);
        }
        let Some(seen) = seen else { return Ok(false) };
        let is_it =
            |found: &StreamMessage| time_of(found.time.unix_timestamp_nanos()) == seen.published_at;
        is_lost(bus, self.durable.stream(), stream, seen.sequence, is_it).await
    }

    /// Whether the consumer came further, in another run of the server, than this program can verify, and nobody who
    /// has checked it in this run reads it.
    async fn is_in_doubt(
        &self,
        bus: &Bus,
        stream: &StreamInfo,
        info: &ConsumerInfo,
        witness: &Witness,
    ) -> Result<bool, BusError> {
        let Some(seen) = witness.seen else { return Ok(false) };
        // In a cluster another run is mostly another node, and the others have what one has lost.
        let elsewhere = witness.by_memory && stream.cluster.has_nodes();
        if witness.server == bus.server_id() || elsewhere || info.num_waiting > 0 {
            return Ok(false);
        }
        let next = self.durable.first_after(bus, seen.sequence).await?;
        Ok(next.is_some_and(|next| next <= info.delivered.stream_seq))
    }

    /// The position to begin at. Nothing before it is new, and nothing before it is unsettled.
    async fn rewind_to(
        &self,
        bus: &Bus,
        info: &ConsumerInfo,
        finding: &Finding,
    ) -> Result<u64, BusError> {
        let Finding { stream, witness, lost, .. } = finding;
        // A program that knows nothing cannot tell new from old.
        let Some(seen) = witness.seen else { return Ok(1) };
        let unsettled = info.ack_floor.stream_seq + 1;
        if !*lost && seen.sequence > 0 {
            return Ok(unsettled.min(seen.sequence + 1));
        }
        // What was seen was published before the end was lost, and what is new was published after that.
        let lost_at = seen.published_at - CLOCKS;
        let first = match (self.first_since(bus, lost_at).await?, stream.now) {
            (Some(first), _) => first,
            // The clock was set back by the loss of power, so what is new is dated before what was lost.
            (None, Some(now)) if now < lost_at => self.first_by_a_clock_behind(bus, now).await?,
            (None, _) => stream.state.last_seq + 1,
        };
        Ok(first.min(unsettled))
    }

    /// The position of the first message that the stream received since `time`, by the server's clock.
    async fn first_since(&self, bus: &Bus, time: DateTime<Utc>) -> Result<Option<u64>, BusError> {
        let from = since(time)?;
        let mut reading = ordered(bus, self.durable.stream(), ">".to_owned(), from).await?;
        if reading.waiting == 0 {
            return Ok(None);
        }
        Ok(Some(reading.expected().await?.sequence))
    }

    /// The position of a message from before the server's restart, if its clock was set back and says that it is `now`:
    /// certainly far enough back, if need be the beginning of the stream.
    async fn first_by_a_clock_behind(
        &self,
        bus: &Bus,
        now: DateTime<Utc>,
    ) -> Result<u64, BusError> {
        for back in [TimeDelta::hours(1), TimeDelta::days(1)] {
            if let Some(first) = self.first_since(bus, now - back).await? {
                return Ok(first);
            }
        }
        Ok(1)
    }
}

/// What a check of the consumer against its stream found.
struct Finding {
    /// The run of the server that was asked.
    server: Option<String>,
    stream: StreamInfo,
    witness: Witness,
    /// Whether the stream is known to have lost its end. Otherwise it is only possible.
    lost: bool,
}

/// The last message that is known to have been in its place.
struct Witness {
    /// The run of the server in which it was seen.
    server: Option<String>,
    seen: Option<Seen>,
    /// Whether this program saw it. Otherwise it is from the mark.
    by_memory: bool,
}

impl Witness {
    fn known(known: &Known, info: &ConsumerInfo) -> Self {
        if known.seen.is_some() {
            return Self { server: known.server.clone(), seen: known.seen, by_memory: true };
        }
        let mark = Mark::of(&info.config);
        let seen = mark.as_ref().map(|mark| mark.seen);
        Self { server: mark.map(|mark| mark.server), seen, by_memory: false }
    }
}
