//! Who may call Chatwoot now.
//!
//! ```text
//!  database   host: bucket, pause     account: breaker        one truth for all workers
//!                │   ▲                    │   ▲
//!          lease │   │ 429          look  │   │ failed, answered again
//!                ▼   │                    ▼   │
//!  worker     tokens for a moment     what it said a moment ago
//! ```
//!
//! Limits of a host are shared by all accounts on it and by all workers; the breaker belongs to one
//! account. A worker asks the database at most a few times a second, takes tokens for that long, and
//! learns then what others were told. One that dies takes its lease with it, and no more.
//!
//! Nobody waits here: who may not call is told for how long, puts the command off and lets go of it. Only who
//! has begun what it would have to begin anew stays, and asks for the host's next token.
//! All times are the database's. What may be done is decided in [`Host`], [`Lease`] and
//! [`Breaker`], which know neither clock nor database.

mod breaker;
mod bucket;
mod gate;
mod host;
mod lease;
mod turns;

use std::time::Duration;

use service::retry::Policy;

pub(crate) use breaker::{Breaker, State};
pub(crate) use bucket::{Ask, Bucket};
pub(crate) use gate::Throttle;
pub(crate) use host::Host;
pub(crate) use lease::{Draw, Lease};
pub(crate) use turns::Turns;

/// How long a worker goes by what the database said.
const LEASE: Duration = Duration::from_millis(250);

/// How much is too much.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Requests a minute to one host, by all workers.
    pub(crate) per_minute: u32,
    /// Failures in a row after which an account rests.
    pub(crate) failures: u32,
    /// How long hosts are paused and accounts rest.
    pub(crate) rest: Policy,
    /// Longer than a call takes.
    pub(crate) trial: Duration,
}

/// Not now.
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
    /// The host gets all it is allowed.
    Busy,
    /// The account did not answer the last times.
    Resting,
}

impl HoldCause {
    /// All of them.
    pub(crate) const ALL: [Self; 3] = [Self::Paused, Self::Busy, Self::Resting];

    /// For the people who wait.
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

/// What a call said about the other side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Report {
    /// It answers.
    Answers,
    /// It wants fewer requests, maybe for this long.
    SlowDown(Option<Duration>),
    /// It does not answer, or fails inside.
    Fails,
}
