//! How a call can fail, and what that says about whether it happened.

use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::StatusCode;

use crate::json::{self, Json, Object};

/// How many characters to keep of what Chatwoot said: enough to inform an operator, too few for a body.
const MESSAGE_LENGTH: usize = 300;

/// Why a call did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// Chatwoot did not let the caller in.
    #[error("Chatwoot refused the caller: {0}")]
    Unauthorized(Refusal),
    /// The account's plan, a feature, a suspension or the inbox's kind forbids it.
    #[error("Chatwoot forbids this: {message}")]
    Forbidden {
        /// What Chatwoot said.
        message: String,
    },
    /// Chatwoot itself says that there is no such thing in this account.
    #[error("Chatwoot does not know this id")]
    NotFound,
    /// The request is larger than Chatwoot, or the proxy before it, takes.
    #[error("the request is too large for Chatwoot: send less text or smaller files")]
    PayloadTooLarge,
    /// A record would be invalid; the same request will fail again.
    #[error("Chatwoot found the request invalid: {message}")]
    Invalid {
        /// What Chatwoot said.
        message: String,
        /// The fields at fault.
        attributes: Vec<String>,
    },
    /// Too many requests; this one did nothing.
    #[error("Chatwoot asks to slow down")]
    RateLimited {
        /// How long to wait, if it was said; Chatwoot itself does not, proxies may.
        retry_after: Option<Duration>,
    },
    /// No connection was made, so nothing was sent.
    #[error("no connection to Chatwoot could be made: check its address and that it runs")]
    Refused(#[source] reqwest::Error),
    /// It may have happened, or may yet happen.
    #[error("Chatwoot gave no usable answer: {0}")]
    Unknown(#[source] Cause),
    /// Chatwoot itself refused, with a status that it is not known to give.
    #[error("Chatwoot answered with the unexpected status {status}: check the address")]
    Unexpected {
        /// HTTP status.
        status: u16,
    },
}

/// Why the caller was not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The token is not valid, or not any more.
    #[error("its access token is not valid")]
    Token,
    /// The token's user may not do this.
    #[error("its user's role does not allow this")]
    Role,
    /// Chatwoot does not say that it is the token. A proxy before it may have answered, or the account is suspended.
    #[error("it does not say why")]
    Other,
    /// Bots may not do this.
    #[error("bots may not do this, a user's token is needed")]
    Bot,
}

/// Why it is unknown whether a call happened.
#[derive(Debug, thiserror::Error)]
pub enum Cause {
    /// No complete answer in time.
    #[error("no answer in time")]
    Timeout,
    /// The connection broke after the request was sent, or while it was.
    #[error("the connection broke")]
    Disconnected(#[source] reqwest::Error),
    /// Chatwoot or a proxy before it failed, or something before it gave an answer that is not Chatwoot's.
    #[error("the server answered with status {0}")]
    ServerError(u16),
    /// 422 with an `error`: message creation answers so to *every* exception, also to those thrown
    /// after the message is stored.
    #[error("the server could not finish: {0}")]
    Unprocessable(String),
    /// The status says done, but the body can't be read.
    #[error("the answer cannot be read")]
    Unreadable,
    /// The status says done, but the body has more than this many bytes, or too many values for them, or something in it
    /// has more values than an event may have.
    #[error("the answer is too large, since {} MiB are read at most", .0 >> 20)]
    TooLarge(usize),
    /// The status says done, but it is the first page of a list and not the one that was asked for.
    #[error("the answer is the first page once more, as from a cache that ignores the page number")]
    FirstPage,
    /// Each status says done, but there is always more of what was asked for.
    #[error("the answers never end: there are always more messages")]
    Endless,
    /// The status says done, but so many answers are in memory that there was no room for this one.
    #[error("there is no room for the answer while so many others are being read")]
    NoRoom,
}

/// What to do about a failed call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It did not happen and will not: tell the user.
    Permanent,
    /// It did not happen: try again later.
    Retry,
    /// It may have happened: look before trying again. Calls that send the full wanted state may
    /// just be repeated.
    Unknown,
}

impl CallError {
    /// What to do about it.
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Unauthorized(_)
            | Self::Forbidden { .. }
            | Self::NotFound
            | Self::PayloadTooLarge
            | Self::Invalid { .. }
            | Self::Unexpected { .. } => Outcome::Permanent,
            Self::RateLimited { .. } | Self::Refused(_) => Outcome::Retry,
            Self::Unknown(_) => Outcome::Unknown,
        }
    }

    /// Whether there was an answer that could not be read, so that another try is likely to end in the same way.
    pub fn is_unreadable(&self) -> bool {
        matches!(self, Self::Unknown(Cause::Unreadable | Cause::TooLarge(_)))
    }

    /// Whether the answer was too large, so that a smaller question may be answered.
    pub fn is_too_large(&self) -> bool {
        matches!(self, Self::Unknown(Cause::TooLarge(_)))
    }

    /// Classifies a failure below HTTP. The text leaves out the URL, whose path has ids.
    pub(super) fn from_transport(error: reqwest::Error) -> Self {
        let error = error.without_url();
        if error.is_connect() {
            // Names, connections and TLS are settled before the first byte of a request.
            Self::Refused(error)
        } else if error.is_timeout() {
            Self::Unknown(Cause::Timeout)
        } else {
            Self::Unknown(Cause::Disconnected(error))
        }
    }

    /// Classifies an answer that is not a success.
    pub(super) fn from_answer(
        status: StatusCode,
        retry_after: Option<&str>,
        body: Option<&[u8]>,
    ) -> Self {
        let said = Said::read(body.unwrap_or_default());
        match status.as_u16() {
            401 => Self::Unauthorized(said.refusal()),
            402 | 403 if said.error.is_some() => Self::Forbidden { message: said.text() },
            404 if said.error.is_some() => Self::NotFound,
            // The server gave up waiting for the rest of the request, or so it thinks.
            408 => Self::Unknown(Cause::Timeout),
            413 => Self::PayloadTooLarge,
            422 => match said {
                Said { message: Some(message), attributes, error: None } => {
                    Self::Invalid { message, attributes }
                }
                said => Self::Unknown(Cause::Unprocessable(said.text())),
            },
            429 => Self::RateLimited { retry_after: retry_after.and_then(wait) },
            // Chatwoot puts an `error` into every refusal of its own, and never redirects. A proxy or firewall before
            // it says something else, and may say so of everything, even of what Chatwoot has done: a firewall that
            // reads answers keeps back one that it does not like, and a page may stand for a 504.
            status @ 400..500 if said.error.is_some() => Self::Unexpected { status },
            status => Self::Unknown(Cause::ServerError(status)),
        }
    }
}

/// What the body of a refusal says.
#[derive(Default)]
struct Said {
    error: Option<String>,
    message: Option<String>,
    attributes: Vec<String>,
}

impl Said {
    fn read(body: &[u8]) -> Self {
        json::parse(body, Self::of).unwrap_or_default()
    }

    fn of(value: Json<'_>) -> Self {
        let Some(mut object) = Object::from_json(value) else { return Self::default() };
        let attributes = object.list("attributes").into_iter();
        Self {
            error: object.filled("error").map(shortened),
            message: object.filled("message").map(shortened),
            attributes: attributes
                .filter_map(|value| match value {
                    Json::Str(attribute) => Some(shortened(attribute.into_owned())),
                    _ => None,
                })
                .take(20)
                .collect(),
        }
    }

    fn text(self) -> String {
        self.error.or(self.message).unwrap_or_else(|| "no reason given".to_owned())
    }

    fn refusal(&self) -> Refusal {
        let text = self.error.as_deref().unwrap_or_default().to_ascii_lowercase();
        if text.contains("for bots") {
            Refusal::Bot
        } else if text.contains("not authorized") {
            Refusal::Role
        } else if text.contains("invalid access token") {
            Refusal::Token
        } else {
            Refusal::Other
        }
    }
}

fn shortened(text: String) -> String {
    match text.char_indices().nth(MESSAGE_LENGTH) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

/// `Retry-After`: seconds, or a date.
fn wait(text: &str) -> Option<Duration> {
    if let Ok(seconds) = text.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = DateTime::parse_from_rfc2822(text.trim()).ok()?;
    Some((until.to_utc() - Utc::now()).to_std().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        assert_eq!(wait("120"), Some(Duration::from_mins(2)));
        assert_eq!(wait("Wed, 21 Oct 2015 07:28:00 GMT"), Some(Duration::ZERO));
        assert!(wait("Fri, 31 Dec 9999 23:59:59 GMT").is_some_and(|wait| !wait.is_zero()));
        assert_eq!(wait("soon"), None);
        assert_eq!(wait("-1"), None);
    }

    #[test]
    fn long_explanations_are_shortened_between_characters() {
        let body = format!(r#"{{"message":"{}"}}"#, "é".repeat(5_000));
        let error =
            CallError::from_answer(StatusCode::UNPROCESSABLE_ENTITY, None, Some(body.as_bytes()));
        let CallError::Invalid { message, .. } = error else { panic!("{error:?}") };
        assert_eq!(message.chars().count(), MESSAGE_LENGTH + 1);
    }
}
