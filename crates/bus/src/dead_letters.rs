//! Reading `DEAD_LETTER`, and redriving what is there: publishing it to its original stream again.

use async_nats::jetstream::message::StreamMessage;
use async_nats::jetstream::stream::{DeleteMessageErrorKind, DirectGetErrorKind, Stream};
use bytes::Bytes;
use events::{DeadLetter, Headers, subject};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use crate::{Bus, BusError, History, PublishError, api, headers};

/// How many positions are read concurrently.
const READ_AT_ONCE: usize = 16;

/// The messages that could not be processed.
#[derive(Clone, Debug)]
pub struct DeadLetters {
    pub(crate) bus: Bus,
}

/// A message of `DEAD_LETTER`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredDeadLetter {
    /// Its position in `DEAD_LETTER`, which identifies it.
    pub sequence: u64,
    /// Where it came from and why it died.
    pub letter: DeadLetter,
    /// All headers, those of the message that died among them.
    pub headers: Headers,
    /// The message's bytes.
    pub payload: Bytes,
}

/// The dead letters that there were at one moment, oldest first.
pub struct OldestFirst(History);

/// A dead letter was sent to its stream again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Redriven {
    /// Its position in its own stream now.
    pub sequence: u64,
    /// Whether an earlier attempt had published it already without removing it.
    pub duplicate: bool,
    /// Whether it was still there to be removed. If not, somebody else has redriven or dropped it.
    pub removed: bool,
}

/// A dead letter could not be redriven.
#[derive(Debug, thiserror::Error)]
pub enum RedriveError {
    /// As far as is known it was not published, so it stays.
    #[error("the dead letter could not be published, and stays")]
    Publish(#[from] PublishError),
    /// It was published, but could not be removed.
    #[error(
        "the dead letter was published but not removed: redrive it again within a quarter of an hour"
    )]
    Remove(#[from] BusError),
}

impl Bus {
    /// Gives access to the messages that could not be processed.
    pub fn dead_letters(&self) -> DeadLetters {
        DeadLetters { bus: self.clone() }
    }
}

impl DeadLetters {
    /// How many there are.
    pub async fn count(&self) -> Result<u64, BusError> {
        Ok(api::stream_info(&self.bus, subject::DEAD_LETTER).await?.state.messages)
    }

    /// Returns the readable dead letters among the `reach` newest positions below `before`, or below the end,
    /// newest first, and the `before` to go on with: `None` at the beginning of the stream.
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

    /// Returns the dead letter at this position, or `None` if there is none or it cannot be read.
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

    /// Reads all present dead letters, oldest first: of all streams or one, for all reasons or one.
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

    /// Publishes a dead letter to its original subject and, once the stream has it, removes it. Doing so twice
    /// within the stream's duplicate window publishes it once.
    pub async fn redrive(&self, stored: &StoredDeadLetter) -> Result<Redriven, RedriveError> {
        let StoredDeadLetter { sequence, letter, headers, payload } = stored;
        let envelope = letter.redriven(*sequence, headers, payload.clone());
        let published = self.bus.publisher().publish(envelope).await?;
        let removed = self.drop(*sequence).await?;
        let (sequence, duplicate) = (published.sequence, published.duplicate);
        Ok(Redriven { sequence, duplicate, removed })
    }

    /// Removes the dead letter at this position. Returns whether there was one.
    pub async fn drop(&self, sequence: u64) -> Result<bool, BusError> {
        let stream = self.stream().await?;
        match stream.delete_message(sequence).await {
            Ok(removed) => Ok(removed),
            // The server gives the same refusal for a missing message as for one that may not be removed.
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
    /// Returns the next dead letter, or `None` at the end. Skips those that cannot be read.
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
