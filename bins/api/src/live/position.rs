//! A place in the stream that clients can come back to.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// A sequence within an epoch. Sequences of different epochs cannot be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Position {
    pub(crate) epoch: Arc<str>,
    pub(crate) sequence: u64,
}

impl Position {
    /// Returns a position of this epoch at another sequence.
    pub(crate) fn at(&self, sequence: u64) -> Self {
        Self { epoch: Arc::clone(&self.epoch), sequence }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.epoch, self.sequence)
    }
}

/// The text is not a position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unreadable;

impl FromStr for Position {
    type Err = Unreadable;
    fn from_str(text: &str) -> Result<Self, Unreadable> {
        let (epoch, sequence) = text.split_once(':').ok_or(Unreadable)?;
        let sequence = sequence.parse().map_err(|_| Unreadable)?;
        Ok(Self { epoch: epoch.into(), sequence })
    }
}

/// Where in the stream a client wants to begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Resume {
    /// Now.
    Now,
    /// After this position.
    After(Position),
    /// At a place that cannot be read.
    Nowhere,
}

impl Resume {
    /// Reads the id of the last event that a client got, if it got one.
    pub(crate) fn from_last_event_id(id: Option<&str>) -> Self {
        match id.map(str::parse) {
            None => Self::Now,
            Some(Ok(position)) => Self::After(position),
            Some(Err(Unreadable)) => Self::Nowhere,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_read_back_and_nonsense_resumes_nowhere() {
        let position = Position { epoch: "5f3a".into(), sequence: 42 };
        assert_eq!(position.to_string().parse(), Ok(position.clone()));
        assert_eq!(Resume::from_last_event_id(Some("5f3a:42")), Resume::After(position));
        for text in ["", "42", "a:b", "a:-1", "a:1:2"] {
            assert_eq!(Resume::from_last_event_id(Some(text)), Resume::Nowhere, "{text}");
        }
    }
}
