//! Replaying what was received.
//!
//! ```text
//! INBOUND  1 2 3 4 5 6 │ 2' 4' 5' …     a copy of each event that is meant, behind the end
//!            └─window┘ │                that the stream had when the replay began
//! ```
//!
//! A copy has its original's headers, the time of its receipt among them, and so becomes the same rows. It bears
//! the header `Axis-Replay`, by which later replays pass it over while its original is there; then it stands for it.
//!
//! A stream that is nearly full lets go of the oldest processed events, which are those that a replay
//! has yet to reach. So it begins only if its copies fit, ends when there is no room left, and tells
//! if something that it was to replay was gone before it came there. How many copies it makes is looked
//! through only where all that it may read would not fit. Nothing waits for a replay: what
//! comes in from outside has the room first.

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

/// By how much later than reckoned a replay may end before it counts as lost.
const LATE: TimeDelta = TimeDelta::minutes(10);
/// How often it says how far it is, and looks whether there is room.
const PROGRESS: Duration = Duration::from_secs(1);

/// Which events, and how fast.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Begin with what the stream got at this time.
    pub from: DateTime<Utc>,
    /// End before what it got at this time; none: with what it has when the replay begins.
    pub to: Option<DateTime<Utc>>,
    /// Only events of this account.
    pub account: Option<AccountKey>,
    /// Only events of this name.
    pub event: Option<String>,
    /// Only count them.
    pub dry_run: bool,
    /// Most to hand to the workers; none: all.
    pub most: Option<u64>,
    /// Most to hand to the workers in a second.
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
    /// The position of the oldest event that was there when it began.
    first: u64,
    about: u64,
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
    /// It is a copy whose original was there when the replay began.
    Copy,
    /// No worker could read it either.
    Unreadable,
    /// It is an event of another name.
    OtherEvent,
}

impl Wanted {
    /// In words, for the audit.
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
        // Nothing is later than now, and the server reckons with no time that is far from it.
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

    /// How many events were handed to the workers, or would be.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The same, by account and event.
    pub fn counts(&self) -> &BTreeMap<(AccountKey, String), u64> {
        &self.counts
    }

    /// Copies of earlier replays, which were passed over.
    pub fn copies(&self) -> u64 {
        self.copies
    }

    /// What no worker could read either.
    pub fn unreadable(&self) -> u64 {
        self.unreadable
    }

    /// How many messages there were to look at, at most.
    pub fn about(&self) -> u64 {
        self.about
    }

    /// When it has ended if it ends at all. Looking for what is meant takes its time, too.
    pub fn ends_by(&self) -> DateTime<Utc> {
        let most = self.about().min(self.wanted.most.unwrap_or(u64::MAX));
        let seconds = most / u64::from(self.wanted.per_second);
        Utc::now() + LATE + TimeDelta::seconds(i64::try_from(seconds).unwrap_or_default())
    }

    /// Where another replay would have to begin to do what this one did not.
    pub fn next(&self) -> DateTime<Utc> {
        self.next
    }

    /// Whether it only counts.
    pub fn is_dry(&self) -> bool {
        self.wanted.dry_run
    }

    /// Hands the events to the workers until the end, or the shutdown. Says how far it is every
    /// second.
    pub async fn run(&mut self, shutdown: &CancellationToken, tell: impl Fn(&Self)) -> Ended {
        let mut pace = Pace::new(self.wanted.per_second);
        let mut told = Instant::now();
        let most = self.wanted.most.unwrap_or(u64::MAX);
        if let Err(ended) = self.need_room_for_all(most, shutdown).await {
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
            if told.elapsed() >= PROGRESS {
                told = Instant::now();
                tell(self);
                if let Err(error) = self.need_room(1).await {
                    return Ended::Failed(error);
                }
            }
        }
    }

    /// Ends it if its copies do not fit. All that it may read is more than it makes copies of: there are
    /// copies of earlier replays among it.
    async fn need_room_for_all(
        &self,
        most: u64,
        shutdown: &CancellationToken,
    ) -> Result<(), Ended> {
        match self.need_room(self.about.min(most)).await {
            Err(ReplayError::Room { .. }) => {}
            roomy => return roomy.map_err(Ended::Failed),
        }
        let copies = match shutdown.run_until_cancelled(Box::pin(self.count_meant(most))).await {
            None => return Err(Ended::Interrupted),
            Some(copies) => copies.map_err(|error| Ended::Failed(error.into()))?,
        };
        self.need_room(copies).await.map_err(Ended::Failed)
    }

    /// How many are meant of what there is now, and no more than `most`.
    async fn count_meant(&self, most: u64) -> Result<u64, BusError> {
        let (filter, from) = (self.filter.clone(), Some(self.wanted.from));
        let mut history = self.bus.history_of_headers(subject::INBOUND, filter, from).await?;
        let mut count = 0;
        while count < most
            && let Some(past) = history.next().await?
            && !self.is_beyond(&past)
        {
            count += u64::from(self.meant(&past).is_ok());
        }
        Ok(count)
    }

    async fn need_room(&self, copies: u64) -> Result<(), ReplayError> {
        if self.wanted.dry_run { Ok(()) } else { self.require_room(copies).await }
    }

    /// Fails if so many copies do not fit: after a dry run, if what was counted would not.
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

    /// Whether it came after all that is wanted.
    fn is_beyond(&self, past: &Past) -> bool {
        self.wanted.to.is_some_and(|to| past.published_at >= to)
    }

    /// What a message says of itself, if it is an event that is meant.
    fn meant(&self, past: &Past) -> Result<Inbound, PassedOver> {
        if past.headers.get(MARK).is_some() && !self.stands_in(&past.headers) {
            return Err(PassedOver::Copy);
        }
        let inbound = Inbound::read(&past.headers).map_err(|_| PassedOver::Unreadable)?;
        // Not every name has a subject of its own.
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

    /// Whether a copy's original was gone before this replay began.
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
