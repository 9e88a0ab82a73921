//! Ephemeral messages on core NATS, which nobody stores.

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};

use crate::channel::stream_of;
use crate::{Bus, BusError};

/// An ephemeral message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveMessage {
    /// `live.<tenant>.<what>`
    pub subject: String,
    /// Its bytes.
    pub payload: Bytes,
}

impl Bus {
    /// Subscribes to `live.>`, across reconnects. Messages sent while there is no connection are missed.
    pub async fn subscribe_live(
        &self,
    ) -> Result<impl Stream<Item = LiveMessage> + Send + Unpin + use<>, BusError> {
        let mut subscription =
            self.client().subscribe("live.>").await.map_err(BusError::unavailable)?;
        Ok(stream_of(|sender| async move {
            while let Some(message) = subscription.next().await {
                let subject = message.subject.into_string();
                // A reader that does not keep up misses messages, which is harmless: they matter only now.
                sender.try_send(LiveMessage { subject, payload: message.payload }).ok();
            }
        }))
    }
}
