//! Looking at `DEAD_LETTER`.

use async_nats::jetstream::stream::{DeleteMessageErrorKind, DirectGetErrorKind};
use bytes::Bytes;
use events::{DeadLetter, Headers, subject};

use crate::streams::stream_info;
use crate::{Bus, BusError, headers};

/// What could not be processed.
#[derive(Clone, Debug)]
pub struct DeadLetters {
    bus: Bus,
}

/// A message of `DEAD_LETTER`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredDeadLetter {
    /// Its position in `DEAD_LETTER`, by which it is named.
    pub sequence: u64,
    /// Where it came from and why it died.
    pub letter: DeadLetter,
    /// All headers, those of the message that died among them.
    pub headers: Headers,
    /// The message's bytes.
    pub payload: Bytes,
}

impl Bus {
    /// What could not be processed.
    pub fn dead_letters(&self) -> DeadLetters {
        DeadLetters { bus: self.clone() }
    }
}

impl DeadLetters {
    /// How many there are.
    pub async fn count(&self) -> Result<u64, BusError> {
        Ok(stream_info(&self.bus, subject::DEAD_LETTER).await?.state.messages)
    }

    /// Up to `limit` of them, newest first, older than position `before` if one is given.
    pub async fn list(
        &self,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<StoredDeadLetter>, BusError> {
        let state = stream_info(&self.bus, subject::DEAD_LETTER).await?.state;
        let end = before.unwrap_or(u64::MAX).min(state.last_seq.saturating_add(1));
        let mut found = Vec::new();
        for sequence in (state.first_seq.max(1)..end).rev() {
            if found.len() == limit {
                break;
            }
            found.extend(self.get(sequence).await?);
        }
        Ok(found)
    }

    /// The one at this position; none if there is none, or none that can be read.
    pub async fn get(&self, sequence: u64) -> Result<Option<StoredDeadLetter>, BusError> {
        let stream = self
            .bus
            .jetstream()
            .get_stream_no_info(subject::DEAD_LETTER)
            .await
            .map_err(|error| BusError::Unavailable(error.into()))?;
        let message = match stream.direct_get(sequence).await {
            Ok(message) => message,
            Err(error) if error.kind() == DirectGetErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(BusError::Unavailable(error.into())),
        };
        let headers = headers::from_nats(Some(&message.headers));
        match DeadLetter::read(&headers) {
            Ok(letter) => {
                let payload = message.payload;
                Ok(Some(StoredDeadLetter { sequence, letter, headers, payload }))
            }
            Err(error) => {
                tracing::warn!(sequence, error = %error, "a dead letter cannot be read");
                Ok(None)
            }
        }
    }

    /// Removes the one at this position; whether there was one.
    pub async fn drop(&self, sequence: u64) -> Result<bool, BusError> {
        let stream = self
            .bus
            .jetstream()
            .get_stream_no_info(subject::DEAD_LETTER)
            .await
            .map_err(|error| BusError::Unavailable(error.into()))?;
        match stream.delete_message(sequence).await {
            Ok(removed) => Ok(removed),
            Err(error) => match error.kind() {
                DeleteMessageErrorKind::JetStream(_) => Ok(false),
                _ => Err(BusError::Unavailable(error.into())),
            },
        }
    }
}
