//! Decides whether Chatwoot may be called now.
//!
//! ```text
//!  database   host: bucket, pause     account: breaker        one truth for all workers
//!                │   ▲                    │   ▲
//!          lease │   │ 429          look  │   │ failed, answered again
//!                ▼   │                    ▼   │
//!  worker     tokens for a moment     what it said a moment ago
//! ```
//!
//! The limits of a host are shared by all accounts on it and by all workers, while a breaker belongs to one account. Of
//! the rested accounts on one host, a worker tries a few at a time, since all of these calls may hang. A worker asks the
//! database at most a few times a second, takes tokens for that long, and learns what other workers were told. A worker
//! that dies takes its lease with it, and nothing else.
//!
//! Nobody waits here: a caller that is refused learns for how long, puts its command off and releases it. Only a caller
//! in the middle of something that it would have to begin anew stays, and asks for the host's next token. All times are
//! the database's. [`Host`], [`Lease`] and [`Breaker`] decide what may be done, and know neither clock nor database.

mod breaker;
mod bucket;
mod gate;
mod host;
mod lease;
mod trials;
mod turns;

use std::time::Duration;

use service::retry::Policy;

pub(crate) use breaker::{Breaker, State};
pub(crate) use bucket::{Ask, Bucket};
pub(crate) use gate::Throttle;
pub(crate) use host::Host;
pub(crate) use lease::{Draw, Lease};
pub(crate) use trials::Trials;
pub(crate) use turns::Turns;

/// How long a worker relies on what the database said.
const LEASE: Duration = Duration::from_millis(250);

/// The limits on calls.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Requests a minute to one host, by all workers.
    pub(crate) per_minute: u32,
    /// Failures in a row after which an account rests.
    pub(crate) failures: u32,
    /// How long hosts are paused and accounts rest.
    pub(crate) rest: Policy,
    /// How long the trial of a rested account may take: longer than a call does.
    pub(crate) trial: Duration,
    /// How many rested accounts of one host this process tries at the same time.
    pub(crate) trials: usize,
    /// How long a call may take, one with files too.
    pub(crate) longest: Duration,
}

/// A refusal: no call may be made now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hold {
    /// For how long.
    pub(crate) wait: Duration,
    /// Why.
    pub(crate) cause: HoldCause,
}

/// Why a call may not be made now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HoldCause {
    /// The host asked to slow down.
    Paused,
    /// The host already gets all the requests that it allows.
    Busy,
    /// The account has not answered lately.
    Resting,
}

impl HoldCause {
    /// All of them.
    pub(crate) const ALL: [Self; 3] = [Self::Paused, Self::Busy, Self::Resting];

    /// The reason in words, for the people who wait.
    pub(crate) fn reason(self) -> &'static str {
        match self {
            Self::Paused => "Chatwoot asks us to slow down",
            Self::Busy => "many messages go to this Chatwoot at the moment",
            Self::Resting => "Chatwoot does not answer; it is asked again soon",
        }
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Paused => "paused",
            Self::Busy => "busy",
            Self::Resting => "resting",
        }
    }
}

/// What a call showed about the other side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Report {
    /// It answers.
    Answers,
    /// It wants fewer requests, maybe for this long.
    SlowDown(Option<Duration>),
    /// It does not answer, or fails inside.
    Fails,
}
