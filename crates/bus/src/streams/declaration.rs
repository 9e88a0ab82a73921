//! The files in `nats/`, in the JSON of the JetStream API, as `nats stream add --config` takes it.

use serde_json::{Map, Value};

use crate::BusError;

/// The key-value bucket of the receivers.
pub(crate) mod bucket {
    pub(crate) const SOURCES: &str = "SOURCES";
    pub(crate) const SOURCES_STREAM: &str = "KV_SOURCES";
    pub(crate) const SOURCES_PREFIX: &str = "$KV.SOURCES.";
}

const STREAMS: [&str; 5] = [
    include_str!("../../../../nats/streams/inbound.json"),
    include_str!("../../../../nats/streams/outbound.json"),
    include_str!("../../../../nats/streams/activity.json"),
    include_str!("../../../../nats/streams/dead-letter.json"),
    include_str!("../../../../nats/buckets/sources.json"),
];

const CONSUMERS: [(&str, &str); 2] = [
    (events::subject::INBOUND, include_str!("../../../../nats/consumers/sync-worker.json")),
    (events::subject::OUTBOUND, include_str!("../../../../nats/consumers/outbound-worker.json")),
];

/// A stream, or a consumer of one.
pub(crate) struct Declaration {
    pub(crate) stream: String,
    pub(crate) consumer: Option<String>,
    pub(crate) config: Map<String, Value>,
}

impl Declaration {
    /// `stream INBOUND`, `consumer sync-worker of INBOUND`
    pub(crate) fn what(&self) -> String {
        match &self.consumer {
            None => format!("stream {}", self.stream),
            Some(consumer) => format!("consumer {consumer} of {}", self.stream),
        }
    }
}

/// All of them, streams before their consumers.
pub(crate) fn all() -> Result<Vec<Declaration>, BusError> {
    let mut all = Vec::with_capacity(STREAMS.len() + CONSUMERS.len());
    for text in STREAMS {
        let config = read(text)?;
        all.push(Declaration { stream: text_of(&config, "name"), consumer: None, config });
    }
    for (stream, text) in CONSUMERS {
        let config = read(text)?;
        let consumer = Some(text_of(&config, "durable_name"));
        all.push(Declaration { stream: stream.to_owned(), consumer, config });
    }
    Ok(all)
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
        let names: BTreeSet<String> = all().unwrap().iter().map(Declaration::what).collect();
        let expected = [
            "stream INBOUND",
            "stream OUTBOUND",
            "stream ACTIVITY",
            "stream DEAD_LETTER",
            "stream KV_SOURCES",
            "consumer sync-worker of INBOUND",
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
        for (_, text) in CONSUMERS {
            let config: async_nats::jetstream::consumer::Config =
                serde_json::from_str(text).unwrap();
            assert_eq!(config.ack_wait, std::time::Duration::from_secs(30));
            assert_eq!(config.max_deliver, -1, "the server must never give up on a message");
        }
    }

    #[test]
    fn the_dead_letter_of_the_largest_message_fits() {
        let size = |name: &str| {
            let all = all().unwrap();
            let found = all.iter().find(|d| d.stream == name && d.consumer.is_none()).unwrap();
            usize::try_from(found.config["max_msg_size"].as_u64().unwrap()).unwrap()
        };
        assert!(crate::MAX_BODY_BYTES < size("INBOUND"));
        assert!(size("INBOUND") + 8 * 1024 < size("DEAD_LETTER"));
        assert!(size("DEAD_LETTER") <= crate::MAX_MESSAGE_BYTES);
    }
}
