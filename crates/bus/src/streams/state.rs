//! What streams hold now.

use std::collections::BTreeMap;

use async_nats::jetstream::stream::DirectGetErrorKind;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use domain::AccountKey;
use events::{Headers, subject};
use futures_util::TryStreamExt as _;
use serde::{Deserialize, Serialize};

use crate::api::{self, SubjectsPage};
use crate::consume::lane_prefix;
use crate::{Bus, BusError, Consumer, headers};

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
    /// The server that leads it; none outside of a cluster, and while its servers choose one.
    pub leader: Option<String>,
    /// The other servers that keep a copy of it.
    pub followers: Vec<Follower>,
    /// Who reads it durably.
    pub consumers: Vec<ConsumerState>,
}

/// A server of a cluster that keeps a copy of a stream which another one leads.
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
    /// Of those, how many were delivered more than once.
    pub redelivered: u64,
    /// Requests for messages that wait at the server: some worker listens if it is not 0.
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

/// How many messages a stream holds by account, which is the second token of their subjects.
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
            if let Some(account) = subject.split('.').nth(1) {
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

/// What of an account is in a stream and not settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lane {
    /// Messages not yet delivered to a worker.
    pub pending: u64,
    /// Messages that a worker has in hand.
    pub in_hand: u64,
    /// The headers of the oldest of both; none if there is none.
    pub oldest: Option<Headers>,
}

/// What those who read by a consumer have left to do.
#[derive(Debug, Default)]
pub(crate) struct Left {
    /// Messages that are not settled, those in hand included.
    pub(crate) unsettled: u64,
    /// Lanes that have any which nobody has in hand.
    pub(crate) behind: u32,
}

impl Bus {
    /// What `INBOUND` holds of an account that no sync worker has settled.
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

    /// The headers and the body of the newest event of a name that `INBOUND` holds of an account; none if it
    /// holds none. The name has to be one that has a subject of its own. Of the programs, `axis` alone may ask
    /// for this.
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

    /// How many messages `consumer` has yet to settle, those of accounts that nobody has begun to
    /// read included.
    pub async fn unsettled(&self, consumer: Consumer) -> Result<u64, BusError> {
        Ok(self.left(consumer).await?.unsettled)
    }

    /// How much all who read by `consumer` have left to do.
    pub(crate) async fn left(&self, consumer: Consumer) -> Result<Left, BusError> {
        let mut unread = BTreeMap::new();
        if consumer.has_lanes() {
            unread = accounts_in(self, consumer.stream()).await?;
        }
        let prefix = lane_prefix(consumer);
        if consumer.has_lanes() {
            // A node that does not answer leaves its consumers out of the list below: how far these are
            // is not known, but their accounts are read.
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

    /// What a stream holds now, and how far its durable consumers are.
    pub async fn stream(&self, name: &str) -> Result<StreamState, BusError> {
        let info = api::stream_info(self, name).await?;
        let stream = api::stream_handle(self, name).await?;
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
