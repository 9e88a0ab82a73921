//! What streams hold now.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::TryStreamExt as _;
use serde::Deserialize;

use crate::{Bus, BusError, Consumer, api};

/// A stream as it is now.
#[derive(Debug, Clone, PartialEq)]
pub struct StreamState {
    /// Its name.
    pub name: String,
    /// The oldest message's position; one more than `last_sequence` when there is none.
    pub first_sequence: u64,
    /// The position given last; 0 when none ever was.
    pub last_sequence: u64,
    /// How many messages it holds.
    pub messages: u64,
    /// How large they are together, in bytes.
    pub bytes: u64,
    /// When it was made.
    pub created: DateTime<Utc>,
    /// Who reads it durably.
    pub consumers: Vec<ConsumerState>,
}

/// A durable consumer as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsumerState {
    /// Its name.
    pub name: String,
    /// Messages not yet delivered.
    pub pending: u64,
    /// Messages delivered and not settled.
    pub ack_pending: u64,
    /// Of those, how many were delivered more than once.
    pub redelivered: u64,
    /// Requests for messages that wait at the server: some worker listens if it is not 0.
    pub waiting: u64,
}

/// The part of a stream's description that this crate relies on.
#[derive(Debug, Deserialize)]
pub(crate) struct StreamInfo {
    pub(crate) config: serde_json::Map<String, serde_json::Value>,
    pub(crate) created: DateTime<Utc>,
    pub(crate) state: Positions,
    #[serde(default)]
    pub(crate) cluster: Cluster,
}

/// Where the stream is kept.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Cluster {
    /// The cluster's name; none for a server that stands alone.
    pub(crate) name: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Positions {
    pub(crate) messages: u64,
    pub(crate) bytes: u64,
    pub(crate) first_seq: u64,
    pub(crate) last_seq: u64,
}

/// The part of a durable consumer's description that this crate relies on.
#[derive(Debug, Deserialize)]
pub(crate) struct ConsumerInfo {
    pub(crate) config: serde_json::Map<String, serde_json::Value>,
    pub(crate) created: DateTime<Utc>,
    /// The furthest message delivered.
    pub(crate) delivered: Reached,
    /// The message up to which all are settled.
    pub(crate) ack_floor: Reached,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Reached {
    pub(crate) stream_seq: u64,
}

pub(crate) async fn consumer_info(bus: &Bus, of: Consumer) -> Result<ConsumerInfo, BusError> {
    let (stream, consumer) = (of.stream(), of.name());
    let of = format!("consumer {consumer} of {stream}");
    let what = format!("describe {of}");
    api::request(bus, format!("CONSUMER.INFO.{stream}.{consumer}"), Bytes::new(), &what, &of).await
}

pub(crate) async fn stream_info(bus: &Bus, name: &str) -> Result<StreamInfo, BusError> {
    let of = format!("stream {name}");
    let what = format!("describe {of}");
    api::request(bus, format!("STREAM.INFO.{name}"), Bytes::new(), &what, &of).await
}

impl Bus {
    /// What a stream holds now, and how far its durable consumers are.
    pub async fn stream(&self, name: &str) -> Result<StreamState, BusError> {
        let info = stream_info(self, name).await?;
        let stream = self
            .jetstream()
            .get_stream_no_info(name)
            .await
            .map_err(|error| BusError::Unavailable(error.into()))?;
        let mut consumers: Vec<ConsumerState> = stream
            .consumers()
            .try_filter(|info| std::future::ready(info.config.durable_name.is_some()))
            .map_ok(|info| ConsumerState {
                name: info.name,
                pending: info.num_pending,
                ack_pending: info.num_ack_pending as u64,
                redelivered: info.num_redelivered as u64,
                waiting: info.num_waiting as u64,
            })
            .try_collect()
            .await
            .map_err(|error| BusError::Unavailable(error.into()))?;
        consumers.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(StreamState {
            name: name.to_owned(),
            first_sequence: info.state.first_seq,
            last_sequence: info.state.last_seq,
            messages: info.state.messages,
            bytes: info.state.bytes,
            created: info.created,
            consumers,
        })
    }
}
