//! Feeds the publisher with records in order: from memory, or from disk where memory no longer has them.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use domain::in_words;
use service::joined;
use service::retry::Policy;
use tokio::task::JoinHandle;

use super::aside::is_the_segments;
use super::read::{Cursor, Failed};
use super::tail::Next;
use super::{Outgoing, Record, Shared};

/// How many records are taken from memory at once.
const FROM_MEMORY: usize = 256;
/// How many bytes are read from disk at once.
const FROM_DISK: usize = 4 * 1024 * 1024;
/// How often a segment may fail to be read before what the disk does not give is stepped over, or all of it set aside.
const ATTEMPTS: u32 = 12;
pub(super) const RETRIES: Policy = Policy::NEAR;

/// The records from a sequence on, each once.
#[derive(Debug)]
pub(crate) struct Feed {
    journal: Arc<Shared>,
    /// Everything below this was handed out or waits in `ready`.
    next: u64,
    ready: VecDeque<Outgoing>,
    reading: Option<Reading>,
    /// Kept while reading from disk, so that a segment is not searched from its start each time.
    cursor: Option<Cursor>,
    retries: Policy,
}

#[derive(Debug)]
struct Reading {
    below: u64,
    piece: JoinHandle<(Cursor, Vec<Record>)>,
}

impl Feed {
    pub(super) fn from(journal: Arc<Shared>, next: u64, retries: Policy) -> Self {
        Self { journal, next, ready: VecDeque::new(), reading: None, cursor: None, retries }
    }

    /// The lowest sequence that may come next.
    pub(crate) fn position(&self) -> u64 {
        self.ready.front().map_or(self.next, |outgoing| outgoing.record.sequence)
    }

    /// Whether everything that was appended has been handed out.
    pub(crate) fn is_drained(&self) -> bool {
        self.ready.is_empty() && self.reading.is_none() && self.journal.tail.is_drained(self.next)
    }

    /// Returns the next record, if it is ready.
    pub(crate) fn ready(&mut self) -> Option<Outgoing> {
        let outgoing = self.ready.pop_front()?;
        self.journal.handed_out.fetch_max(outgoing.record.sequence + 1, Ordering::Release);
        Some(outgoing)
    }

    /// Waits until a record is ready, or until the disk turns out to have none of those that were looked for, after
    /// which the feed may be drained. Cancel safe.
    pub(crate) async fn filled(&mut self) {
        while self.ready.is_empty() {
            if self.reading.is_some() {
                return self.finish_reading().await;
            }
            match self.journal.tail.next(self.next, FROM_MEMORY) {
                Next::Memory(records) => {
                    self.cursor = None;
                    if let Some(last) = records.last() {
                        self.next = last.record.sequence + 1;
                    }
                    self.ready = records.into();
                }
                Next::Disk { below } => self.start_reading(below),
                Next::Nothing => self.journal.tail.pushed().await,
            }
        }
    }

    fn start_reading(&mut self, below: u64) {
        let cursor = self.cursor.take().unwrap_or_else(|| Cursor::at(self.next));
        let piece = tokio::spawn(read(Arc::clone(&self.journal), cursor, below, self.retries));
        self.reading = Some(Reading { below, piece });
    }

    async fn finish_reading(&mut self) {
        let Some(reading) = &mut self.reading else { return };
        let (cursor, records) = joined(&mut reading.piece).await;
        let below = reading.below;
        self.reading = None;
        self.next = records.last().map_or(below, |last| last.sequence + 1);
        self.journal.count_read(&records, self.next);
        self.cursor = Some(cursor);
        let outgoing = |record| Outgoing { record, waiter: None };
        self.ready = records.into_iter().map(outgoing).collect();
    }
}

/// Reads part of the journal once, in pieces.
#[derive(Debug)]
pub(crate) struct Stretch {
    journal: Arc<Shared>,
    cursor: Cursor,
    below: u64,
}

impl Stretch {
    pub(super) fn of(journal: Arc<Shared>, sequences: Range<u64>) -> Self {
        Self { journal, cursor: Cursor::at(sequences.start), below: sequences.end }
    }

    /// Reads the next records. There are none at the end.
    pub(crate) async fn next(self) -> (Self, Vec<Record>) {
        let Self { journal, cursor, below } = self;
        let (cursor, records) = read(Arc::clone(&journal), cursor, below, RETRIES).await;
        (Self { journal, cursor, below }, records)
    }
}

/// Reads the next piece. What a segment keeps failing to give is stepped over like damage, and if that is its beginning,
/// the segment is set aside, so that what comes after it does not wait for ever. If that fails too, the fault is not the
/// segment's alone, and everything waits.
async fn read(
    journal: Arc<Shared>,
    mut cursor: Cursor,
    below: u64,
    retries: Policy,
) -> (Cursor, Vec<Record>) {
    let (mut failures, mut blamed) = (0, 0);
    loop {
        let shared = Arc::clone(&journal);
        let piece = tokio::task::spawn_blocking(move || {
            let records = cursor.read(&shared, below, FROM_DISK);
            (cursor, records)
        });
        let (read_on, records) = joined(piece).await;
        cursor = read_on;
        let Failed { segment, begins, error } = match records {
            Ok(records) => return (cursor, records),
            Err(failed) => failed,
        };
        failures += 1;
        blamed += u32::from(is_the_segments(&error));
        if failures == 1 {
            tracing::error!(
                error = in_words(&error),
                "cannot read the journal to publish from it; trying again"
            );
        }
        if blamed < ATTEMPTS {
            tokio::time::sleep(retries.delay(failures)).await;
        } else if begins && cursor.step_over_failures_in(segment) {
            (failures, blamed) = (0, 0);
        } else {
            let shared = Arc::clone(&journal);
            let set_aside =
                tokio::task::spawn_blocking(move || shared.set_aside(segment, Some(&error)));
            if let Err(error) = joined(set_aside).await {
                tracing::error!(
                    error = in_words(&error),
                    "a segment of the journal can neither be read nor set aside: it is tried \
                     again, and what comes after it waits; check the disk"
                );
            }
            (failures, blamed) = (0, 0);
        }
    }
}
