//! The condition of the journal, for health checks, and how it is noticed that a failed one works again.

use std::fs::File;
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use domain::in_words;

use super::{AppendError, MIB, Shared, segment};

/// A group is normally on disk within milliseconds. A disk that takes longer than this cannot be relied on.
const HANGING: Duration = Duration::from_secs(2);

/// How the last append went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// It succeeded, or there was none yet and a segment could be begun.
    Writable,
    /// There was no room.
    Full,
    /// The disk failed, or another receiver has taken the folder.
    Failing,
}

impl Condition {
    /// That of a journal in this folder that is being opened.
    pub(super) fn at_start(dir: &Path) -> Self {
        let Err(error) = probe(dir) else { return Self::Writable };
        tracing::error!(
            error = in_words(&error),
            "the journal cannot be written; checked again every second"
        );
        Self::Failing
    }

    pub(super) fn of(error: AppendError) -> Self {
        match error {
            AppendError::Full => Self::Full,
            AppendError::Unwritable => Self::Failing,
            AppendError::Share | AppendError::TooLarge => Self::Writable,
        }
    }
}

/// What the writer is doing. An append that never ends would otherwise show nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activity {
    /// It waits for events.
    Waiting,
    /// It has been writing and syncing a group since this time.
    Writing(Instant),
    /// It has ended, and nothing is written any more.
    Ended,
}

impl Activity {
    /// Whether the writer waits for a disk that does not answer.
    pub fn hangs(self) -> bool {
        matches!(self, Self::Writing(since) if since.elapsed() > HANGING)
    }
}

impl Shared {
    /// Checks whether a journal that failed works again. A balancer that heeds `/ready` sends no events to a failing
    /// one, so appending alone would never show it.
    pub(super) fn look_again(&self) {
        // Not borrowed while the disk is asked: the writer reports to it, and health checks read it.
        let condition = *self.condition.borrow();
        let works = match condition {
            Condition::Writable => return,
            Condition::Full => self.ledger().has_room_for(MIB),
            Condition::Failing => match self.probe() {
                Err(error) if self.yield_room(&error, MIB) => self.probe().is_ok(),
                probed => probed.is_ok(),
            },
        };
        if works {
            self.report(Condition::Writable);
        }
    }

    fn probe(&self) -> io::Result<()> {
        self.hold()?;
        probe(&self.dir)
    }

    pub(super) fn report(&self, condition: Condition) {
        self.condition
            .send_if_modified(|present| std::mem::replace(present, condition) != condition);
    }
}

/// Does what beginning a segment takes in a folder that is locked: any step of it may be the one that fails.
fn probe(dir: &Path) -> io::Result<()> {
    let probe = dir.join("probe");
    let begun =
        File::create(&probe).and_then(|mut file| segment::begin(&mut file, &[0; 4096], dir));
    // If this fails, the next probe overwrites the file.
    let _ = std::fs::remove_file(&probe);
    begun
}
