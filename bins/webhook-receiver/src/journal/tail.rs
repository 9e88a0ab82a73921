//! Keeps the newest records in memory, so that a publisher that keeps up does not read from disk.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, oneshot};

use super::Record;

/// A record on its way to the stream.
#[derive(Debug)]
pub struct Outgoing {
    /// What to publish.
    pub record: Record,
    /// Notified when the stream has the record.
    pub waiter: Option<oneshot::Sender<()>>,
}

/// What comes next for a publisher.
#[derive(Debug)]
pub(super) enum Next {
    /// These records.
    Memory(Vec<Outgoing>),
    /// Records below this sequence, which are only on disk.
    Disk { below: u64 },
    /// Nothing yet.
    Nothing,
}

#[derive(Debug)]
pub(super) struct Tail {
    inner: Mutex<Inner>,
    pushed: Notify,
    max_bytes: usize,
}

#[derive(Debug)]
struct Inner {
    records: VecDeque<Outgoing>,
    bytes: usize,
    /// Everything below this is no longer here, or never was.
    gone_below: u64,
}

impl Tail {
    /// `from` is the sequence of the first record that will be pushed.
    pub(super) fn starting_at(from: u64, max_bytes: usize) -> Self {
        let inner = Inner { records: VecDeque::new(), bytes: 0, gone_below: from };
        Self { inner: Mutex::new(inner), pushed: Notify::new(), max_bytes }
    }

    /// Adds records, in the order of their sequences. Drops the oldest if there are too many bytes.
    pub(super) fn push(&self, records: impl Iterator<Item = Outgoing>) {
        let mut inner = self.lock();
        for outgoing in records {
            inner.bytes += weight(&outgoing);
            inner.records.push_back(outgoing);
        }
        while inner.bytes > self.max_bytes {
            let Some(oldest) = inner.records.pop_front() else { break };
            inner.bytes -= weight(&oldest);
            inner.gone_below = oldest.record.sequence + 1;
        }
        drop(inner);
        self.pushed.notify_one();
    }

    /// Whether so many records of so many bytes can be added without dropping any. Stays true until more are added.
    pub(super) fn has_room_for(&self, records: usize, bytes: usize) -> bool {
        self.lock().bytes + bytes + records * OVERHEAD <= self.max_bytes
    }

    /// Returns what a publisher at `cursor` has to publish next: at most `limit` records.
    pub(super) fn next(&self, cursor: u64, limit: usize) -> Next {
        let mut inner = self.lock();
        if cursor < inner.gone_below {
            return Next::Disk { below: inner.gone_below };
        }
        let count = inner.records.len().min(limit);
        if count == 0 {
            return Next::Nothing;
        }
        let taken: Vec<_> = inner.records.drain(..count).collect();
        inner.bytes -= taken.iter().map(weight).sum::<usize>();
        if let Some(last) = taken.last() {
            inner.gone_below = last.record.sequence + 1;
        }
        Next::Memory(taken)
    }

    /// Whether there is nothing left for a publisher at `cursor`.
    pub(super) fn is_drained(&self, cursor: u64) -> bool {
        let inner = self.lock();
        inner.records.is_empty() && cursor >= inner.gone_below
    }

    /// Waits until something was pushed since the last wait ended.
    pub(super) async fn pushed(&self) {
        self.pushed.notified().await;
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// About what a record takes besides its body, in bytes.
const OVERHEAD: usize = 512;

fn weight(outgoing: &Outgoing) -> usize {
    outgoing.record.body.len() + OVERHEAD
}
