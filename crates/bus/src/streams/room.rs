//! Keeping a stream that refuses when full from filling up with what is done.

use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};

use super::state::{Positions, consumer_info, stream_info};
use crate::{Bus, BusError, Consumer, api};

/// What [`Bus::make_room`] removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Purged {
    /// How many messages.
    pub messages: u64,
    /// The position of the oldest message that may be left.
    pub first_sequence: u64,
}

impl Bus {
    /// Removes the oldest processed messages of the stream that `consumer` reads, if the stream uses
    /// more than four fifths of its `max_bytes`: as many as it takes, going by their average size,
    /// to be half full. What the consumer has not settled stays, and so does all that follows it.
    ///
    /// None if there was room, or nothing to remove. Any number of workers may call this at once.
    pub async fn make_room(&self, consumer: Consumer) -> Result<Option<Purged>, BusError> {
        let name = consumer.stream();
        let info = stream_info(self, name).await?;
        let max_bytes = info.config.get("max_bytes").and_then(Value::as_u64).unwrap_or(0);
        if max_bytes == 0 || !is_crowded(&info.state, max_bytes) {
            return Ok(None);
        }
        let progress = consumer_info(self, consumer).await?;
        // Asked for after the stream's: it may be newer, and is checked against a newer end.
        let last = stream_info(self, name).await?.state.last_seq;
        if progress.delivered.stream_seq > last {
            // The stream lost its end. Until the consumer is rewound its floor means nothing.
            return Ok(None);
        }
        let floor = progress.ack_floor.stream_seq;
        let first_sequence = first_to_keep(&info.state, max_bytes).min(floor + 1);
        if first_sequence <= info.state.first_seq {
            return Ok(None);
        }
        let of = format!("stream {name}");
        let body = Bytes::from(json!({ "seq": first_sequence }).to_string());
        let what = format!("make room in {of}");
        let Answer { purged: messages } =
            api::request(self, format!("STREAM.PURGE.{name}"), body, &what, &of).await?;
        if messages == 0 {
            return Ok(None);
        }
        tracing::info!(stream = name, messages, first_sequence, "processed messages made room");
        Ok(Some(Purged { messages, first_sequence }))
    }
}

#[derive(Deserialize)]
struct Answer {
    purged: u64,
}

fn is_crowded(state: &Positions, max_bytes: u64) -> bool {
    u128::from(state.bytes) * 5 > u128::from(max_bytes) * 4
}

/// Where the stream has to begin to be about half full.
fn first_to_keep(state: &Positions, max_bytes: u64) -> u64 {
    let excess = u128::from(state.bytes.saturating_sub(max_bytes / 2));
    let span = u128::from((state.last_seq + 1).saturating_sub(state.first_seq));
    let remove = span * excess / u128::from(state.bytes.max(1));
    state.first_seq.saturating_add(u64::try_from(remove).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(first_seq: u64, last_seq: u64, bytes: u64) -> Positions {
        Positions { messages: last_seq + 1 - first_seq, bytes, first_seq, last_seq }
    }

    #[test]
    fn four_fifths_are_enough_room() {
        assert!(!is_crowded(&stream(1, 10, 800), 1000));
        assert!(is_crowded(&stream(1, 10, 801), 1000));
    }

    #[test]
    fn half_of_the_room_is_kept_and_never_everything_removed() {
        assert_eq!(first_to_keep(&stream(1, 100, 1000), 1000), 51);
        assert_eq!(first_to_keep(&stream(501, 600, 900), 1000), 545);
        assert_eq!(first_to_keep(&stream(1, 10, 400), 1000), 1);
        assert_eq!(first_to_keep(&stream(1, 0, 0), 1000), 1);
        let huge = u64::MAX / 2;
        assert!(first_to_keep(&stream(1, huge, huge), 2) <= huge + 1);
    }
}
