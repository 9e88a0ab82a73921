//! Counts the events of each account that wait to be published, and knows since when they do.
//!
//! An event counts from the moment that the publisher can have it until the stream has it, or has refused it for good.
//! What an earlier run of this program left is counted as it is read, by the publisher or ahead of it.
//!
//! Neighbouring events of an account are counted together: those of a second at first, and those of longer and longer
//! spans as more and more wait. So an event costs the same however many wait, and an account takes little room. Once the
//! first events of a span are published, the others seem to wait for as long as they did: for too long, by at most a
//! fifteenth of the time in which all came.

use std::collections::HashMap;
use std::iter;
use std::ops::Range;
use std::sync::{Arc, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use domain::AccountKey;
use events::{Inbound, Waiting};

use super::{Record, Shared, Stretch};

/// The most spans of an account besides the oldest.
const MOST: usize = 32;

/// What waits in a journal.
#[derive(Debug)]
pub(super) struct Backlog {
    /// What an earlier run of this program left.
    left: Counts,
    /// The part of it that is not counted yet.
    uncounted: Range<u64>,
    /// What came since.
    came: Counts,
}

impl Backlog {
    /// That of a journal in which an earlier run left these sequences.
    pub(super) fn left(sequences: Range<u64>) -> Self {
        Self { left: Counts::default(), uncounted: sequences, came: Counts::default() }
    }

    /// Counts an event. Sequences come in their order.
    pub(super) fn came(&mut self, sequence: u64, inbound: &Inbound) {
        self.came.add(sequence, inbound);
    }

    pub(super) fn settle(&mut self, account: AccountKey, sequence: u64) {
        let counts = if sequence < self.uncounted.end { &mut self.left } else { &mut self.came };
        counts.settle(account, sequence);
    }

    /// Counts what was read of what an earlier run left, up to `below`, as far as nobody has read it before.
    fn read(&mut self, records: &[Record], below: u64) {
        for record in records.iter().filter(|record| self.uncounted.contains(&record.sequence)) {
            self.left.add(record.sequence, &record.inbound);
        }
        self.uncounted.start = below.min(self.uncounted.end).max(self.uncounted.start);
    }

    /// Forgets what is below the mark. It waits no more, whatever became of it: a segment may have been set aside.
    fn pass(&mut self, below: u64) {
        self.left.pass(below);
        self.came.pass(below);
        self.read(&[], below);
    }

    pub(super) fn of(&self, account: AccountKey) -> Option<Waiting> {
        let counts = [&self.left, &self.came].into_iter();
        let spans = counts.filter_map(|counts| counts.0.get(&account)).flat_map(Spans::iter);
        spans.filter(|span| span.events > 0).fold(None, |sum: Option<Waiting>, span| {
            let (events, since) = sum.map_or((0, span.since), |sum| (sum.events, sum.since));
            Some(Waiting { account, events: events + span.events, since: since.min(span.since) })
        })
    }
}

/// The accounts of which something waits. Sequences are added in their order, and settled in any.
#[derive(Debug, Default)]
struct Counts(HashMap<AccountKey, Spans>);

impl Counts {
    fn add(&mut self, sequence: u64, inbound: &Inbound) {
        let span = Span { last: sequence, since: inbound.received_at, events: 1 };
        match self.0.get_mut(&inbound.account) {
            Some(spans) => spans.add(span),
            None => drop(self.0.insert(inbound.account, Spans::of(span))),
        }
    }

    fn settle(&mut self, account: AccountKey, sequence: u64) {
        if let Some(spans) = self.0.get_mut(&account)
            && !spans.settle(sequence)
        {
            self.0.remove(&account);
        }
    }

    fn pass(&mut self, below: u64) {
        self.0.retain(|_, spans| spans.pass(below));
    }
}

/// Events of an account that follow one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Span {
    /// The sequence of the last of them.
    last: u64,
    /// When the first of them was received.
    since: DateTime<Utc>,
    /// How many of them wait.
    events: u64,
}

/// An account's events.
#[derive(Debug)]
struct Spans {
    /// Kept here, so that an account that keeps up takes no memory of its own.
    oldest: Span,
    later: Vec<Span>,
    /// How much time a span covers.
    length: TimeDelta,
}

impl Spans {
    fn of(oldest: Span) -> Self {
        Self { oldest, later: Vec::new(), length: TimeDelta::seconds(1) }
    }

    fn iter(&self) -> impl Iterator<Item = &Span> {
        iter::once(&self.oldest).chain(&self.later)
    }

    fn add(&mut self, event: Span) {
        if self.later.last_mut().unwrap_or(&mut self.oldest).join(event, self.length) {
            return;
        }
        while self.later.len() >= MOST {
            self.length = self.length * 2;
            self.later.dedup_by(|span, before| before.join(*span, self.length));
        }
        self.later.push(event);
    }

    /// Returns whether any still wait.
    fn settle(&mut self, sequence: u64) -> bool {
        let mut spans = iter::once(&mut self.oldest).chain(&mut self.later);
        if let Some(span) = spans.find(|span| sequence <= span.last) {
            span.events = span.events.saturating_sub(1);
        }
        self.any()
    }

    /// Returns whether any still wait.
    fn pass(&mut self, below: u64) -> bool {
        for span in iter::once(&mut self.oldest).chain(&mut self.later) {
            if span.last < below {
                span.events = 0;
            }
        }
        self.any()
    }

    fn any(&mut self) -> bool {
        while self.oldest.events == 0 {
            if self.later.is_empty() {
                return false;
            }
            self.oldest = self.later.remove(0);
        }
        true
    }
}

impl Span {
    /// Takes in the events that follow, if all together span no more than this.
    fn join(&mut self, next: Self, length: TimeDelta) -> bool {
        let near = next.since - self.since < length;
        if near {
            *self = Self {
                last: next.last,
                since: self.since.min(next.since),
                events: self.events + next.events,
            };
        }
        near
    }
}

impl Shared {
    /// Counts events that the publisher is about to have.
    pub(super) fn count_came<'a>(&self, events: impl Iterator<Item = (u64, &'a Inbound)>) {
        let mut backlog = self.backlog();
        events.for_each(|(sequence, inbound)| backlog.came(sequence, inbound));
    }

    /// Counts what was read up to `below`, if an earlier run of this program left it.
    pub(super) fn count_read(&self, records: &[Record], below: u64) {
        self.backlog().read(records, below);
    }

    /// Notes that an event need not be published any more.
    pub(crate) fn settled(&self, record: &Record) {
        self.backlog().settle(record.inbound.account, record.sequence);
    }

    /// Forgets what is below the mark.
    pub(super) fn passed(&self, below: u64) {
        self.backlog().pass(below);
    }

    /// Counts what an earlier run of this program left, ahead of the publisher, who may be unable to go on.
    pub(crate) async fn count_left(self: &Arc<Self>) {
        let left = self.backlog().uncounted.clone();
        let mut stretch = Stretch::of(Arc::clone(self), left.clone());
        while !self.backlog().uncounted.is_empty() {
            let (rest, records) = stretch.next().await;
            let below = records.last().map_or(left.end, |last| last.sequence + 1);
            self.count_read(&records, below);
            stretch = rest;
        }
    }

    /// Returns what waits of these accounts, or `None` if not all that an earlier run left is counted yet.
    pub(crate) fn waiting(&self, accounts: &[AccountKey]) -> Option<Vec<Waiting>> {
        let backlog = self.backlog();
        let counted = backlog.uncounted.is_empty();
        counted.then(|| accounts.iter().filter_map(|account| backlog.of(*account)).collect())
    }

    fn backlog(&self) -> MutexGuard<'_, Backlog> {
        self.backlog.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
