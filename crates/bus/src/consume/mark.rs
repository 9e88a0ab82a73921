//! A mark of how far a consumer has come, kept with it on the server for programs that start later.
//!
//! A program forgets what it saw when it ends. If the server then restarts without the end of the stream, and the
//! lost positions are taken by other messages before anybody looks, the consumer's own state does not show it. So
//! its metadata holds the last message that was seen in its place, and the run of the server in which it was
//! seen. A mark older than the last one only leads further back, and is as good.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The name of the metadata entry.
const KEY: &str = "axis.seen";

/// A message that was seen at its position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Seen {
    /// Its position; 0 if none is known, but only a time before which every message was in its place.
    pub(crate) sequence: u64,
    /// When the stream received it.
    pub(crate) published_at: DateTime<Utc>,
}

impl Seen {
    /// Stands for everything that the stream received up to this time. Anything later may be lost.
    pub(crate) fn all_before(published_at: DateTime<Utc>) -> Self {
        Self { sequence: 0, published_at }
    }
}

/// The mark.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Mark {
    /// The run of the server in which the message was seen.
    pub(crate) server: String,
    #[serde(flatten)]
    pub(crate) seen: Seen,
}

impl Mark {
    /// Reads the mark from a consumer's settings. Returns `None` if there is none, or it cannot be read.
    pub(crate) fn of(config: &Map<String, Value>) -> Option<Self> {
        serde_json::from_str(config.get("metadata")?.get(KEY)?.as_str()?).ok()
    }

    /// Writes the mark into a consumer's settings.
    pub(crate) fn write(&self, config: &mut Map<String, Value>) -> serde_json::Result<()> {
        let text = serde_json::to_string(self)?;
        let metadata = config.entry("metadata").or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(metadata) = metadata {
            metadata.insert(KEY.to_owned(), text.into());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_note_reads_back_and_leaves_the_others_alone() {
        let published_at = DateTime::from_timestamp_nanos(1_790_000_000_123_456_789);
        let seen = Seen { sequence: 7, published_at };
        let mark = Mark { server: "N".to_owned(), seen };
        let mut config = Map::new();
        assert_eq!(Mark::of(&config), None);
        config.insert("metadata".to_owned(), json!({ "axis.why": "because" }));
        mark.write(&mut config).unwrap();
        assert_eq!(Mark::of(&config), Some(mark.clone()));
        assert_eq!(config["metadata"]["axis.why"], "because");
        let mut bare = Map::new();
        mark.write(&mut bare).unwrap();
        assert_eq!(Mark::of(&bare), Some(mark));
    }
}
