//! The condition of the journal, for health checks.

use std::time::{Duration, Instant};

use super::AppendError;

/// A group is normally on disk within milliseconds. A disk that takes longer than this cannot be relied on.
const HANGING: Duration = Duration::from_secs(2);

/// How the last append went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// It succeeded, or there was none yet.
    Writable,
    /// There was no room.
    Full,
    /// The disk failed.
    Failing,
}

impl Condition {
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
