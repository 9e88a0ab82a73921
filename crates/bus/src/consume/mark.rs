//! A note of how far a consumer came, kept with it on the server for programs that start later.
//!
//! What a program saw it forgets when it ends. Should the server restart meanwhile without the end of
//! the stream, and the lost positions be taken again before anybody looks, the consumer's own state
//! would not tell. So its metadata bears the last message that was seen in its place, and in which
//! run of the server; an older note than the last leads further back, and is as good.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The entry of the metadata.
const KEY: &str = "axis.seen";

/// A message that was in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Seen {
    /// Its position; 0: none is known, only a time before which all were in their places.
    pub(crate) sequence: u64,
    /// When the stream got it.
    pub(crate) published_at: DateTime<Utc>,
}

impl Seen {
    /// Everything that the stream gets after this may be lost.
    pub(crate) fn all_before(published_at: DateTime<Utc>) -> Self {
        Self { sequence: 0, published_at }
    }
}

/// The note.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Mark {
    /// The run of the server.
    pub(crate) server: String,
    #[serde(flatten)]
    pub(crate) seen: Seen,
}

impl Mark {
    /// What a consumer's settings say; none if that is nothing, or nothing that can be read.
    pub(crate) fn of(config: &Map<String, Value>) -> Option<Self> {
        serde_json::from_str(config.get("metadata")?.get(KEY)?.as_str()?).ok()
    }

    /// Notes it in a consumer's settings.
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
