//! Why a replay ended.

use bus::{BusError, PublishError};

/// Why it ended.
#[derive(Debug)]
pub enum Ended {
    /// It came to the end.
    Done,
    /// As many as wanted were handed out, and there are more.
    Most,
    /// Somebody interrupted it.
    Interrupted,
    /// NATS failed for too long, had no room, or did not have all of them any more.
    Failed(ReplayError),
}

/// Not all could be replayed.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// It could not be read.
    #[error(transparent)]
    Read(#[from] BusError),
    /// Its copy could not be published.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// Copies would push out what is not replayed yet.
    #[error(
        "the copies may need {needed} bytes, and INBOUND has room for {left} before it removes its \
         oldest events: raise its `max_bytes`, or replay fewer at a time"
    )]
    Room {
        /// How many bytes the copies may need that are still to be made.
        needed: u64,
        /// How many bytes fit.
        left: u64,
    },
    /// It came to the end, and so many events were gone before it came to them.
    #[error("{0} events were removed from INBOUND before the replay came to them")]
    Removed(u64),
}

impl Ended {
    /// In a word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Most => "most",
            Self::Interrupted => "interrupted",
            Self::Failed(_) => "failed",
        }
    }

    /// In words, for the audit: the word, or why it failed.
    pub fn words(&self) -> String {
        match self {
            Self::Failed(error) => error.to_string(),
            ended => ended.word().to_owned(),
        }
    }
}
