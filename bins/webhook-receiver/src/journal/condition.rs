//! How the journal is, for who asks from outside.

use std::time::{Duration, Instant};

use super::AppendError;

/// A group is on disk within milliseconds; a disk that takes so long for one is not to be counted on.
const HANGING: Duration = Duration::from_secs(2);

/// How the last append went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// Well, or there was none yet.
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

/// What the writer is at: an append that has no end tells nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activity {
    /// It waits for events.
    Waiting,
    /// It has been writing and syncing a group since then.
    Writing(Instant),
    /// It has ended; nothing is written any more.
    Ended,
}

impl Activity {
    /// Whether it waits for a disk that does not answer.
    pub fn hangs(self) -> bool {
        matches!(self, Self::Writing(since) if since.elapsed() > HANGING)
    }
}
