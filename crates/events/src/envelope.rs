//! A message on its way: where to, which headers, what bytes.

use std::str::FromStr;

/// Headers by name. Few of them, so a list is faster than a map.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Headers(Vec<(String, String)>);

/// A header is absent or not what it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the message has no readable header {name}")]
pub struct HeaderError {
    /// Which one.
    pub name: &'static str,
}

impl Headers {
    /// With one more header; line breaks, which a header cannot hold, become spaces.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.push(name, value);
        self
    }

    /// Adds a header.
    pub fn push(&mut self, name: &str, value: impl Into<String>) {
        let mut value = value.into();
        if value.contains(['\r', '\n']) {
            value = value.replace(['\r', '\n'], " ");
        }
        self.0.push((name.to_owned(), value));
    }

    /// The first header of this name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The first header of this name, read as a `T`.
    pub fn read<T: FromStr>(&self, name: &'static str) -> Result<T, HeaderError> {
        self.get(name).and_then(|value| value.parse().ok()).ok_or(HeaderError { name })
    }

    /// All of them, in the order of their adding.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// A message to be published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope<P = Vec<u8>> {
    /// Where to.
    pub subject: String,
    /// Makes publishing it twice harmless.
    pub message_id: String,
    /// What else is known of it.
    pub headers: Headers,
    /// The bytes.
    pub payload: P,
}
