//! Keeps a stream that refuses messages when full from filling up with processed ones.

use serde_json::Value;

use super::state::accounts_in;
use crate::api::{self, Positions, StreamInfo};
use crate::consume::Durable;
use crate::{Bus, BusError, Consumer};

/// What [`Bus::make_room`] removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Purged {
    /// How many messages.
    pub messages: u64,
    /// The position of the oldest message that may be left.
    pub first_sequence: u64,
}

/// How much room a stream has left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// The position of the oldest message.
    pub first_sequence: u64,
    /// The average size of a message, in bytes; 0 if there are none.
    pub average: u64,
    /// How many bytes fit before the oldest processed messages are removed; `u64::MAX` if the stream has no limit.
    pub left: u64,
}

impl Bus {
    /// How much room the stream that `consumer` reads has before [`Bus::make_room`] removes anything.
    pub async fn room(&self, consumer: Consumer) -> Result<Room, BusError> {
        let info = api::stream_info(self, consumer.stream()).await?;
        let Positions { messages, bytes, first_seq: first_sequence, .. } = info.state;
        let left = match max_bytes(&info) {
            0 => u64::MAX,
            most => crowded_beyond(most).saturating_sub(bytes),
        };
        Ok(Room { first_sequence, average: bytes.checked_div(messages).unwrap_or(0), left })
    }

    /// Removes the oldest processed messages of the stream that `consumer` reads, if the stream uses more than four
    /// fifths of its `max_bytes`: as many as it takes, going by the average message size, to be half full. Never
    /// removes a message that the consumer, or any account's lane, has not settled, nor any that follows it.
    ///
    /// Returns `None` if there was room, or nothing to remove. Any number of workers may call this at once.
    pub async fn make_room(&self, consumer: Consumer) -> Result<Option<Purged>, BusError> {
        let name = consumer.stream();
        let info = api::stream_info(self, name).await?;
        let max_bytes = max_bytes(&info);
        if max_bytes == 0 || !is_crowded(&info.state, max_bytes) {
            return Ok(None);
        }
        let Some(floor) = floor(self, consumer).await? else { return Ok(None) };
        let first_sequence = first_to_keep(&info.state, max_bytes).min(floor + 1);
        if first_sequence <= info.state.first_seq {
            return Ok(None);
        }
        let messages = api::purge(self, name, first_sequence).await?;
        if messages == 0 {
            return Ok(None);
        }
        tracing::info!(stream = name, messages, first_sequence, "processed messages made room");
        Ok(Some(Purged { messages, first_sequence }))
    }
}

/// Returns the position up to which everything is settled, or `None` while that cannot be known.
async fn floor(bus: &Bus, consumer: Consumer) -> Result<Option<u64>, BusError> {
    let stream = consumer.stream();
    // Looked up first: whatever is published from here on lies after this end.
    let mut floor = api::stream_info(bus, stream).await?.state.last_seq;
    let durables: Vec<Durable> = if consumer.has_lanes() {
        let accounts = accounts_in(bus, stream).await?;
        accounts.keys().map(|account| Durable::lane(consumer, account)).collect()
    } else {
        vec![Durable::whole(consumer)]
    };
    let mut furthest = 0;
    for durable in durables {
        let info = match durable.info(bus).await {
            // Nobody has begun to read this account's messages.
            Err(BusError::NotFound { .. }) if consumer.has_lanes() => return Ok(None),
            info => info?,
        };
        furthest = furthest.max(info.delivered.stream_seq);
        if info.num_ack_pending == 0 && info.num_pending == 0 {
            continue;
        }
        // A lane's own floor may be far back, at its last message. What it has yet to settle begins with its next
        // message.
        let settled = match durable.first_after(bus, info.ack_floor.stream_seq).await? {
            Some(next) => next - 1,
            None => info.ack_floor.stream_seq,
        };
        floor = floor.min(settled);
    }
    // Looked up after the consumers, so that it is at least as new as they are. If the stream has lost its
    // end, their floors mean nothing until they are rewound.
    let last = api::stream_info(bus, stream).await?.state.last_seq;
    Ok((furthest <= last).then_some(floor))
}

/// The stream's size limit, in bytes; 0 if it has none.
pub(crate) fn max_bytes(info: &StreamInfo) -> u64 {
    info.config.get("max_bytes").and_then(Value::as_u64).unwrap_or(0)
}

fn is_crowded(state: &Positions, max_bytes: u64) -> bool {
    state.bytes > crowded_beyond(max_bytes)
}

/// How many bytes a stream may hold before the oldest messages are removed.
fn crowded_beyond(max_bytes: u64) -> u64 {
    max_bytes - max_bytes.div_ceil(5)
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
        Positions {
            messages: last_seq + 1 - first_seq,
            bytes,
            first_seq,
            last_seq,
            num_subjects: 1,
        }
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
