//! The JetStream API, where the client library does not serve: answers are read with only the fields that
//! matter here, and settings are kept exactly as the server has them.

use std::collections::HashMap;
use std::fmt;

use async_nats::HeaderMap;
use async_nats::client::Request;
use async_nats::header::NATS_EXPECTED_LAST_SUBJECT_SEQUENCE;
use async_nats::jetstream::ErrorCode;
use async_nats::jetstream::response::Response;
use async_nats::jetstream::stream::Stream;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::streams::Follower;
use crate::{Bus, BusError};

/// What a request is about.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Target<'a> {
    Stream(&'a str),
    Consumer {
        stream: &'a str,
        name: &'a str,
    },
    /// The first message of a stream after this position.
    MessageAfter {
        stream: &'a str,
        sequence: u64,
    },
}

impl fmt::Display for Target<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stream(stream) => write!(f, "stream {stream}"),
            Self::Consumer { stream, name } => write!(f, "consumer {name} of {stream}"),
            Self::MessageAfter { stream, sequence } => {
                write!(f, "a message of {stream} after {sequence}")
            }
        }
    }
}

/// Whether a stream or consumer is made or changed. The server refuses to make one that exists with other
/// settings, and to change one that does not exist, so two programs in a race overwrite nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Action {
    Create,
    Update,
}

impl Action {
    /// As an error says it.
    fn verb(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
        }
    }
}

/// The part of a stream's description that this crate relies on.
#[derive(Debug, Deserialize)]
pub(crate) struct StreamInfo {
    pub(crate) config: Map<String, Value>,
    pub(crate) created: DateTime<Utc>,
    pub(crate) state: Positions,
    #[serde(default)]
    pub(crate) cluster: Cluster,
    /// The time by the clock of the stream's leader, which also dates its messages.
    #[serde(default, rename = "ts")]
    pub(crate) now: Option<DateTime<Utc>>,
}

/// Where a stream is kept.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Cluster {
    /// The cluster's name; `None` for a server that stands alone.
    pub(crate) name: Option<String>,
    /// The server that leads the stream, or the one that stands alone.
    pub(crate) leader: Option<String>,
    #[serde(default)]
    pub(crate) replicas: Vec<Follower>,
}

impl Cluster {
    /// Whether it is one, and no server that stands alone.
    pub(crate) fn has_nodes(&self) -> bool {
        self.name.as_ref().is_some_and(|name| !name.is_empty())
    }
}

/// What a stream holds.
#[derive(Debug, Deserialize)]
pub(crate) struct Positions {
    pub(crate) messages: u64,
    pub(crate) bytes: u64,
    pub(crate) first_seq: u64,
    pub(crate) last_seq: u64,
    #[serde(default)]
    pub(crate) num_subjects: u64,
}

/// One page of a stream's subjects.
pub(crate) struct SubjectsPage {
    /// How many messages each subject has.
    pub(crate) subjects: HashMap<String, u64>,
    /// How many subjects there are on all pages.
    pub(crate) total: usize,
}

/// One page of the names of a stream's consumers.
#[derive(Debug, Deserialize)]
pub(crate) struct NamesPage {
    /// How many names there are on all pages.
    pub(crate) total: usize,
    pub(crate) consumers: Option<Vec<String>>,
}

/// The part of a durable consumer's description that this crate relies on.
#[derive(Debug, Deserialize)]
pub(crate) struct ConsumerInfo {
    pub(crate) config: Map<String, Value>,
    pub(crate) created: DateTime<Utc>,
    /// The last message delivered.
    pub(crate) delivered: Reached,
    /// The message up to which all are settled.
    pub(crate) ack_floor: Reached,
    /// How many messages are yet to be delivered.
    pub(crate) num_pending: u64,
    /// How many messages are delivered but not settled.
    pub(crate) num_ack_pending: u64,
    /// How many requests for messages wait at the server.
    #[serde(default)]
    pub(crate) num_waiting: u64,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Reached {
    pub(crate) stream_seq: u64,
}

/// Describes a stream. Fails with [`BusError::NotFound`] if it does not exist.
pub(crate) async fn stream_info(bus: &Bus, stream: &str) -> Result<StreamInfo, BusError> {
    let subject = format!("STREAM.INFO.{stream}");
    request(bus, subject, Bytes::new(), "describe", Target::Stream(stream)).await
}

/// Counts the messages of a stream by subject, of the subjects that match `filter` and from the `offset`th on.
pub(crate) async fn subjects(
    bus: &Bus,
    stream: &str,
    filter: &str,
    offset: usize,
) -> Result<SubjectsPage, BusError> {
    #[derive(Serialize)]
    struct Wanted<'a> {
        subjects_filter: &'a str,
        offset: usize,
    }
    #[derive(Deserialize)]
    struct Answer {
        #[serde(default)]
        total: usize,
        state: State,
    }
    #[derive(Deserialize)]
    struct State {
        #[serde(default)]
        subjects: Option<HashMap<String, u64>>,
    }
    let target = Target::Stream(stream);
    let body = encode(&Wanted { subjects_filter: filter, offset }, target)?;
    let subject = format!("STREAM.INFO.{stream}");
    let Answer { total, state } =
        request(bus, subject, body, "list the subjects of", target).await?;
    Ok(SubjectsPage { subjects: state.subjects.unwrap_or_default(), total })
}

/// Makes or changes a stream.
pub(crate) async fn write_stream(
    bus: &Bus,
    stream: &str,
    config: &Map<String, Value>,
    action: Action,
) -> Result<StreamInfo, BusError> {
    let target = Target::Stream(stream);
    let subject = match action {
        Action::Create => format!("STREAM.CREATE.{stream}"),
        Action::Update => format!("STREAM.UPDATE.{stream}"),
    };
    request(bus, subject, encode(config, target)?, action.verb(), target).await
}

/// Removes all messages of a stream before `first_sequence`. Returns how many.
pub(crate) async fn purge(bus: &Bus, stream: &str, first_sequence: u64) -> Result<u64, BusError> {
    #[derive(Serialize)]
    struct Wanted {
        seq: u64,
    }
    #[derive(Deserialize)]
    struct Answer {
        purged: u64,
    }
    let target = Target::Stream(stream);
    let body = encode(&Wanted { seq: first_sequence }, target)?;
    let subject = format!("STREAM.PURGE.{stream}");
    let Answer { purged } = request(bus, subject, body, "make room in", target).await?;
    Ok(purged)
}

/// Removes the message at `sequence`, if it is still the last one of its subject in a stream that keeps only that.
pub(crate) async fn purge_last(
    bus: &Bus,
    stream: &str,
    subject: &str,
    sequence: u64,
) -> Result<(), BusError> {
    #[derive(Serialize)]
    struct Wanted<'a> {
        filter: &'a str,
        seq: u64,
    }
    #[derive(Deserialize)]
    struct Answer {}
    let target = Target::Stream(stream);
    let body = encode(&Wanted { filter: subject, seq: sequence + 1 }, target)?;
    let Answer {} =
        request(bus, format!("STREAM.PURGE.{stream}"), body, "remove an entry of", target).await?;
    Ok(())
}

/// Finds the first message after `sequence` whose subject matches `filter`. Returns its position, or `None` if
/// there is no such message.
pub(crate) async fn first_after(
    bus: &Bus,
    stream: &str,
    filter: &str,
    sequence: u64,
) -> Result<Option<u64>, BusError> {
    #[derive(Serialize)]
    struct Wanted<'a> {
        seq: u64,
        next_by_subj: &'a str,
    }
    #[derive(Deserialize)]
    struct Answer {
        message: Message,
    }
    #[derive(Deserialize)]
    struct Message {
        seq: u64,
    }
    let target = Target::MessageAfter { stream, sequence };
    let body = encode(&Wanted { seq: sequence + 1, next_by_subj: filter }, target)?;
    match request(bus, format!("STREAM.MSG.GET.{stream}"), body, "show", target).await {
        Ok(Answer { message }) => Ok(Some(message.seq)),
        Err(BusError::NotFound { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Lists the names of a stream's consumers, from the `offset`th on.
pub(crate) async fn consumer_names(
    bus: &Bus,
    stream: &str,
    offset: usize,
) -> Result<NamesPage, BusError> {
    #[derive(Serialize)]
    struct Wanted {
        offset: usize,
    }
    let target = Target::Stream(stream);
    let body = encode(&Wanted { offset }, target)?;
    request(bus, format!("CONSUMER.NAMES.{stream}"), body, "list the consumers of", target).await
}

/// Describes a consumer. Fails with [`BusError::NotFound`] if it does not exist.
pub(crate) async fn consumer_info(
    bus: &Bus,
    stream: &str,
    name: &str,
) -> Result<ConsumerInfo, BusError> {
    let subject = format!("CONSUMER.INFO.{stream}.{name}");
    request(bus, subject, Bytes::new(), "describe", Target::Consumer { stream, name }).await
}

/// Makes or changes a consumer.
pub(crate) async fn write_consumer(
    bus: &Bus,
    stream: &str,
    name: &str,
    config: &Map<String, Value>,
    action: Action,
) -> Result<ConsumerInfo, BusError> {
    #[derive(Serialize)]
    struct Wanted<'a> {
        stream_name: &'a str,
        config: &'a Map<String, Value>,
        action: Action,
    }
    let target = Target::Consumer { stream, name };
    let body = encode(&Wanted { stream_name: stream, config, action }, target)?;
    // One subject serves both actions.
    let subject = format!("CONSUMER.CREATE.{stream}.{name}");
    request(bus, subject, body, action.verb(), target).await
}

/// Removes a consumer, if it exists.
pub(crate) async fn delete_consumer(bus: &Bus, stream: &str, name: &str) -> Result<(), BusError> {
    #[derive(Deserialize)]
    struct Answer {}
    let subject = format!("CONSUMER.DELETE.{stream}.{name}");
    let target = Target::Consumer { stream, name };
    match request(bus, subject, Bytes::new(), "remove", target).await {
        Ok(Answer {}) | Err(BusError::NotFound { .. }) => Ok(()),
        Err(error) => Err(error),
    }
}

/// The library's handle of a stream, made without asking the server.
pub(crate) async fn stream_handle(bus: &Bus, stream: &str) -> Result<Stream<()>, BusError> {
    bus.jetstream().get_stream_no_info(stream).await.map_err(BusError::unavailable)
}

/// Stores a message over its subject's last one, at `revision` (0: none). Returns its position, or `None` over another.
pub(crate) async fn replace(
    bus: &Bus,
    subject: &str,
    payload: Bytes,
    revision: u64,
) -> Result<Option<u64>, BusError> {
    #[derive(Deserialize)]
    struct Answer {
        seq: u64,
    }
    let mut headers = HeaderMap::new();
    headers.insert(NATS_EXPECTED_LAST_SUBJECT_SEQUENCE, revision.to_string());
    let request = Request::new().payload(payload).headers(headers);
    match ask(bus, subject.to_owned(), request, subject).await? {
        Response::Ok(Answer { seq }) => Ok(Some(seq)),
        Response::Err { error } if error.error_code() == ErrorCode::STREAM_WRONG_LAST_SEQUENCE => {
            Ok(None)
        }
        Response::Err { error } => {
            Err(BusError::refused(&format!("store {subject}"), subject, error))
        }
    }
}

fn encode(body: &impl Serialize, target: Target<'_>) -> Result<Bytes, BusError> {
    let encoded = serde_json::to_vec(body).map_err(|error| BusError::Malformed {
        what: format!("a request about {target}"),
        source: error.into(),
    })?;
    Ok(encoded.into())
}

/// Sends a request to `$JS.API.<subject>`. `action` is what an error says NATS refuses to do with `target`.
async fn request<T: DeserializeOwned>(
    bus: &Bus,
    subject: String,
    body: Bytes,
    action: &str,
    target: Target<'_>,
) -> Result<T, BusError> {
    let request = Request::new().payload(body);
    match ask(bus, format!("$JS.API.{subject}"), request, target).await? {
        Response::Ok(answer) => Ok(answer),
        Response::Err { error } => {
            Err(BusError::refused(&format!("{action} {target}"), &target.to_string(), error))
        }
    }
}

/// Sends a request about `target`, and reads the answer.
///
/// Each request has an inbox of its own, which goes with the future that waits for it. In the inbox that the
/// library shares among all requests, one that is never answered (because the server is silent, or the program
/// may not ask) would stay for as long as the program runs.
async fn ask<T: DeserializeOwned>(
    bus: &Bus,
    subject: String,
    request: Request,
    target: impl fmt::Display,
) -> Result<Response<T>, BusError> {
    let client = bus.client();
    let request = request.inbox(client.new_inbox());
    let message = client.send_request(subject, request).await.map_err(BusError::unavailable)?;
    serde_json::from_slice(&message.payload).map_err(|error| BusError::Malformed {
        what: format!("the answer of NATS about {target}"),
        source: error.into(),
    })
}
