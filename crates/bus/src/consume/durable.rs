//! A durable consumer on the server, which is made if it is missing.
//!
//! `outbound-worker` is one consumer. `sync-worker` is a template: each account's events have a consumer of their
//! own, its *lane*, so that no account waits for another one's messages. A lane is made when somebody first reads
//! it, and begins with the oldest event of its account in the stream. The server forgets a lane that nobody has
//! read for longer than the stream keeps anything.
//!
//! Versions before the lanes read the whole stream through one consumer named like the template. A lane that is
//! made while that one exists begins after what it has settled.

use chrono::Utc;
use domain::in_words;
use serde_json::{Map, Value};

use super::mark::{Mark, Seen};
use super::{Consumer, stand_in};
use crate::api::{self, Action, ConsumerInfo};
use crate::streams::{lane_declaration, whole_declaration};
use crate::{Bus, BusError};

/// Identifies a consumer on the server.
#[derive(Debug, Clone)]
pub(crate) struct Durable {
    consumer: Consumer,
    name: String,
    /// The account whose lane it is; `None` if it reads the whole stream.
    account: Option<String>,
}

impl Durable {
    /// The consumer that reads the whole stream.
    pub(crate) fn whole(consumer: Consumer) -> Self {
        Self { consumer, name: consumer.name().to_owned(), account: None }
    }

    /// The lane of an account, given as the account's token in the stream's subjects.
    pub(crate) fn lane(consumer: Consumer, account: &str) -> Self {
        let name = format!("{}{account}", lane_prefix(consumer));
        Self { consumer, name, account: Some(account.to_owned()) }
    }

    pub(crate) fn stream(&self) -> &'static str {
        self.consumer.stream()
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Describes the consumer. If it is missing, it is made with the settings in `removed`, which are given if this
    /// program meant to remove it and has not put it back; otherwise with those that another program stored before it
    /// removed it (`stand_in.rs`); otherwise a lane is made as declared. Fails with [`BusError::NotFound`] if it is
    /// missing and none of these applies.
    pub(crate) async fn find(
        &self,
        bus: &Bus,
        removed: Option<&Map<String, Value>>,
    ) -> Result<ConsumerInfo, BusError> {
        let missing = match self.info(bus).await {
            Err(error @ BusError::NotFound { .. }) => error,
            Ok(info) => {
                if removed.is_some() {
                    self.forget(bus).await;
                }
                return Ok(info);
            }
            failed => return failed,
        };
        let stored = match removed {
            Some(config) => Some(config.clone()),
            None => stand_in::find(bus, self).await?,
        };
        let is_anew = stored.is_some();
        let config = match (stored, &self.account) {
            (Some(config), _) => config,
            (None, Some(account)) => self.first(bus, account).await?,
            (None, None) => return Err(missing),
        };
        let created = api::write_consumer(bus, self.stream(), &self.name, &config, Action::Create);
        let info = match created.await {
            Err(refused @ BusError::Refused { .. }) => match self.info(bus).await {
                // There still is none, so nobody was faster: the refusal is the real error.
                Err(BusError::NotFound { .. }) => return Err(refused),
                // Another worker was faster. Where its consumer begins serves this one as well.
                found => found?,
            },
            created => created?,
        };
        if is_anew {
            self.forget(bus).await;
        }
        Ok(info)
    }

    /// Stores what the consumer is to be once it is removed, so that it will be that even if this program dies.
    pub(crate) async fn keep(
        &self,
        bus: &Bus,
        config: &Map<String, Value>,
    ) -> Result<(), BusError> {
        match stand_in::put(bus, self, config).await {
            // There may be no room for one more consumer. Without it, no more than usual comes again unless this
            // program dies at the wrong moment, and without rewinding, messages would be lost.
            Err(error @ BusError::Refused { .. }) => {
                let consumer = self.name();
                tracing::warn!(consumer, error = in_words(&error), "a consumer has no stand-in");
                Ok(())
            }
            stored => stored,
        }
    }

    /// Removes what was stored, which does no harm if it stays.
    pub(crate) async fn forget(&self, bus: &Bus) {
        if let Err(error) = stand_in::remove(bus, self).await {
            tracing::debug!(consumer = self.name(), %error, "a stand-in cannot be removed");
        }
    }

    /// The declared settings of a consumer that reads the whole stream. Returns `None` for a lane, which
    /// [`Durable::find`] makes by itself.
    pub(crate) fn declared(&self) -> Result<Option<Map<String, Value>>, BusError> {
        if self.account.is_some() {
            return Ok(None);
        }
        Ok(Some(whole_declaration(self.consumer)?.config))
    }

    pub(crate) async fn info(&self, bus: &Bus) -> Result<ConsumerInfo, BusError> {
        api::consumer_info(bus, self.stream(), &self.name).await
    }

    /// The position of the first message after `sequence` that is this consumer's to deliver, if there is one.
    pub(crate) async fn first_after(
        &self,
        bus: &Bus,
        sequence: u64,
    ) -> Result<Option<u64>, BusError> {
        let Some(account) = &self.account else { return Ok(Some(sequence + 1)) };
        let config = lane_declaration(self.consumer, account)?.config;
        let filter = config.get("filter_subject").and_then(Value::as_str).unwrap_or(">");
        api::first_after(bus, self.stream(), filter, sequence).await
    }

    pub(crate) async fn delete(&self, bus: &Bus) -> Result<(), BusError> {
        api::delete_consumer(bus, self.stream(), &self.name).await
    }

    /// Changes its settings.
    pub(crate) async fn update(
        &self,
        bus: &Bus,
        config: &Map<String, Value>,
    ) -> Result<ConsumerInfo, BusError> {
        api::write_consumer(bus, self.stream(), &self.name, config, Action::Update).await
    }

    /// Notes in `config` how far the consumer has come.
    pub(crate) fn note(
        &self,
        mark: &Mark,
        config: &mut Map<String, Value>,
    ) -> Result<(), BusError> {
        mark.write(config).map_err(|error| BusError::Malformed {
            what: format!("the note of consumer {} of {}", self.name, self.stream()),
            source: error.into(),
        })
    }

    /// The settings of a new lane: as declared, but beginning after what the consumer of earlier versions has settled.
    async fn first(&self, bus: &Bus, account: &str) -> Result<Map<String, Value>, BusError> {
        let mut config = lane_declaration(self.consumer, account)?.config;
        if let Some(server) = bus.server_id() {
            let seen = Seen::all_before(Utc::now());
            self.note(&Mark { server, seen }, &mut config)?;
        }
        let shared = match Self::whole(self.consumer).info(bus).await {
            Err(BusError::NotFound { .. }) => return Ok(config),
            shared => shared?,
        };
        let last = api::stream_info(bus, self.stream()).await?.state.last_seq;
        // If it is ahead of the stream, the stream has lost its end, and what it settled means nothing.
        if shared.delivered.stream_seq > last {
            return Ok(config);
        }
        Ok(begin_at(config, shared.ack_floor.stream_seq + 1))
    }
}

/// The prefix of the names of a consumer's lanes.
pub(crate) fn lane_prefix(consumer: Consumer) -> String {
    format!("{}-", consumer.name())
}

/// Makes a consumer's settings begin at `sequence`.
pub(crate) fn begin_at(mut config: Map<String, Value>, sequence: u64) -> Map<String, Value> {
    config.remove("opt_start_time");
    config.insert("deliver_policy".to_owned(), "by_start_sequence".into());
    config.insert("opt_start_seq".to_owned(), sequence.max(1).into());
    config
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Server;

    #[tokio::test(flavor = "multi_thread")]
    async fn a_lane_that_nats_refuses_to_make_says_why() {
        let server = Server::start(1).await;
        let lane = |account| Durable::lane(Consumer::SyncWorker, account);
        lane("a").find(&server.bus, None).await.unwrap();
        let error = lane("b").find(&server.bus, None).await.unwrap_err();
        assert!(matches!(error, BusError::Refused { .. }), "{error:?}");
        let error = in_words(&error);
        assert!(error.contains("maximum consumers limit reached"), "{error}");
    }
}
