//! The journal: acknowledged events on this host's disk.
//!
//! ```text
//! request ─┐                    ┌─► answer
//! request ─┼─► queue ─► writer ─┤    one write and one fdatasync for all that waited
//! request ─┘            thread  └─► tail (memory, bounded) ─► publisher ─► mark
//!                         │                                      ▲
//!                         ▼                                      │ what memory has let go
//!               0000…1.journal, 0000…k.journal, … ───────────────┘
//! ```
//!
//! - [`Journal::append`] returns once the event is on disk, or says why it is not.
//! - The publisher has an event as soon as it is written, and does not wait for the disk.
//! - A segment is appended to only by the process that made it. A restart opens a new one.
//! - Segments are removed when they are published and old, or published and in the way, but not while the stream may
//!   have lost them. If those that have to stay reach the limit, appending is refused. If there are several tenants,
//!   each has a share of the room, so that none fills it alone.
//! - One receiver per folder: the file `lock` is held while it runs. If somebody removes it, it is made again; if another
//!   receiver was faster, nothing is acknowledged, marked or removed any more before a restart.

mod aside;
mod backlog;
mod condition;
mod confirmed;
mod doubt;
mod facts;
mod feed;
mod inspect;
mod ledger;
mod lock;
mod mark;
mod measure;
mod read;
mod record;
mod recover;
mod room;
mod segment;
mod tail;
#[cfg(test)]
mod tests;
mod writer;

use std::fs::DirBuilder;
use std::io::{self, ErrorKind};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Instant;

use bytes::Bytes;
use domain::in_words;
use events::Inbound;
use tokio::sync::{mpsc, oneshot, watch};

pub use condition::{Activity, Condition};
pub(crate) use confirmed::Confirmed;
pub(crate) use feed::{Feed, Stretch};
pub use inspect::{Inspection, inspect, is_one, set_aside};
pub use ledger::Limits;
pub use read::{Inspected, read};
pub use record::Record;
pub(crate) use tail::Outgoing;

use backlog::Backlog;
use confirmed::LookedFor;
use ledger::{Clock, Ledger};
use lock::Lock;
use mark::Mark;
use measure::Latency;
use tail::Tail;
use writer::{Append, Writer};

/// How many requests may be queued for the writer. Further ones wait for room in the queue.
const QUEUE: usize = 4096;
const MIB: u64 = 1024 * 1024;

/// The journal of one receiver. Dropping it writes what is queued and ends the writer, unless the disk does not answer.
#[derive(Debug)]
pub struct Journal {
    shared: Arc<Shared>,
    queue: Option<mpsc::Sender<Append>>,
    writer: Option<JoinHandle<()>>,
    latency: Latency,
}

/// The state that the writer, the publisher and readers share.
#[derive(Debug)]
pub(crate) struct Shared {
    dir: PathBuf,
    limits: Limits,
    ledger: Mutex<Ledger>,
    clock: Clock,
    tail: Tail,
    backlog: Mutex<Backlog>,
    /// Above every sequence that was handed out for publishing since this program started.
    handed_out: AtomicU64,
    /// Every event with a lower sequence is on disk, or was refused.
    settled_below: watch::Sender<u64>,
    looked_for: Mutex<LookedFor>,
    /// Set while it cannot be checked whether the stream has what it confirmed.
    untold: AtomicBool,
    condition: watch::Sender<Condition>,
    activity: watch::Sender<Activity>,
    /// The mark as it is in the file.
    written: Mutex<Mark>,
    lock: Lock,
}

/// The journal cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process holds it.
    #[error(
        "another receiver uses the journal in {}; give each receiver its own JOURNAL_DIR",
        .0.display()
    )]
    InUse(PathBuf),
    /// The folder or a file in it cannot be read or written.
    #[error("cannot use {} for the journal; JOURNAL_DIR must be a folder that this program may write", .dir.display())]
    Unusable {
        /// The folder.
        dir: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// Why an event is not durable. The sender may try again, unless the event is too large.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// Unpublished events fill the journal.
    #[error("the journal is full of events that wait to be published")]
    Full,
    /// The tenant's unpublished events fill its share of the journal.
    #[error("the tenant's events that wait to be published fill its share of the journal")]
    Share,
    /// The disk fails.
    #[error("the journal cannot be written")]
    Unwritable,
    /// The event exceeds what a record can hold.
    #[error("the event is too large for the journal")]
    TooLarge,
}

impl Journal {
    /// Opens the journal in this folder, which is created if need be, and recovers what it holds. Blocks on the disk.
    pub fn open(dir: &Path, limits: Limits) -> Result<Self, OpenError> {
        let unusable = |source| OpenError::Unusable { dir: dir.to_owned(), source };
        DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(unusable)?;
        let (lock, left_by) = Lock::on(dir)?;

        let clock = Clock::start();
        let written = Mark::read(dir);
        let mut mark = written.clone().of(left_by);
        let (segments, next) = recover::segments(dir, &mut mark).map_err(unusable)?;
        // Whosever mark it is: no sequence is used twice.
        let next = next.max(written.below);
        recover::forget_lost(&mut mark, &segments, dir).map_err(unusable)?;
        let shared = Arc::new(Shared {
            dir: dir.to_owned(),
            limits,
            written: Mutex::new(written),
            backlog: Mutex::new(Backlog::left(mark.below..next)),
            looked_for: Mutex::new(LookedFor::starting_with(mark.looked_for.clone())),
            untold: AtomicBool::new(false),
            ledger: Mutex::new(Ledger::of(segments, mark, limits, &clock)),
            clock,
            tail: Tail::starting_at(next, limits.tail_bytes),
            handed_out: AtomicU64::new(0),
            settled_below: watch::Sender::new(next),
            condition: watch::Sender::new(Condition::at_start(dir)),
            activity: watch::Sender::new(Activity::Waiting),
            lock,
        });
        let (queue, waiting) = mpsc::channel(QUEUE);
        let writer = Writer::new(Arc::clone(&shared), waiting, next);
        let writer = std::thread::Builder::new()
            .name("journal".to_owned())
            .spawn(move || writer.run())
            .map_err(unusable)?;
        let latency = Latency::register();
        Ok(Self { shared, queue: Some(queue), writer: Some(writer), latency })
    }

    /// Makes an event durable. Returns its sequence. `waiter` is notified when the stream has the event, and dropped if
    /// publishing is too far behind to wait for.
    pub async fn append(
        &self,
        inbound: Inbound,
        body: Bytes,
        waiter: Option<oneshot::Sender<()>>,
    ) -> Result<u64, AppendError> {
        let (done, answer) = oneshot::channel();
        let queue = self.queue.as_ref().ok_or(AppendError::Unwritable)?;
        let append = Append { inbound, body, done, waiter };
        let begun = Instant::now();
        let stored = async {
            queue.send(append).await.map_err(|_| AppendError::Unwritable)?;
            if let Some(writer) = self.writer.as_ref().filter(|_| writer::enough(queue)) {
                writer.thread().unpark();
            }
            answer.await.unwrap_or(Err(AppendError::Unwritable))
        };
        // A disk that hangs may still store the event later. It is then published after all, which does no harm,
        // since it did happen.
        let in_time = tokio::time::timeout(self.shared.limits.patience, stored).await;
        let sequence = in_time.unwrap_or(Err(AppendError::Unwritable))?;
        self.latency.record(begun.elapsed());
        Ok(sequence)
    }

    /// Watches how the last append went.
    pub fn condition(&self) -> watch::Receiver<Condition> {
        self.shared.condition.subscribe()
    }

    /// Watches what the writer is doing.
    pub fn activity(&self) -> watch::Receiver<Activity> {
        self.shared.activity.subscribe()
    }

    pub(crate) fn shared(&self) -> Arc<Shared> {
        Arc::clone(&self.shared)
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(writer) = self.writer.take()
            && !self.shared.activity.borrow().hangs()
        {
            // A panic of the writer has been reported by its thread.
            let _ = writer.join();
        }
    }
}

impl Shared {
    /// Feeds everything that is not known to be published, from the oldest on and without an end.
    pub(crate) fn feed(self: &Arc<Self>) -> Feed {
        let from = self.ledger().mark.below;
        Feed::from(Arc::clone(self), from, feed::RETRIES)
    }

    /// How large the journal may grow, in bytes.
    pub(crate) fn limit(&self) -> u64 {
        self.limits.max_bytes
    }

    /// Notes that everything below this sequence is published or refused.
    pub(crate) fn advance(&self, below: u64) {
        let mut ledger = self.ledger();
        ledger.mark.below = ledger.mark.below.max(below);
    }

    /// Notes that the stream refuses an event for good. Returns whether that is news.
    pub(crate) fn refuse(&self, sequence: u64) -> bool {
        self.ledger().mark.refused.insert(sequence)
    }

    /// How many events the stream refuses for good.
    pub(crate) fn refused(&self) -> usize {
        self.ledger().mark.refused.len()
    }

    /// Renames the file of a segment that cannot be read, and only then takes it out of the journal. The mark moves
    /// past what is not in the journal, and the next start would count a file with the old name below the mark as
    /// published.
    fn set_aside(&self, first: u64, error: Option<&io::Error>) -> io::Result<()> {
        self.hold()?;
        let Some((path, bytes)) = self.ledger().close(first) else { return Ok(()) };
        aside::put(&path, bytes, error)?;
        self.ledger().segments.retain(|segment| segment.first != first);
        Ok(())
    }

    /// Closes the segment that is written to if it is old, removes those that may go, and writes the mark. Returns how
    /// much the journal holds then, and whether the mark could be written. Blocks on the disk. Without the lock, nothing
    /// is removed and no mark written.
    ///
    /// `connected_to` is the run of the NATS server that there is a connection to. Nothing is removed by age unless
    /// that run has everything and was lately checked: any other may have lost what was acknowledged.
    pub(crate) fn maintain(&self, connected_to: Option<&str>) -> (Size, io::Result<()>) {
        let held = self.hold();
        if held.is_err() {
            self.report(Condition::Failing);
        }
        let mut ledger = self.ledger();
        // The writer says that it writes before it looks at the ledger.
        if *self.activity.borrow() == Activity::Waiting {
            ledger.seal_old(Instant::now());
        }
        // Not earlier: every event below the mark was confirmed before this.
        ledger.mark.looked_for = self.looked_for().all();
        let in_doubt = connected_to.is_none()
            || connected_to != ledger.mark.server.as_deref()
            || self.untold.load(Ordering::Relaxed);
        ledger.set_in_doubt(in_doubt, Instant::now());
        // A full journal gets no appends that would make room.
        let needed = if *self.condition.borrow() == Condition::Full { MIB } else { 0 };
        let gone = if held.is_ok() { ledger.sweep(Instant::now(), needed) } else { Vec::new() };
        ledger.note_times(&self.clock, Instant::now());
        let mark = Mark { lock: Some(self.lock.name()), ..ledger.mark.clone() };
        let (bytes, unpublished) = ledger.bytes();
        let segments = ledger.segments.len();
        let end = ledger.segments.back().map_or(0, |segment| segment.end);
        drop(ledger);
        self.passed(mark.below);
        let refused = mark.refused.len();
        let waiting = end.saturating_sub(mark.below);
        // Removed first, since on a full disk the mark needs the room. An older mark has nothing published again
        // that is no longer there.
        self.remove(&gone);
        self.look_again();
        let noted = held.and_then(|()| self.write_mark(mark));
        (Size { segments, bytes, unpublished, waiting, refused }, noted)
    }

    /// Sets whether several tenants share the room, or one may have all of it.
    pub(crate) fn divide(&self, among_several: bool) {
        self.ledger().divided = among_several;
    }

    fn write_mark(&self, mark: Mark) -> io::Result<()> {
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        if *written != mark {
            mark.write(&self.dir)?;
            *written = mark;
        }
        Ok(())
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How much the journal holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Size {
    /// How many segments.
    pub(crate) segments: usize,
    /// The bytes of all segments.
    pub(crate) bytes: u64,
    /// The bytes of segments that hold something unpublished.
    pub(crate) unpublished: u64,
    /// How many events there are from the oldest unpublished one on.
    pub(crate) waiting: u64,
    /// How many events the stream refused for good.
    pub(crate) refused: usize,
}

fn remove(segment: &Path) {
    if let Err(error) = std::fs::remove_file(segment)
        && error.kind() != ErrorKind::NotFound
    {
        tracing::warn!(
            journal.segment = %segment.display(),
            error = in_words(&error),
            "cannot remove a segment of the journal"
        );
    }
}
