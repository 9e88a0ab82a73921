//! What is to be published, in order: from memory, or from the disk where memory has let go.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;

use super::read::Cursor;
use super::tail::Next;
use super::{Outgoing, Record, Shared};

/// Taken from memory in one go.
const FROM_MEMORY: usize = 256;
/// Read from the disk in one go, in bytes.
const FROM_DISK: usize = 4 * 1024 * 1024;

/// The records from some sequence on, each once.
#[derive(Debug)]
pub(crate) struct Feed {
    journal: Arc<Shared>,
    /// Everything below was handed out or waits in `ready`.
    next: u64,
    ready: VecDeque<Outgoing>,
    reading: Option<Reading>,
    /// Kept while the disk is read, so that a segment is not searched from its start each time.
    cursor: Option<Cursor>,
}

#[derive(Debug)]
struct Reading {
    below: u64,
    piece: JoinHandle<(Cursor, io::Result<Vec<Record>>)>,
}

impl Feed {
    pub(super) fn from(journal: Arc<Shared>, next: u64) -> Self {
        Self { journal, next, ready: VecDeque::new(), reading: None, cursor: None }
    }

    /// The lowest sequence that may come next.
    pub(crate) fn position(&self) -> u64 {
        self.ready.front().map_or(self.next, |outgoing| outgoing.record.sequence)
    }

    /// Whether everything that was appended has been handed out.
    pub(crate) fn is_drained(&self) -> bool {
        self.ready.is_empty() && self.reading.is_none() && self.journal.tail.is_drained(self.next)
    }

    /// The next record; waits for one. Nothing is lost if the waiting is given up.
    pub(crate) async fn next(&mut self) -> Outgoing {
        loop {
            if let Some(outgoing) = self.ready.pop_front() {
                return outgoing;
            }
            if self.reading.is_some() {
                self.finish_reading().await;
                continue;
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
        let journal = Arc::clone(&self.journal);
        let mut cursor = self.cursor.take().unwrap_or_else(|| Cursor::at(self.next));
        let piece = tokio::task::spawn_blocking(move || {
            let records = cursor.read(&journal, below, FROM_DISK);
            if records.is_err() {
                std::thread::sleep(Duration::from_secs(1));
            }
            (cursor, records)
        });
        self.reading = Some(Reading { below, piece });
    }

    async fn finish_reading(&mut self) {
        let Some(reading) = &mut self.reading else { return };
        let outcome = (&mut reading.piece).await;
        let below = reading.below;
        self.reading = None;
        match outcome {
            Ok((cursor, Ok(records))) => {
                self.next = records.last().map_or(below, |last| last.sequence + 1);
                self.cursor = Some(cursor);
                let outgoing = |record| Outgoing { record, waiter: None };
                self.ready = records.into_iter().map(outgoing).collect();
            }
            Ok((_, Err(error))) => tracing::error!(
                error = &error as &dyn std::error::Error,
                "cannot read the journal to publish from it; trying again"
            ),
            // The runtime is shutting down.
            Err(_) => std::future::pending().await,
        }
    }
}

/// Reads a stretch of the journal once, in pieces.
#[derive(Debug)]
pub(crate) struct Stretch {
    journal: Arc<Shared>,
    cursor: Cursor,
    below: u64,
}

impl Stretch {
    pub(super) fn below(journal: Arc<Shared>, below: u64) -> Self {
        Self { journal, cursor: Cursor::at(0), below }
    }

    /// The next records; none at the end.
    pub(crate) async fn next(self) -> io::Result<(Self, Vec<Record>)> {
        let Self { journal, mut cursor, below } = self;
        let piece = tokio::task::spawn_blocking(move || {
            let records = cursor.read(&journal, below, FROM_DISK)?;
            Ok((Self { journal, cursor, below }, records))
        });
        piece.await.map_err(io::Error::other)?
    }
}
