//! Replaying received events.
//!
//! ```text
//! INBOUND  1 2 3 4 5 6 │ 2' 4' 5' …     a copy of each event that is meant, behind the end
//!            └─window┘ │                that the stream had when the replay began
//! ```
//!
//! A copy has its original's headers, including the time of receipt, and so becomes the same rows. It also has the
//! header `Axis-Replay`. Later replays pass over copies whose original is still there; once it is gone, the copy stands
//! for it.
//!
//! A stream that is nearly full removes the oldest processed events, which are those that a replay has yet to reach. So
//! a replay begins only if its copies fit, ends when there is no room left, and reports if events were removed before
//! it reached them. It counts its copies beforehand only if all that it may read would not fit. Nothing waits for a
//! replay: what comes in from outside has the room first.

mod ended;

use std::collections::BTreeMap;
use std::time::Duration;

use bus::{Bus, BusError, Consumer, History, Past, PublishError, Publisher, Room};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use domain::AccountKey;
use events::{Headers, Inbound, MESSAGE_ID, subject};
use service::Pace;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::copies::{MARK, copy, original};

pub use ended::{Ended, ReplayError};

/// How much later than expected a replay may end before it counts as lost.
const LATE: TimeDelta = TimeDelta::minutes(10);
/// How often to report progress, and how often to check that there is room.
const SECOND: Duration = Duration::from_secs(1);

/// Which events to replay, and how fast.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Begin with what entered the stream at this time.
    pub from: DateTime<Utc>,
    /// End before what entered the stream at this time; `None` for all that it has when the replay begins.
    pub to: Option<DateTime<Utc>>,
    /// Only events of this account.
    pub account: Option<AccountKey>,
    /// Only events of this name.
    pub event: Option<String>,
    /// Only count them.
    pub dry_run: bool,
    /// How many events to publish at most; `None` for all.
    pub most: Option<u64>,
    /// How many events to publish per second at most.
    pub per_second: u32,
}

/// A replay under way.
pub struct Replay {
    wanted: Wanted,
    bus: Bus,
    /// The subjects of what it reads.
    filter: String,
    history: History,
    publisher: Publisher,
    /// The position of the oldest event in the stream when the replay began.
    first: u64,
    about: u64,
    /// Whether it counts the copies first, since it may read more than would fit.
    measuring: bool,
    looked: u64,
    stamp: String,
    counts: BTreeMap<(AccountKey, String), u64>,
    count: u64,
    copies: u64,
    unreadable: u64,
    next: DateTime<Utc>,
}

/// Why a message is passed over.
#[derive(Debug, Clone, Copy)]
enum PassedOver {
    /// It is a copy whose original was still there when the replay began.
    Copy,
    /// No worker could read it either.
    Unreadable,
    /// It is an event of another name.
    OtherEvent,
}

/// Says once a second that a second has passed.
struct Seconds(Instant);

impl Seconds {
    fn new() -> Self {
        Self(Instant::now())
    }

    fn passed(&mut self) -> bool {
        let passed = self.0.elapsed() >= SECOND;
        if passed {
            self.0 = Instant::now();
        }
        passed
    }
}

impl Wanted {
    /// Describes the replay, for the audit.
    pub fn words(&self) -> String {
        let mut words = vec![format!("from {}", self.from.to_rfc3339())];
        words.extend(self.to.map(|to| format!("to {}", to.to_rfc3339())));
        words.extend(self.account.map(|account| format!("account {account}")));
        words.extend(self.event.as_ref().map(|event| format!("event {event}")));
        words.join(", ")
    }
}

impl Replay {
    /// Finds what there is to replay.
    pub async fn start(wanted: Wanted, bus: &Bus) -> Result<Self, BusError> {
        let filter = subject::inbound_filter(wanted.account, wanted.event.as_deref());
        let history = bus.history(subject::INBOUND, filter.clone(), Some(wanted.from)).await?;
        let mut about = history.about();
        // Nothing is later than now, and the server only handles times that are not far from it.
        if let Some(to) = wanted.to.filter(|to| *to < Utc::now()) {
            let later = bus.history(subject::INBOUND, filter.clone(), Some(to)).await?;
            about = about.saturating_sub(later.about());
        }
        Ok(Self {
            first: bus.room(Consumer::SyncWorker).await?.first_sequence,
            bus: bus.clone(),
            filter,
            history,
            about,
            measuring: false,
            looked: 0,
            publisher: bus.publisher(),
            stamp: Utc::now().to_rfc3339_opts(SecondsFormat::Millis, true),
            counts: BTreeMap::new(),
            count: 0,
            copies: 0,
            unreadable: 0,
            next: wanted.from,
            wanted,
        })
    }

    /// How many events were published, or would be.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// How many events were published, or would be, by account and event name.
    pub fn counts(&self) -> &BTreeMap<(AccountKey, String), u64> {
        &self.counts
    }

    /// How many copies of earlier replays were passed over.
    pub fn copies(&self) -> u64 {
        self.copies
    }

    /// How many messages could not be read, by workers neither.
    pub fn unreadable(&self) -> u64 {
        self.unreadable
    }

    /// How many messages there are to read, at most.
    pub fn about(&self) -> u64 {
        self.about
    }

    /// Whether nothing is published yet, because it is being counted whether the copies fit.
    pub fn is_measuring(&self) -> bool {
        self.measuring
    }

    /// How many messages have been read.
    pub fn looked(&self) -> u64 {
        self.looked
    }

    /// How many messages will have been read at the end, at most: all, or if only so many events are wanted, as many as
    /// it takes if nothing more is passed over.
    pub fn total(&self) -> u64 {
        let wanted = self.wanted.most.unwrap_or(u64::MAX).saturating_sub(self.count);
        self.looked.saturating_add(wanted).min(self.about).max(self.looked)
    }

    /// The latest time at which the replay ends, unless it is lost. Reading takes its time too.
    pub fn ends_by(&self) -> DateTime<Utc> {
        let most = self.about().min(self.wanted.most.unwrap_or(u64::MAX));
        let seconds = most / u64::from(self.wanted.per_second);
        Utc::now() + LATE + TimeDelta::seconds(i64::try_from(seconds).unwrap_or_default())
    }

    /// The time from which another replay would have to begin to do what this one did not.
    pub fn next(&self) -> DateTime<Utc> {
        self.next
    }

    /// Whether the replay only counts.
    pub fn is_dry(&self) -> bool {
        self.wanted.dry_run
    }

    /// Publishes the events for the workers until the end, or until the shutdown. Calls `tell` every second.
    pub async fn run(
        &mut self,
        shutdown: &CancellationToken,
        mut tell: impl FnMut(&Self),
    ) -> Ended {
        let mut pace = Pace::new(self.wanted.per_second);
        let (mut telling, mut checking) = (Seconds::new(), Seconds::new());
        let most = self.wanted.most.unwrap_or(u64::MAX);
        if let Err(ended) = self.need_room_for_all(most, shutdown, &mut tell).await {
            return ended;
        }
        loop {
            let past = match shutdown.run_until_cancelled(self.history.next()).await {
                None => return Ended::Interrupted,
                Some(Err(error)) => return Ended::Failed(error.into()),
                Some(Ok(None)) => return self.at_the_end(),
                Some(Ok(Some(past))) => past,
            };
            if self.is_beyond(&past) {
                return self.at_the_end();
            }
            if telling.passed() {
                tell(self);
            }
            self.looked += 1;
            let (at, after) = (past.published_at, past.published_at + TimeDelta::nanoseconds(1));
            let inbound = match self.meant(&past) {
                Ok(inbound) => inbound,
                Err(passed) => {
                    self.pass_over(passed);
                    self.next = after;
                    continue;
                }
            };
            self.next = at;
            if self.count >= most {
                return Ended::Most;
            }
            if !self.wanted.dry_run {
                if shutdown.run_until_cancelled(pace.turn()).await.is_none() {
                    return Ended::Interrupted;
                }
                if let Err(error) = self.hand_out(past).await {
                    return Ended::Failed(error.into());
                }
            }
            self.next = after;
            self.count += 1;
            *self.counts.entry((inbound.account, inbound.event)).or_default() += 1;
            if checking.passed()
                && let Err(error) = self.need_room(1).await
            {
                return Ended::Failed(error);
            }
        }
    }

    /// Fails if the copies do not fit. `about` is more than the number of copies, since earlier replays' copies are
    /// among it, so the exact number is counted only if `about` would not fit.
    async fn need_room_for_all(
        &mut self,
        most: u64,
        shutdown: &CancellationToken,
        tell: impl FnMut(&Self),
    ) -> Result<(), Ended> {
        match self.need_room(self.about.min(most)).await {
            Err(ReplayError::Room { .. }) => {}
            roomy => return roomy.map_err(Ended::Failed),
        }
        self.measuring = true;
        let counting = Box::pin(self.count_meant(most, tell));
        let copies = match shutdown.run_until_cancelled(counting).await {
            None => return Err(Ended::Interrupted),
            Some(copies) => copies.map_err(|error| Ended::Failed(error.into()))?,
        };
        (self.measuring, self.looked) = (false, 0);
        self.need_room(copies).await.map_err(Ended::Failed)
    }

    /// How many of the messages in the stream now are to be replayed, counting up to `most`.
    async fn count_meant(
        &mut self,
        most: u64,
        mut tell: impl FnMut(&Self),
    ) -> Result<u64, BusError> {
        let (filter, from) = (self.filter.clone(), Some(self.wanted.from));
        let mut history = self.bus.history_of_headers(subject::INBOUND, filter, from).await?;
        let (mut count, mut telling) = (0, Seconds::new());
        while count < most
            && let Some(past) = history.next().await?
            && !self.is_beyond(&past)
        {
            if telling.passed() {
                tell(self);
            }
            self.looked += 1;
            count += u64::from(self.meant(&past).is_ok());
        }
        Ok(count)
    }

    async fn need_room(&self, copies: u64) -> Result<(), ReplayError> {
        if self.wanted.dry_run { Ok(()) } else { self.require_room(copies).await }
    }

    /// Fails if this many copies do not fit. Called after a dry run too, with what it counted.
    pub async fn require_room(&self, copies: u64) -> Result<(), ReplayError> {
        let Room { average, left, .. } = self.bus.room(Consumer::SyncWorker).await?;
        let needed = copies.saturating_mul(average);
        if needed > left { Err(ReplayError::Room { needed, left }) } else { Ok(()) }
    }

    fn at_the_end(&self) -> Ended {
        let removed = self.about.saturating_sub(self.looked);
        if removed == 0 || self.wanted.dry_run {
            return Ended::Done;
        }
        Ended::Failed(ReplayError::Removed(removed))
    }

    /// Whether a message entered the stream after all that is wanted.
    fn is_beyond(&self, past: &Past) -> bool {
        self.wanted.to.is_some_and(|to| past.published_at >= to)
    }

    /// Reads what a message says about itself, if it is to be replayed.
    fn meant(&self, past: &Past) -> Result<Inbound, PassedOver> {
        if past.headers.get(MARK).is_some() && !self.stands_in(&past.headers) {
            return Err(PassedOver::Copy);
        }
        let inbound = Inbound::read(&past.headers).map_err(|_| PassedOver::Unreadable)?;
        // Not every event has a subject of its own.
        let named = self.wanted.event.as_ref().is_none_or(|event| *event == inbound.event);
        if named { Ok(inbound) } else { Err(PassedOver::OtherEvent) }
    }

    fn pass_over(&mut self, why: PassedOver) {
        match why {
            PassedOver::Copy => self.copies += 1,
            PassedOver::Unreadable => self.unreadable += 1,
            PassedOver::OtherEvent => {}
        }
    }

    /// Whether a copy stands for its original, which was gone before this replay began.
    fn stands_in(&self, copy: &Headers) -> bool {
        copy.get(MESSAGE_ID).and_then(original).is_some_and(|original| original < self.first)
    }

    async fn hand_out(&self, past: Past) -> Result<(), PublishError> {
        let Past { sequence, subject, headers, payload, .. } = past;
        let envelope = copy(subject, &headers, payload, &self.stamp, sequence);
        self.publisher.publish(envelope).await?;
        Ok(())
    }
}
