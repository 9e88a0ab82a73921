//! Errors, one variant for each thing that a caller can do about them.

use std::path::PathBuf;

use async_nats::jetstream::{self, ErrorCode};

use crate::consume::BoxError;
use crate::streams::Drift;

/// How the server says which limit of a stream is reached.
const LIMITS: [&str; 3] = [
    "maximum messages exceeded",
    "maximum bytes exceeded",
    "maximum messages per subject exceeded",
];

/// NATS could not be reached at start.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The setting is not an address.
    #[error("NATS_URL is not the address of a NATS server: write nats://host:4222")]
    Address,
    /// The credentials file cannot be used.
    #[error("the NATS credentials file {path} cannot be read: check NATS_CREDENTIALS")]
    Credentials {
        /// Which file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The file of authorities cannot be used.
    #[error("the certificates in {path} cannot be read: check NATS_CA")]
    Authority {
        /// Which file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The server does not accept who we are.
    #[error("NATS refuses these credentials: check NATS_URL and NATS_CREDENTIALS")]
    Refused(#[source] async_nats::ConnectError),
    /// No server answered in time.
    #[error("NATS did not answer within {seconds} s: check NATS_URL and that the server runs")]
    Unreachable {
        /// How long it was tried, in seconds.
        seconds: u64,
        /// The last failure.
        source: async_nats::ConnectError,
    },
}

/// A message could not be published.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// There is no connection at the moment. Nothing was sent; try again later.
    #[error("there is no connection to NATS: try again when it is back")]
    Unavailable,
    /// No answer came in time. The message may or may not be stored; publish it again under the same id.
    #[error("NATS did not confirm the message in time: publish it again under the same id")]
    Timeout,
    /// No stream takes this subject (it is missing, or the server is still starting).
    #[error("no stream takes {subject}: run `axis streams apply`")]
    NoStream {
        /// The message's subject.
        subject: String,
    },
    /// The stream is full; it takes messages again when old ones have expired.
    #[error("the stream refuses the message because it is full: raise its limits or wait")]
    Full(#[source] jetstream::Error),
    /// The server has no room left for any stream, whatever the stream's own limit.
    #[error("NATS has no room left for any stream: raise its `max_file_store`")]
    NoStorage(#[source] jetstream::Error),
    /// The message is larger than the server or stream accepts, so trying again is pointless.
    #[error("the message is larger than NATS accepts")]
    TooLarge(#[source] BoxError),
    /// The subject is malformed, so trying again is pointless.
    #[error("{subject:?} is not a subject that can be published to")]
    InvalidSubject {
        /// What was given.
        subject: String,
    },
    /// The stream refused the message for another reason, which may pass.
    #[error("the stream refused the message: try again later")]
    Rejected(#[source] BoxError),
}

impl PublishError {
    /// Every reason that [`PublishError::reason`] can name.
    pub(crate) const REASONS: [&str; 8] = [
        "unavailable",
        "timeout",
        "no_stream",
        "full",
        "no_storage",
        "too_large",
        "invalid_subject",
        "rejected",
    ];

    /// The reason under which this failure is counted.
    pub(crate) fn reason(&self) -> &'static str {
        match self {
            Self::Unavailable => "unavailable",
            Self::Timeout => "timeout",
            Self::NoStream { .. } => "no_stream",
            Self::Full(_) => "full",
            Self::NoStorage(_) => "no_storage",
            Self::TooLarge(_) => "too_large",
            Self::InvalidSubject { .. } => "invalid_subject",
            Self::Rejected(_) => "rejected",
        }
    }

    /// Whether trying again is pointless.
    pub fn is_permanent(&self) -> bool {
        matches!(self, Self::TooLarge(_) | Self::InvalidSubject { .. })
    }

    /// The error for a message that its stream answered with `reply`.
    pub(crate) fn refused(reply: jetstream::Error, subject: &str) -> Self {
        match reply.error_code() {
            ErrorCode::STREAM_MESSAGE_EXCEEDS_MAXIMUM
            | ErrorCode::STREAM_HEADER_EXCEEDS_MAXIMUM => Self::TooLarge(reply.into()),
            ErrorCode::STREAM_STORE_FAILED if is_full(&reply) => Self::Full(reply),
            ErrorCode::INSUFFICIENT_RESOURCES | ErrorCode::ACCOUNT_RESOURCES_EXCEEDED => {
                Self::NoStorage(reply)
            }
            ErrorCode::STREAM_NOT_FOUND => Self::NoStream { subject: subject.to_owned() },
            _ => Self::Rejected(reply.into()),
        }
    }
}

/// Whether a stream could not store a message because of its own limits. Its disk may be what fails instead, which the
/// server tells apart only in its words.
fn is_full(reply: &jetstream::Error) -> bool {
    let words = reply.to_string();
    LIMITS.iter().any(|limit| words.contains(limit))
}

/// Something other than publishing failed.
#[derive(Debug, thiserror::Error)]
pub enum BusError {
    /// There is no connection, or no answer came in time. Try again later.
    #[error("NATS does not answer: try again when it is back")]
    Unavailable(#[source] BoxError),
    /// What was asked for does not exist.
    #[error("{what} does not exist in NATS: run `axis streams apply`")]
    NotFound {
        /// The stream, consumer, bucket or message.
        what: String,
    },
    /// Streams, consumers or the server are not as declared.
    #[error("{}", drift_in_words(.0))]
    Drift(Vec<Drift>),
    /// The server refused the request.
    #[error("NATS refuses to {what}")]
    Refused {
        /// What was asked of it, as in "NATS refuses to …".
        what: String,
        /// Its answer.
        source: BoxError,
    },
    /// The requested position is no longer in the stream, or never was in this incarnation of it, so what
    /// followed it is unknown. Whoever relies on it must read the whole state again.
    #[error("the stream cannot continue after {after}: read the state again")]
    Reset {
        /// The position.
        after: u64,
    },
    /// What was read is not in the expected form.
    #[error("{what} cannot be read")]
    Malformed {
        /// What it is.
        what: String,
        /// Why not.
        source: BoxError,
    },
    /// A task inside this crate panicked or was cancelled, which is a bug.
    #[error("a task of the bus ended unexpectedly")]
    Crashed(#[source] BoxError),
}

fn drift_in_words(drift: &[Drift]) -> String {
    let mut words: Vec<String> = drift.iter().map(ToString::to_string).collect();
    words.extend(Drift::mends(drift).into_iter().map(str::to_owned));
    words.join("; ")
}

impl BusError {
    /// Whether trying again later may help without anybody doing anything about it.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }

    /// NATS did not answer a request, for this reason.
    pub(crate) fn unavailable(error: impl Into<BoxError>) -> Self {
        Self::Unavailable(error.into())
    }

    /// NATS answered a request with an error. `action` is the request as in "NATS refuses to …", and `target`
    /// the stream, consumer, bucket or message that it was about.
    pub(crate) fn refused(action: &str, target: &str, error: jetstream::Error) -> Self {
        match error.error_code() {
            ErrorCode::STREAM_NOT_FOUND
            | ErrorCode::CONSUMER_NOT_FOUND
            | ErrorCode::NO_MESSAGE_FOUND => Self::NotFound { what: target.to_owned() },
            ErrorCode::CLUSTER_NOT_AVAILABLE | ErrorCode::CLUSTER_NOT_LEADER => {
                Self::unavailable(error)
            }
            _ => Self::Refused { what: action.to_owned(), source: error.into() },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_failure_is_counted_under_a_known_reason() {
        let reply = || {
            let reply = serde_json::json!({ "code": 503, "err_code": 10077, "description": "no" });
            serde_json::from_value(reply).unwrap()
        };
        let subject = String::new();
        let all = [
            PublishError::Unavailable,
            PublishError::Timeout,
            PublishError::NoStream { subject: subject.clone() },
            PublishError::Full(reply()),
            PublishError::NoStorage(reply()),
            PublishError::TooLarge("too large".into()),
            PublishError::InvalidSubject { subject },
            PublishError::Rejected("no".into()),
        ];
        let used: Vec<_> = all.iter().map(PublishError::reason).collect();
        assert_eq!(used, PublishError::REASONS);
    }

    #[test]
    fn a_full_stream_is_told_from_a_server_without_room() {
        let refused = |code: u16, description: &str| {
            let reply =
                serde_json::json!({ "code": 503, "err_code": code, "description": description });
            PublishError::refused(serde_json::from_value(reply).unwrap(), "inbound.a.b")
        };
        for limit in LIMITS {
            assert!(matches!(refused(10077, limit), PublishError::Full(_)), "{limit}");
        }
        assert!(matches!(refused(10023, "insufficient resources"), PublishError::NoStorage(_)));
        // As by a damaged file.
        let failed = refused(10077, "lmb missing");
        assert!(matches!(failed, PublishError::Rejected(_)), "{failed:?}");
        assert!(!failed.is_permanent());
    }
}
