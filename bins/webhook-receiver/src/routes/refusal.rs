//! Why requests are refused, and the response to each.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chatwoot::{PeekError, SignatureError};
use serde::Serialize;

use crate::journal::AppendError;

/// Why a request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("no webhook source has this address or account; register it first")]
    UnknownSource,
    #[error("several sources have this account id; use the address that names the source")]
    AmbiguousSource,
    #[error("the sources of webhooks are not known yet")]
    SourcesUnknown,
    #[error("the body must be sent as application/json")]
    MediaType,
    #[error("the body must not be longer than {limit} bytes")]
    TooLarge { limit: usize },
    #[error("the body did not arrive in time")]
    Slow,
    #[error("the body broke off")]
    Broken,
    #[error("too many requests are in hand")]
    Busy,
    #[error(transparent)]
    Signature(SignatureError),
    #[error(transparent)]
    Body(PeekError),
    #[error("the name of the event is longer than {limit} bytes")]
    EventName { limit: usize },
    #[error("the body names no account; use the address that names the source")]
    NoAccount,
    #[error("the body is about another account than the source's")]
    ForeignAccount,
    #[error("{0}; send the event again")]
    Journal(AppendError),
    #[error("the stream has not confirmed the event in time; send it again")]
    NotPublished,
    #[error("an error in the receiver; send the event again")]
    Failed,
}

/// An RFC 9457 problem document.
#[derive(Debug, Serialize)]
struct Problem {
    r#type: String,
    title: &'static str,
    status: u16,
    detail: String,
}

/// How many seconds a sender should wait before trying again.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("5");

/// Declares [`Reason`]: its members, their names and the list of all of them.
macro_rules! reasons {
    ($($name:ident => $text:literal,)+) => {
        /// The reason under which a refusal is counted.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub(crate) enum Reason {
            $($name),+
        }

        impl Reason {
            /// All reasons, in the order of their numbers.
            pub(crate) const ALL: [Self; [$($text),+].len()] = [$(Self::$name),+];

            /// Its stable name.
            pub(crate) fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text),+
                }
            }
        }
    };
}

reasons! {
    UnknownSource => "unknown-source",
    AmbiguousSource => "ambiguous-source",
    SourcesUnknown => "sources-unknown",
    MediaType => "media-type",
    TooLarge => "too-large",
    Slow => "slow-body",
    Broken => "broken-body",
    Busy => "busy",
    Unsigned => "unsigned",
    Stale => "stale",
    Signature => "signature",
    NotJson => "not-json",
    NotAnEvent => "not-an-event",
    ForeignAccount => "foreign-account",
    JournalFull => "journal-full",
    JournalShare => "journal-share",
    JournalUnwritable => "journal-unwritable",
    NotPublished => "not-published",
    Failed => "internal",
}

impl Refusal {
    /// The reason under which it is counted.
    pub(crate) fn reason(&self) -> Reason {
        match self {
            Self::UnknownSource => Reason::UnknownSource,
            Self::AmbiguousSource => Reason::AmbiguousSource,
            Self::SourcesUnknown => Reason::SourcesUnknown,
            Self::MediaType => Reason::MediaType,
            Self::TooLarge { .. } | Self::Journal(AppendError::TooLarge) => Reason::TooLarge,
            Self::Slow => Reason::Slow,
            Self::Broken => Reason::Broken,
            Self::Busy => Reason::Busy,
            Self::Signature(SignatureError::MissingHeader(_)) => Reason::Unsigned,
            Self::Signature(SignatureError::StaleTimestamp { .. }) => Reason::Stale,
            Self::Signature(
                SignatureError::MalformedTimestamp
                | SignatureError::MalformedSignature
                | SignatureError::Mismatch,
            ) => Reason::Signature,
            Self::Body(PeekError::NotJson) => Reason::NotJson,
            Self::Body(PeekError::NotAnObject | PeekError::NoEvent)
            | Self::EventName { .. }
            | Self::NoAccount => Reason::NotAnEvent,
            Self::ForeignAccount => Reason::ForeignAccount,
            Self::Journal(AppendError::Full) => Reason::JournalFull,
            Self::Journal(AppendError::Share) => Reason::JournalShare,
            Self::Journal(AppendError::Unwritable) => Reason::JournalUnwritable,
            Self::NotPublished => Reason::NotPublished,
            Self::Failed => Reason::Failed,
        }
    }

    /// How many seconds the sender's clock differs from this one, if that is why the request was refused.
    pub(super) fn apart(&self) -> Option<u64> {
        match self {
            Self::Signature(SignatureError::StaleTimestamp { seconds }) => Some(*seconds),
            _ => None,
        }
    }
}

impl Reason {
    /// The problem's name. Senders see the same problem for everything that is wrong with a signature.
    fn problem(self) -> &'static str {
        match self {
            Self::Unsigned | Self::Stale => Self::Signature.as_str(),
            other => other.as_str(),
        }
    }

    /// The HTTP status and the title of the response.
    fn told(self) -> (StatusCode, &'static str) {
        use StatusCode as S;
        match self {
            Self::UnknownSource => (S::NOT_FOUND, "Unknown source"),
            Self::AmbiguousSource => (S::NOT_FOUND, "Ambiguous source"),
            Self::SourcesUnknown => (S::SERVICE_UNAVAILABLE, "Sources not known yet"),
            Self::MediaType => (S::UNSUPPORTED_MEDIA_TYPE, "Not application/json"),
            Self::TooLarge => (S::PAYLOAD_TOO_LARGE, "Body too large"),
            Self::Slow => (S::REQUEST_TIMEOUT, "Body too slow"),
            Self::Broken => (S::BAD_REQUEST, "Body broke off"),
            Self::Busy => (S::SERVICE_UNAVAILABLE, "Too busy"),
            Self::Unsigned | Self::Stale | Self::Signature => {
                (S::UNAUTHORIZED, "Not signed by the source")
            }
            Self::NotJson => (S::BAD_REQUEST, "Not JSON"),
            Self::NotAnEvent => (S::UNPROCESSABLE_ENTITY, "Not an event"),
            Self::ForeignAccount => (S::UNPROCESSABLE_ENTITY, "Another account's event"),
            Self::JournalFull => (S::SERVICE_UNAVAILABLE, "Journal full"),
            Self::JournalShare => (S::SERVICE_UNAVAILABLE, "Journal full of the tenant's events"),
            Self::JournalUnwritable => (S::SERVICE_UNAVAILABLE, "Journal cannot be written"),
            Self::NotPublished => (S::SERVICE_UNAVAILABLE, "Not confirmed by the stream"),
            Self::Failed => (S::INTERNAL_SERVER_ERROR, "Internal error"),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let reason = self.reason();
        let (status, title) = reason.told();
        let problem = Problem {
            r#type: format!("/problems/{}", reason.problem()),
            title,
            status: status.as_u16(),
            detail: self.to_string(),
        };
        let mut response = (status, Json(problem)).into_response();
        let headers = response.headers_mut();
        let json = HeaderValue::from_static("application/problem+json");
        headers.insert(header::CONTENT_TYPE, json);
        if status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, RETRY_AFTER);
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_is_that_of_a_refusal() {
        let all = [
            Refusal::UnknownSource,
            Refusal::AmbiguousSource,
            Refusal::SourcesUnknown,
            Refusal::MediaType,
            Refusal::TooLarge { limit: 1 },
            Refusal::Slow,
            Refusal::Broken,
            Refusal::Busy,
            Refusal::Signature(SignatureError::MissingHeader("x")),
            Refusal::Signature(SignatureError::StaleTimestamp { seconds: 400 }),
            Refusal::Signature(SignatureError::Mismatch),
            Refusal::Body(PeekError::NotJson),
            Refusal::Body(PeekError::NotAnObject),
            Refusal::Body(PeekError::NoEvent),
            Refusal::EventName { limit: 1 },
            Refusal::NoAccount,
            Refusal::ForeignAccount,
            Refusal::Journal(AppendError::Full),
            Refusal::Journal(AppendError::Share),
            Refusal::Journal(AppendError::Unwritable),
            Refusal::Journal(AppendError::TooLarge),
            Refusal::NotPublished,
            Refusal::Failed,
        ];
        let mut used: Vec<_> = all.iter().map(Refusal::reason).collect();
        used.sort_unstable();
        used.dedup();
        assert_eq!(used, Reason::ALL);
    }
}
