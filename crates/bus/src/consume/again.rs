//! Up to where a consumer that was made anew may deliver what the one before it had delivered.
//!
//! The server counts the deliveries of each consumer by itself, and a handler does more at a message that it may have
//! had before: what it did the first time may not have come to its end. So the new consumer's metadata holds how far
//! the old one had come, and what lies before that counts as delivered once more. Some of it may be new, where a stream
//! lost its end and other messages have taken the positions.

use serde_json::{Map, Value};

/// The name of the metadata entry.
const KEY: &str = "axis.again";

/// Reads the position from a consumer's settings; 0 if the consumer was not made anew.
pub(super) fn read(config: &Map<String, Value>) -> u64 {
    let position = config.get("metadata").and_then(|all| all.get(KEY)?.as_str()?.parse().ok());
    position.unwrap_or(0)
}

/// Writes the position into a consumer's settings.
pub(super) fn write(position: u64, config: &mut Map<String, Value>) {
    let metadata = config.entry("metadata").or_insert_with(|| Value::Object(Map::new()));
    if let Value::Object(metadata) = metadata {
        metadata.insert(KEY.to_owned(), position.to_string().into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_reads_back_and_no_position_is_none() {
        let mut config = Map::new();
        assert_eq!(read(&config), 0);
        write(7, &mut config);
        assert_eq!(read(&config), 7);
        write(u64::MAX, &mut config);
        assert_eq!(read(&config), u64::MAX);
    }
}
