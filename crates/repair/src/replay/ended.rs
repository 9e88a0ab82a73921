//! Why a replay ended.

use bus::{BusError, PublishError};

/// Why a replay ended.
#[derive(Debug)]
pub enum Ended {
    /// It reached the end.
    Done,
    /// It published as many as wanted, and there are more.
    Most,
    /// Somebody interrupted it.
    Interrupted,
    /// NATS failed for too long, had no room, or did not have all of them any more.
    Failed(ReplayError),
}

/// Why not all events could be replayed.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The stream could not be read.
    #[error(transparent)]
    Read(#[from] BusError),
    /// A copy could not be published.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// The copies would push out events that are not replayed yet.
    #[error(
        "the copies may need {needed} bytes, and INBOUND has room for {left} before it removes its \
         oldest events: raise its `max_bytes`, or replay fewer at a time"
    )]
    Room {
        /// How many bytes the remaining copies may need.
        needed: u64,
        /// How many bytes fit.
        left: u64,
    },
    /// The replay reached the end, but this many events were removed before it reached them.
    #[error("{0} events were removed from INBOUND before the replay came to them")]
    Removed(u64),
}

impl Ended {
    /// The outcome in one word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Most => "most",
            Self::Interrupted => "interrupted",
            Self::Failed(_) => "failed",
        }
    }

    /// The outcome for the audit: the word, or why it failed.
    pub fn words(&self) -> String {
        match self {
            Self::Failed(error) => error.to_string(),
            ended => ended.word().to_owned(),
        }
    }
}
