//! Why a request is not accepted, and how the sender is told.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chatwoot::{PeekError, SignatureError};
use serde::Serialize;

use crate::journal::AppendError;

/// Why a request is not accepted.
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
}

/// An RFC 9457 problem document.
#[derive(Debug, Serialize)]
struct Problem {
    r#type: String,
    title: &'static str,
    status: u16,
    detail: String,
}

/// What a sender may wait before it tries again, in seconds.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("5");

impl Refusal {
    /// Every reason that [`Refusal::kind`] can name.
    pub(crate) const REASONS: [&str; 16] = [
        "unknown-source",
        "ambiguous-source",
        "sources-unknown",
        "media-type",
        "too-large",
        "slow-body",
        "broken-body",
        "busy",
        "signature",
        "not-json",
        "not-an-event",
        "foreign-account",
        "journal-full",
        "journal-share",
        "journal-unwritable",
        "not-published",
    ];

    /// The status, a stable name, and a title for people.
    fn kind(&self) -> (StatusCode, &'static str, &'static str) {
        use StatusCode as S;
        match self {
            Self::UnknownSource => (S::NOT_FOUND, "unknown-source", "Unknown source"),
            Self::AmbiguousSource => (S::NOT_FOUND, "ambiguous-source", "Ambiguous source"),
            Self::SourcesUnknown => {
                (S::SERVICE_UNAVAILABLE, "sources-unknown", "Sources not known yet")
            }
            Self::MediaType => (S::UNSUPPORTED_MEDIA_TYPE, "media-type", "Not application/json"),
            Self::TooLarge { .. } | Self::Journal(AppendError::TooLarge) => {
                (S::PAYLOAD_TOO_LARGE, "too-large", "Body too large")
            }
            Self::Slow => (S::REQUEST_TIMEOUT, "slow-body", "Body too slow"),
            Self::Broken => (S::BAD_REQUEST, "broken-body", "Body broke off"),
            Self::Busy => (S::SERVICE_UNAVAILABLE, "busy", "Too busy"),
            Self::Signature(_) => (S::UNAUTHORIZED, "signature", "Not signed by the source"),
            Self::Body(PeekError::NotJson) => (S::BAD_REQUEST, "not-json", "Not JSON"),
            Self::Body(PeekError::NotAnObject | PeekError::NoEvent)
            | Self::EventName { .. }
            | Self::NoAccount => (S::UNPROCESSABLE_ENTITY, "not-an-event", "Not an event"),
            Self::ForeignAccount => {
                (S::UNPROCESSABLE_ENTITY, "foreign-account", "Another account's event")
            }
            Self::Journal(AppendError::Full) => {
                (S::SERVICE_UNAVAILABLE, "journal-full", "Journal full")
            }
            Self::Journal(AppendError::Share) => {
                (S::SERVICE_UNAVAILABLE, "journal-share", "Journal full of the tenant's events")
            }
            Self::Journal(AppendError::Unwritable) => {
                (S::SERVICE_UNAVAILABLE, "journal-unwritable", "Journal cannot be written")
            }
            Self::NotPublished => {
                (S::SERVICE_UNAVAILABLE, "not-published", "Not confirmed by the stream")
            }
        }
    }

    /// One of [`Refusal::REASONS`].
    pub(crate) fn reason(&self) -> &'static str {
        self.kind().1
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, reason, title) = self.kind();
        let problem = Problem {
            r#type: format!("/problems/{reason}"),
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
    fn every_refusal_is_counted_under_a_known_reason() {
        let all = [
            Refusal::UnknownSource,
            Refusal::AmbiguousSource,
            Refusal::SourcesUnknown,
            Refusal::MediaType,
            Refusal::TooLarge { limit: 1 },
            Refusal::Slow,
            Refusal::Broken,
            Refusal::Busy,
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
        ];
        let mut used: Vec<_> = all.iter().map(Refusal::reason).collect();
        used.sort_unstable();
        used.dedup();
        let mut known = Refusal::REASONS.to_vec();
        known.sort_unstable();
        assert_eq!(used, known);
    }
}
