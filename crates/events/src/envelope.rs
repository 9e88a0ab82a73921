//! Messages on their way, with their headers.

use std::str::FromStr;

/// Headers by name. There are few, so a list is faster than a map.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Headers(Vec<(String, String)>);

/// A header is missing or cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the message has no readable header {name}")]
pub struct HeaderError {
    /// Which one.
    pub name: &'static str,
}

impl Headers {
    /// Adds a header. Line breaks, which a header cannot hold, become spaces.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.push(name, value);
        self
    }

    /// Adds a header, as [`Headers::with`] does.
    pub fn push(&mut self, name: &str, value: impl Into<String>) {
        let mut value = value.into();
        if value.contains(['\r', '\n']) {
            value = value.replace(['\r', '\n'], " ");
        }
        self.0.push((name.to_owned(), value));
    }

    /// The value of the first header of this name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The value of the first header of this name, parsed as a `T`.
    pub fn read<T: FromStr>(&self, name: &'static str) -> Result<T, HeaderError> {
        self.get(name).and_then(|value| value.parse().ok()).ok_or(HeaderError { name })
    }

    /// The headers that a message keeps when it is published again: all but the server's, which are about one storing of
    /// it, and of which some are orders to the server.
    pub fn kept(&self) -> impl Iterator<Item = (&str, &str)> {
        const SERVERS: &str = "Nats-";
        let servers = |name: &str| name.get(..5).is_some_and(|it| it.eq_ignore_ascii_case(SERVERS));
        self.iter().filter(move |(name, _)| !servers(name))
    }

    /// All headers, in the order in which they were added.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// A message to be published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope<P = Vec<u8>> {
    /// The subject to publish to.
    pub subject: String,
    /// The message id, which makes publishing the message twice harmless.
    pub message_id: String,
    /// The headers.
    pub headers: Headers,
    /// The payload.
    pub payload: P,
}
