//! The present state of streams and their consumers.

use std::collections::BTreeMap;

use async_nats::jetstream::stream::DirectGetErrorKind;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use domain::AccountKey;
use events::{Headers, subject};
use futures_util::TryStreamExt as _;
use serde::{Deserialize, Serialize};

use crate::api::{self, SubjectsPage};
use crate::consume::{is_stand_in, lane_prefix};
use crate::{Bus, BusError, Consumer, headers};

/// A stream as it is now.
#[derive(Debug, Clone, PartialEq)]
pub struct StreamState {
    /// Its name.
    pub name: String,
    /// The oldest message's position; one more than `last_sequence` if the stream is empty.
    pub first_sequence: u64,
    /// The last position that was assigned; 0 if none ever was.
    pub last_sequence: u64,
    /// How many messages it holds.
    pub messages: u64,
    /// Their total size, in bytes.
    pub bytes: u64,
    /// When it was made.
    pub created: DateTime<Utc>,
    /// The server that leads it. `None` outside of a cluster, and while its servers elect one.
    pub leader: Option<String>,
    /// The other servers that keep a copy of it.
    pub followers: Vec<Follower>,
    /// Its durable consumers, without those that only stand in for one that is being recreated.
    pub consumers: Vec<ConsumerState>,
}

/// A server of a cluster that keeps a copy of a stream that another server leads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Follower {
    /// Its name.
    pub name: String,
    /// Whether its copy is complete, as far as the leader knows.
    pub current: bool,
    /// How many operations it is behind.
    #[serde(default)]
    pub lag: u64,
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
    /// How many of those were delivered more than once.
    pub redelivered: u64,
    /// Requests for messages that wait at the server. If it is not 0, some worker is listening.
    pub waiting: u64,
}

/// The names of a stream's consumers that begin with `prefix`. Empty if there is no such stream.
pub(crate) async fn consumer_names(
    bus: &Bus,
    stream: &str,
    prefix: &str,
) -> Result<Vec<String>, BusError> {
    let (mut names, mut offset) = (Vec::new(), 0);
    loop {
        let page = match api::consumer_names(bus, stream, offset).await {
            Err(BusError::NotFound { .. }) => return Ok(names),
            page => page?,
        };
        let page_names = page.consumers.unwrap_or_default();
        offset += page_names.len();
        let last = page_names.is_empty() || offset >= page.total;
        names.extend(page_names.into_iter().filter(|name| name.starts_with(prefix)));
        if last {
            return Ok(names);
        }
    }
}

/// How many messages a stream holds by account, which is the second token of their subjects. What no program of ours
/// could have published has none: nobody reads it, and it is in nobody's way.
pub(crate) async fn accounts_in(
    bus: &Bus,
    stream: &str,
) -> Result<BTreeMap<String, u64>, BusError> {
    let (mut accounts, mut offset) = (BTreeMap::new(), 0);
    loop {
        let SubjectsPage { subjects, total } = api::subjects(bus, stream, ">", offset).await?;
        offset += subjects.len();
        let last = subjects.is_empty() || offset >= total;
        for (subject, messages) in subjects {
            if let Some(account) = subject.split('.').nth(1).filter(|it| subject::is_token(it)) {
                *accounts.entry(account.to_owned()).or_default() += messages;
            }
        }
        if last {
            return Ok(accounts);
        }
    }
}

/// How many messages a stream holds whose subjects match `filter`.
async fn held(bus: &Bus, stream: &str, filter: &str) -> Result<u64, BusError> {
    Ok(api::subjects(bus, stream, filter, 0).await?.subjects.into_values().sum())
}

/// An account's unsettled messages in a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lane {
    /// Messages not yet delivered to a worker.
    pub pending: u64,
    /// Messages that a worker has in hand.
    pub in_hand: u64,
    /// The headers of the oldest unsettled message, or `None` if there is none.
    pub oldest: Option<Headers>,
}

/// What a consumer, or all of its lanes, have left to do.
#[derive(Debug, Default)]
pub(crate) struct Left {
    /// Messages that are not settled, including those in hand.
    pub(crate) unsettled: u64,
    /// Lanes with messages that nobody has in hand.
    pub(crate) behind: u32,
}

impl Bus {
    /// Returns an account's messages in `INBOUND` that no sync worker has settled.
    pub async fn lane(&self, account: AccountKey) -> Result<Lane, BusError> {
        let (consumer, token) = (Consumer::SyncWorker, account.token());
        let stream = consumer.stream();
        let subjects = format!("inbound.{token}.*");
        let name = format!("{}{token}", lane_prefix(consumer));
        let (pending, in_hand, settled) = match api::consumer_info(self, stream, &name).await {
            Ok(info) => (info.num_pending, info.num_ack_pending, info.ack_floor.stream_seq),
            // Nobody has begun to read it.
            Err(BusError::NotFound { .. }) => (held(self, stream, &subjects).await?, 0, 0),
            Err(error) => return Err(error),
        };
        let mut lane = Lane { pending, in_hand, oldest: None };
        if pending + in_hand > 0 {
            let stream = api::stream_handle(self, stream).await?;
            lane.oldest =
                match stream.direct_get_next_for_subject(subjects, Some(settled + 1)).await {
                    Ok(message) => Some(headers::from_nats(Some(&message.headers))),
                    Err(error) if error.kind() == DirectGetErrorKind::NotFound => None,
                    Err(error) => return Err(BusError::unavailable(error)),
                };
        }
        Ok(lane)
    }

    /// Returns the headers and body of an account's newest event of this name in `INBOUND`, or `None` if there is
    /// none. The event has to be one that has a subject of its own. The server's permissions allow this to `axis`
    /// only.
    pub async fn newest(
        &self,
        account: AccountKey,
        event: &str,
    ) -> Result<Option<(Headers, Bytes)>, BusError> {
        let stream = api::stream_handle(self, subject::INBOUND).await?;
        match stream.direct_get_last_for_subject(subject::inbound(account, event)).await {
            Ok(found) => Ok(Some((headers::from_nats(Some(&found.headers)), found.payload))),
            Err(error) if error.kind() == DirectGetErrorKind::NotFound => Ok(None),
            Err(error) => Err(BusError::unavailable(error)),
        }
    }

    /// Counts the messages that `consumer` has yet to settle, including those of accounts that nobody has begun to
    /// read.
    pub async fn unsettled(&self, consumer: Consumer) -> Result<u64, BusError> {
        Ok(self.left(consumer).await?.unsettled)
    }

    /// Counts what `consumer`, or all of its lanes, have left to do.
    pub(crate) async fn left(&self, consumer: Consumer) -> Result<Left, BusError> {
        let mut unread = BTreeMap::new();
        if consumer.has_lanes() {
            unread = accounts_in(self, consumer.stream()).await?;
        }
        let prefix = lane_prefix(consumer);
        if consumer.has_lanes() {
            // The list below lacks the consumers of a node that does not answer. How far these are is not known,
            // but their accounts are being read.
            for name in consumer_names(self, consumer.stream(), &prefix).await? {
                unread.remove(name.strip_prefix(&prefix).unwrap_or(&name));
            }
        }
        let mut left = Left::default();
        for one in self.stream(consumer.stream()).await?.consumers {
            let whole = one.name == consumer.name() && !consumer.has_lanes();
            if !whole {
                let Some(account) = one.name.strip_prefix(&prefix) else { continue };
                unread.remove(account);
            }
            left.unsettled += one.pending + one.ack_pending;
            left.behind += u32::from(one.pending > 0);
        }
        for pending in unread.into_values() {
            left.unsettled += pending;
            left.behind += u32::from(pending > 0);
        }
        Ok(left)
    }

    /// Describes a stream and its durable consumers.
    pub async fn stream(&self, name: &str) -> Result<StreamState, BusError> {
        let info = api::stream_info(self, name).await?;
        let stream = api::stream_handle(self, name).await?;
        let mut consumers: Vec<ConsumerState> = stream
            .consumers()
            .try_filter(|info| {
                let name = info.config.durable_name.as_ref();
                std::future::ready(name.is_some_and(|name| !is_stand_in(name)))
            })
            .map_ok(|info| ConsumerState {
                name: info.name,
                pending: info.num_pending,
                ack_pending: info.num_ack_pending as u64,
                redelivered: info.num_redelivered as u64,
                waiting: info.num_waiting as u64,
            })
            .try_collect()
            .await
            .map_err(BusError::unavailable)?;
        consumers.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(StreamState {
            name: name.to_owned(),
            first_sequence: info.state.first_seq,
            last_sequence: info.state.last_seq,
            messages: info.state.messages,
            bytes: info.state.bytes,
            created: info.created,
            leader: info.cluster.name.and(info.cluster.leader),
            followers: info.cluster.replicas,
            consumers,
        })
    }
}
