//! Looking at `DEAD_LETTER`, and sending what is there to its stream again.

use async_nats::jetstream::message::StreamMessage;
use async_nats::jetstream::stream::{DeleteMessageErrorKind, DirectGetErrorKind, Stream};
use bytes::Bytes;
use events::{DeadLetter, Headers, subject};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use crate::{Bus, BusError, History, PublishError, api, headers};

/// Positions that are asked for at a time.
const READ_AT_ONCE: usize = 16;

/// What could not be processed.
#[derive(Clone, Debug)]
pub struct DeadLetters {
    pub(crate) bus: Bus,
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

/// The dead letters of a moment, oldest first.
pub struct OldestFirst(History);

/// A dead letter was sent to its stream again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Redriven {
    /// Its position in its own stream now.
    pub sequence: u64,
    /// An earlier try had sent it already and not removed it.
    pub duplicate: bool,
    /// Whether it was still there to be removed: if not, somebody else redrove or dropped it.
    pub removed: bool,
}

/// A dead letter could not be redriven.
#[derive(Debug, thiserror::Error)]
pub enum RedriveError {
    /// It was not sent, as far as is known, and stays.
    #[error("it stays a dead letter, since it could not be published")]
    Publish(#[from] PublishError),
    /// It was sent and stays all the same.
    #[error("it was published but not removed: redrive it again within a quarter of an hour")]
    Remove(#[from] BusError),
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
        Ok(api::stream_info(&self.bus, subject::DEAD_LETTER).await?.state.messages)
    }

    /// The readable ones among the newest `reach` positions below `before`, or below the end, newest
    /// first; and where to go on, none at the beginning of the stream.
    pub async fn among(
        &self,
        before: Option<u64>,
        reach: u64,
    ) -> Result<(Vec<StoredDeadLetter>, Option<u64>), BusError> {
        let state = api::stream_info(&self.bus, subject::DEAD_LETTER).await?.state;
        let first = state.first_seq.max(1);
        let end = before.unwrap_or(u64::MAX).min(state.last_seq.saturating_add(1)).max(first);
        let begin = end.saturating_sub(reach).max(first);
        let read = stream::iter((begin..end).rev()).map(|sequence| self.get(sequence));
        let found = read.buffered(READ_AT_ONCE).try_filter_map(async |found| Ok(found));
        Ok((found.try_collect().await?, (begin > first).then_some(begin)))
    }

    /// The one at this position; none if there is none, or none that can be read.
    pub async fn get(&self, sequence: u64) -> Result<Option<StoredDeadLetter>, BusError> {
        let message = self.message(&self.stream().await?, sequence).await?;
        Ok(message.and_then(|message| {
            stored(sequence, headers::from_nats(Some(&message.headers)), message.payload)
        }))
    }

    async fn message(
        &self,
        stream: &Stream<()>,
        sequence: u64,
    ) -> Result<Option<StreamMessage>, BusError> {
        match stream.direct_get(sequence).await {
            Ok(message) => Ok(Some(message)),
            Err(error) if error.kind() == DirectGetErrorKind::NotFound => Ok(None),
            Err(error) => Err(BusError::unavailable(error)),
        }
    }

    async fn stream(&self) -> Result<Stream<()>, BusError> {
        api::stream_handle(&self.bus, subject::DEAD_LETTER).await
    }

    /// Those that there are now, oldest first: of all streams or one, for all reasons or one.
    pub async fn oldest_first(
        &self,
        stream: Option<&str>,
        reason: Option<&str>,
    ) -> Result<OldestFirst, BusError> {
        let any = || "*".to_owned();
        let stream = stream.map_or_else(any, subject::token);
        let reason = reason.map_or_else(any, subject::token);
        let filter = format!("dead-letter.{stream}.{reason}");
        Ok(OldestFirst(self.bus.history(subject::DEAD_LETTER, filter, None).await?))
    }

    /// Publishes one to the subject it had and, once its stream has it, removes it. Doing so twice
    /// within the stream's window of duplicates sends it once.
    pub async fn redrive(&self, stored: &StoredDeadLetter) -> Result<Redriven, RedriveError> {
        let StoredDeadLetter { sequence, letter, headers, payload } = stored;
        let envelope = letter.redriven(*sequence, headers, payload.clone());
        let published = self.bus.publisher().publish(envelope).await?;
        let removed = self.drop(*sequence).await?;
        let (sequence, duplicate) = (published.sequence, published.duplicate);
        Ok(Redriven { sequence, duplicate, removed })
    }

    /// Removes the one at this position; whether there was one.
    pub async fn drop(&self, sequence: u64) -> Result<bool, BusError> {
        let stream = self.stream().await?;
        match stream.delete_message(sequence).await {
            Ok(removed) => Ok(removed),
            // It is refused in the same words whether there is none or it may not be removed.
            Err(error)
                if matches!(error.kind(), DeleteMessageErrorKind::JetStream(_))
                    && self.message(&stream, sequence).await?.is_none() =>
            {
                Ok(false)
            }
            Err(error) => Err(BusError::unavailable(error)),
        }
    }
}

impl OldestFirst {
    /// The next one; none at the end. Those that cannot be read are left out.
    pub async fn next(&mut self) -> Result<Option<StoredDeadLetter>, BusError> {
        while let Some(past) = self.0.next().await? {
            let found = stored(past.sequence, past.headers, past.payload);
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }
}

fn stored(sequence: u64, headers: Headers, payload: Bytes) -> Option<StoredDeadLetter> {
    match DeadLetter::read(&headers) {
        Ok(letter) => Some(StoredDeadLetter { sequence, letter, headers, payload }),
        Err(error) => {
            tracing::warn!(sequence, error = %error, "a dead letter cannot be read");
            None
        }
    }
}
