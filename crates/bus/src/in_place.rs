//! Checks whether a message is still where its stream put it.

use async_nats::jetstream::message::StreamMessage;
use async_nats::jetstream::stream::RawMessageErrorKind;

use crate::api::{self, Positions};
use crate::{Bus, BusError};

impl Bus {
    /// Whether a stream is in a cluster, where another run of the server mostly is another node, and the others have
    /// what one has lost.
    pub async fn is_in_cluster(&self, stream: &str) -> Result<bool, BusError> {
        Ok(api::stream_info(self, stream).await?.cluster.has_nodes())
    }

    /// Whether a stream has lost its end since it confirmed the message of this id at this position: it now ends
    /// before `sequence`, or holds another message there. A removed or expired message does not count as lost.
    pub async fn has_lost(
        &self,
        stream: &str,
        sequence: u64,
        message_id: &str,
    ) -> Result<bool, BusError> {
        let state = api::stream_info(self, stream).await?.state;
        let is_it = |found: &StreamMessage| {
            let id = found.headers.get(events::MESSAGE_ID);
            id.is_some_and(|id| id.as_str() == message_id)
        };
        is_lost(self, stream, &state, sequence, is_it).await
    }
}

/// Whether the message that was at `sequence` was lost: the stream now ends before it, or has another message in
/// its place. If the place is empty, the message was removed or has expired, which is no loss.
pub(crate) async fn is_lost(
    bus: &Bus,
    stream: &str,
    state: &Positions,
    sequence: u64,
    is_it: impl FnOnce(&StreamMessage) -> bool,
) -> Result<bool, BusError> {
    if sequence < state.first_seq.max(1) {
        return Ok(false);
    }
    if sequence > state.last_seq {
        return Ok(true);
    }
    let handle = api::stream_handle(bus, stream).await?;
    // Unlike a direct get, this asks the leader.
    match handle.get_raw_message(sequence).await {
        Ok(found) => Ok(!is_it(&found)),
        Err(error) => match error.kind() {
            RawMessageErrorKind::NoMessageFound => Ok(false),
            RawMessageErrorKind::JetStream(answer) => {
                let target = format!("message {sequence} of {stream}");
                Err(BusError::refused(&format!("show {target}"), &target, answer))
            }
            _ => Err(BusError::unavailable(error)),
        },
    }
}
