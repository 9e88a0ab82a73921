//! The declarations in `nats/`: JSON of the JetStream API, in the form that `nats stream add --config` accepts.

use serde_json::{Map, Value};

use crate::api::Target;
use crate::consume::{Consumer, lane_prefix};
use crate::streams::consumer_names;
use crate::{Bus, BusError};

/// The key-value buckets: that of the receivers, and that of the outbound workers with its only key.
pub(crate) mod bucket {
    pub(crate) const SOURCES: &str = "SOURCES";
    pub(crate) const SOURCES_STREAM: &str = "KV_SOURCES";
    pub(crate) const SOURCES_PREFIX: &str = "$KV.SOURCES.";
    pub(crate) const HIGH_WATER_STREAM: &str = "KV_HIGH_WATER";
    pub(crate) const HIGH_WATER: &str = "$KV.HIGH_WATER.database";
}

const STREAMS: [&str; 6] = [
    include_str!("../../../../nats/streams/inbound.json"),
    include_str!("../../../../nats/streams/outbound.json"),
    include_str!("../../../../nats/streams/activity.json"),
    include_str!("../../../../nats/streams/dead-letter.json"),
    include_str!("../../../../nats/buckets/sources.json"),
    include_str!("../../../../nats/buckets/high-water.json"),
];

const CONSUMERS: [Consumer; 2] = [Consumer::SyncWorker, Consumer::OutboundWorker];

/// The placeholder for the account in the declaration of a consumer with lanes.
const ACCOUNT: &str = "<account>";

fn consumer_text(consumer: Consumer) -> &'static str {
    match consumer {
        Consumer::SyncWorker => include_str!("../../../../nats/consumers/sync-worker.json"),
        Consumer::OutboundWorker => include_str!("../../../../nats/consumers/outbound-worker.json"),
    }
}

/// A stream, or a consumer of one.
pub(crate) struct Declaration {
    pub(crate) stream: String,
    pub(crate) consumer: Option<String>,
    pub(crate) config: Map<String, Value>,
}

impl Declaration {
    /// `stream INBOUND`, `consumer outbound-worker of OUTBOUND`
    pub(crate) fn what(&self) -> String {
        let target = match &self.consumer {
            None => Target::Stream(&self.stream),
            Some(name) => Target::Consumer { stream: &self.stream, name },
        };
        target.to_string()
    }
}

/// Lists all declarations, streams before their consumers. Only lanes that already exist are included: an
/// account's lane is made by the first worker that reads it.
pub(crate) async fn all(bus: &Bus) -> Result<Vec<Declaration>, BusError> {
    let mut all = streams()?;
    for consumer in CONSUMERS {
        if !consumer.has_lanes() {
            all.push(whole(consumer)?);
            continue;
        }
        let prefix = lane_prefix(consumer);
        for name in consumer_names(bus, consumer.stream(), &prefix).await? {
            all.push(lane(consumer, &name[prefix.len()..])?);
        }
    }
    Ok(all)
}

/// The streams and buckets.
pub(super) fn streams() -> Result<Vec<Declaration>, BusError> {
    let declared = STREAMS.iter().map(|text| {
        let config = read(text)?;
        Ok(Declaration { stream: text_of(&config, "name"), consumer: None, config })
    });
    declared.collect()
}

/// The consumer that reads a whole stream.
pub(crate) fn whole(consumer: Consumer) -> Result<Declaration, BusError> {
    of(consumer, consumer_text(consumer))
}

/// The lane of an account.
pub(crate) fn lane(consumer: Consumer, account: &str) -> Result<Declaration, BusError> {
    of(consumer, &consumer_text(consumer).replace(ACCOUNT, account))
}

fn of(consumer: Consumer, text: &str) -> Result<Declaration, BusError> {
    let config = read(text)?;
    let name = Some(text_of(&config, "durable_name"));
    Ok(Declaration { stream: consumer.stream().to_owned(), consumer: name, config })
}

fn read(text: &str) -> Result<Map<String, Value>, BusError> {
    serde_json::from_str(text).map_err(|source| BusError::Malformed {
        what: "a declaration in nats/".to_owned(),
        source: source.into(),
    })
}

fn text_of(config: &Map<String, Value>, field: &str) -> String {
    config.get(field).and_then(Value::as_str).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_declaration_is_readable_and_named_as_the_programs_name_it() {
        let mut all = streams().unwrap();
        all.push(lane(Consumer::SyncWorker, "a1").unwrap());
        all.push(whole(Consumer::OutboundWorker).unwrap());
        let names: BTreeSet<String> = all.iter().map(Declaration::what).collect();
        let expected = [
            "stream INBOUND",
            "stream OUTBOUND",
            "stream ACTIVITY",
            "stream DEAD_LETTER",
            "stream KV_SOURCES",
            "stream KV_HIGH_WATER",
            "consumer sync-worker-a1 of INBOUND",
            "consumer outbound-worker of OUTBOUND",
        ];
        assert_eq!(names, expected.map(str::to_owned).into());
    }

    #[test]
    fn the_library_reads_what_we_declare_as_we_mean_it() {
        for text in STREAMS {
            let config: async_nats::jetstream::stream::Config = serde_json::from_str(text).unwrap();
            assert_eq!(config.retention, async_nats::jetstream::stream::RetentionPolicy::Limits);
            assert!(config.allow_direct && config.max_bytes > 0);
        }
        for consumer in CONSUMERS {
            let config: async_nats::jetstream::consumer::Config =
                serde_json::from_str(consumer_text(consumer)).unwrap();
            assert!(config.ack_wait >= std::time::Duration::from_secs(5));
            assert_eq!(config.max_deliver, -1, "the server must never give up on a message");
        }
    }

    #[test]
    fn a_lane_is_its_accounts_and_outlives_what_it_has_read() {
        let lane = lane(Consumer::SyncWorker, "a1").unwrap().config;
        assert_eq!(lane["durable_name"], "sync-worker-a1");
        assert_eq!(lane["filter_subject"], "inbound.a1.*");
        let inbound = streams().unwrap().swap_remove(0).config;
        assert!(lane["inactive_threshold"].as_u64() > inbound["max_age"].as_u64());
    }

    #[test]
    fn the_dead_letter_of_the_largest_message_fits() {
        let size = |name: &str| {
            let all = streams().unwrap();
            let found = all.iter().find(|d| d.stream == name).unwrap();
            usize::try_from(found.config["max_msg_size"].as_u64().unwrap()).unwrap()
        };
        assert!(crate::MAX_BODY_BYTES < size("INBOUND"));
        assert!(size("INBOUND") + 8 * 1024 < size("DEAD_LETTER"));
        assert!(size("DEAD_LETTER") <= crate::MAX_MESSAGE_BYTES);
    }
}
