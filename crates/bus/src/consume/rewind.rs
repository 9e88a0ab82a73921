//! Noticing that a stream lost its end, and going back.
//!
//! A server that loses power may forget the last messages of a stream and still know that the
//! consumer had them. It then gives their positions to other messages, which the consumer would
//! take for delivered:
//!
//! ```text
//! before   … 48 49 50 51 52 … 100          delivered up to 100
//! after    … 48 49 50                      delivered up to 100, so
//! later    … 48 49 50 51'52'… 100'101'     51' to 100' would reach nobody
//! ```
//!
//! It shows in two ways. The consumer stands behind the end of its stream; or, if the positions
//! were taken again before anybody looked, there is another message where this program saw one. In
//! both cases the durable consumer is made anew at a position that precedes all messages the stream
//! got since. What comes twice by that does no harm, for a handler bears it.
//!
//! A program that starts has seen nothing, and goes by the note that is kept with the consumer
//! (`mark.rs`). If the server has restarted since, and the consumer came further than the note says,
//! nobody knows what was in those places: then it goes back to the note.
//!
//! What is in hand meanwhile must not be settled: the server knows a message by its position alone, and
//! would take the word on the one that was lost for a word on the one that has its place now.

use std::time::Duration;

use async_nats::jetstream::message::StreamMessage;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value};
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::durable::{Durable, begin_at};
use super::mark::{Mark, Seen};
use super::message::InHand;
use crate::api::{self, ConsumerInfo, Positions, StreamInfo};
use crate::in_place::is_lost;
use crate::read::ordered;
use crate::time::{since, time_of};
use crate::{Bus, BusError};

/// How far the clocks of two runs of a server, or of two servers, may be apart.
const CLOCKS: Duration = Duration::from_mins(1);
/// Whoever has taken the consumer away puts it back within this time, if they live.
const ABSENCE: Duration = Duration::from_secs(2);
/// How often it is noted how far a consumer came, while it goes on.
const NOTING: Duration = Duration::from_secs(30);

/// What a lane knows of its consumer's place in the stream.
pub(crate) struct Place {
    durable: Durable,
    /// Held during a check.
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    /// Which run of the server the rest was checked against.
    server: Option<String>,
    /// When the consumer was made.
    created: Option<DateTime<Utc>>,
    /// The furthest message that it delivered to this program.
    seen: Option<Seen>,
    /// What was noted last, and when that was tried.
    noted: Option<Seen>,
    noted_at: Option<Instant>,
    /// The consumer that was taken away and not yet put back.
    removed: Option<Map<String, Value>>,
    /// Since when there is none, and this program did not take it away.
    missing: Option<Instant>,
}

impl Place {
    pub(crate) fn new(durable: Durable) -> Self {
        Self { durable, known: Mutex::default() }
    }

    /// Remembers how far a batch came that this run of the server delivered.
    ///
    /// What a new run delivers counts only once the old has been checked against it, and what an old
    /// one delivered does not count any more then: else it would hide that others were lost.
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

    /// Compares the consumer with its stream and rewinds it if need be. Gives back how it is then.
    ///
    /// May be dropped at any point; the next check goes on from there.
    pub(crate) async fn check(&self, bus: &Bus) -> Result<ConsumerInfo, BusError> {
        let mut known = self.known.lock().await;
        self.compare(bus, &mut known).await
    }

    /// Whether the consumer is still the one that was `made` then, and so whether it may hear of the
    /// messages that it delivered. None if that is not known now.
    ///
    /// The first to ask in a new run of the server checks. May be dropped at any point.
    pub(crate) async fn is_current(&self, bus: &Bus, created: DateTime<Utc>) -> Option<bool> {
        let mut known = self.known.lock().await;
        if !bus.connected() {
            return None;
        }
        if known.server != bus.server_id()
            && let Err(error) = self.compare(bus, &mut known).await
        {
            let consumer = self.durable.name();
            tracing::debug!(consumer, %error, "whether a consumer is the same is not known");
            return None;
        }
        Some(known.created == Some(created))
    }

    async fn compare(&self, bus: &Bus, known: &mut Known) -> Result<ConsumerInfo, BusError> {
        let server = bus.server_id();
        // First the consumer, then the stream: in between the end can only move away.
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
        known.server = server;
        Ok(info)
    }

    /// Finds the consumer, or makes it again if it was removed and not put back.
    async fn find(&self, bus: &Bus, known: &mut Known) -> Result<ConsumerInfo, BusError> {
        if known.removed.is_none()
            && known.missing.is_some_and(|at| at.elapsed() >= ABSENCE)
            && let Some(config) = self.durable.declared()?
        {
            // Who took it away has died. Where it was is not known: all that the stream holds comes again.
            let consumer = self.durable.name();
            tracing::warn!(consumer, "a consumer has been missing for a while and is made anew");
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

    /// Makes the consumer anew so that it begins before anything that the stream may have lost.
    async fn rewind(
        &self,
        bus: &Bus,
        known: &mut Known,
        info: ConsumerInfo,
        finding: &Finding,
    ) -> Result<ConsumerInfo, BusError> {
        let from = self.rewind_to(bus, &info, finding).await?;
        // Workers notice it together. What another one has made meanwhile serves this one as well,
        // and must not be taken away from under it.
        if let Some(theirs) = self.made_meanwhile(bus, &info).await? {
            known.seen = None;
            known.created = Some(theirs.created);
            return Ok(theirs);
        }
        let Finding { server, stream, witness, lost } = finding;
        tracing::warn!(
            consumer = self.durable.name(),
            delivered = info.delivered.stream_seq,
            stream.last = stream.state.last_seq,
            from,
            lost,
            "NATS lost the end of a stream, or may have: messages of the last while come again"
        );
        let mut config = begin_at(info.config, from);
        if let Some(server) = server.clone() {
            let nothing = Seen::all_before(DateTime::UNIX_EPOCH);
            let seen = witness.seen.map_or(nothing, |seen| {
                if *lost { Seen::all_before(seen.published_at) } else { seen }
            });
            self.durable.note(&Mark { server, seen }, &mut config)?;
        }
        known.removed = Some(config);
        known.seen = None;
        self.durable.delete(bus).await?;
        let info = self.durable.find(bus, known.removed.as_ref()).await?;
        known.removed = None;
        known.created = Some(info.created);
        Ok(info)
    }

    /// Notes with the consumer how far it came: every now and then, and `at_once` at the end. What is
    /// not noted leads further back than need be.
    pub(crate) async fn save_mark(&self, bus: &Bus, at_once: bool) {
        let mut known = self.known.lock().await;
        let due = at_once || known.noted_at.is_none_or(|at| at.elapsed() >= NOTING);
        let (Some(server), Some(seen)) = (known.server.clone(), known.seen) else { return };
        // What was seen in another run of the server is to be compared with this one first.
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
                tracing::debug!(consumer, %error, "how far a consumer came could not be noted");
            }
        }
    }

    /// The consumer, if it is not the one that was looked at any more.
    async fn made_meanwhile(
        &self,
        bus: &Bus,
        looked_at: &ConsumerInfo,
    ) -> Result<Option<ConsumerInfo>, BusError> {
        match self.durable.info(bus).await {
            Ok(info) => Ok(Some(info).filter(|info| info.created != looked_at.created)),
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

    /// Whether the consumer came further in another run of the server than anybody knows of, and nobody
    /// reads it who has looked in this run.
    async fn is_in_doubt(
        &self,
        bus: &Bus,
        stream: &StreamInfo,
        info: &ConsumerInfo,
        witness: &Witness,
    ) -> Result<bool, BusError> {
        let Some(seen) = witness.seen else { return Ok(false) };
        // In a cluster another run is mostly another node, and what one has lost the others have.
        let elsewhere = witness.by_memory && stream.cluster.name.is_some();
        if witness.server == bus.server_id() || elsewhere || info.num_waiting > 0 {
            return Ok(false);
        }
        let next = self.durable.first_after(bus, seen.sequence).await?;
        Ok(next.is_some_and(|next| next <= info.delivered.stream_seq))
    }

    /// The position to begin at: nothing before it is new, and nothing before it is unsettled.
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
        // What was seen was published before the end was lost; what is new, after it.
        let lost_at = seen.published_at - CLOCKS;
        let first = match (self.first_since(bus, lost_at).await?, stream.now) {
            (Some(first), _) => first,
            // The clock went back with the power, and what is new has an older time than what was lost.
            (None, Some(now)) if now < lost_at => self.first_by_a_clock_behind(bus, now).await?,
            (None, _) => stream.state.last_seq + 1,
        };
        Ok(first.min(unsettled))
    }

    /// The position of the first message that the stream got since, by the server's clock.
    async fn first_since(&self, bus: &Bus, time: DateTime<Utc>) -> Result<Option<u64>, BusError> {
        let from = since(time)?;
        let mut reading = ordered(bus, self.durable.stream(), ">".to_owned(), from).await?;
        if reading.waiting == 0 {
            return Ok(None);
        }
        Ok(Some(reading.expected().await?.sequence))
    }

    /// The same since the server began to run anew, whose clock says that it is `now`: far enough back for sure, if
    /// need be all that the stream holds.
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

/// The last that is known to have been in its place.
struct Witness {
    /// In which run of the server.
    server: Option<String>,
    seen: Option<Seen>,
    /// This program saw it; else it is from the note.
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
