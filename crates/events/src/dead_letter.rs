//! Messages that could not be processed, on `DEAD_LETTER`.

use chrono::{DateTime, Utc};

use crate::{Envelope, HeaderError, Headers, MESSAGE_ID, subject};

const STREAM: &str = "Axis-Dead-Stream";
const SUBJECT: &str = "Axis-Dead-Subject";
const SEQUENCE: &str = "Axis-Dead-Sequence";
const CONSUMER: &str = "Axis-Dead-Consumer";
const REASON: &str = "Axis-Dead-Reason";
const DETAIL: &str = "Axis-Dead-Detail";
const AT: &str = "Axis-Dead-At";
const ID: &str = "Axis-Dead-Message-Id";
/// What the names of our own headers of a dead letter begin with.
const PREFIX: &str = "Axis-Dead-";

/// Where a dead letter came from and why it died. Its payload and its other headers are unchanged, so that it can be
/// sent to its subject again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// The stream it was read from.
    pub stream: String,
    /// The subject it had.
    pub subject: String,
    /// Its sequence in that stream.
    pub sequence: u64,
    /// The consumer that could not process it.
    pub consumer: String,
    /// A word for the kind of failure: `undecodable`, `unknown-account`, …
    pub reason: String,
    /// The failure in words.
    pub detail: String,
    /// When it was given up.
    pub at: DateTime<Utc>,
}

impl DeadLetter {
    /// The dead letter to publish, made of the message that died.
    pub fn envelope<P>(&self, original: &Headers, payload: P) -> Envelope<P> {
        let mut headers = Headers::default();
        for (name, value) in original.kept().filter(|(name, _)| !name.starts_with(PREFIX)) {
            headers.push(name, value);
        }
        let mut message_id = format!("{}:{}:{}", self.stream, self.consumer, self.sequence);
        if let Some(id) = original.get(MESSAGE_ID) {
            headers.push(ID, id);
            // A stream that lost its end reuses the positions for other messages.
            message_id = format!("{message_id}:{id}");
        }
        let detail: String = self.detail.chars().take(500).collect();
        headers = headers
            .with(STREAM, self.stream.as_str())
            .with(SUBJECT, self.subject.as_str())
            .with(SEQUENCE, self.sequence.to_string())
            .with(CONSUMER, self.consumer.as_str())
            .with(REASON, self.reason.as_str())
            .with(DETAIL, detail)
            .with(AT, self.at.timestamp_micros().to_string());
        Envelope {
            subject: subject::dead_letter(&self.stream, &self.reason),
            message_id,
            headers,
            payload,
        }
    }

    /// The message that died, to be published again with its own subject and headers. Its message id is new, but the
    /// same each time that the letter at `position` of `DEAD_LETTER`, whose headers are given, is redriven.
    pub fn redriven<P>(&self, position: u64, headers: &Headers, payload: P) -> Envelope<P> {
        let original = headers.get(ID).map_or_else(
            || format!("{}:{}", self.stream, self.sequence),
            // A message that died again after being redriven does not collect one suffix after the other.
            |id| id.split(":redrive:").next().unwrap_or(id).to_owned(),
        );
        let mut own = Headers::default();
        for (name, value) in headers.kept().filter(|(name, _)| !name.starts_with(PREFIX)) {
            own.push(name, value);
        }
        Envelope {
            subject: self.subject.clone(),
            message_id: format!("{original}:redrive:{position}"),
            headers: own,
            payload,
        }
    }

    /// Reads a dead letter from its headers.
    pub fn read(headers: &Headers) -> Result<Self, HeaderError> {
        let micros: i64 = headers.read(AT)?;
        Ok(Self {
            stream: headers.read(STREAM)?,
            subject: headers.read(SUBJECT)?,
            sequence: headers.read(SEQUENCE)?,
            consumer: headers.read(CONSUMER)?,
            reason: headers.read(REASON)?,
            detail: headers.read(DETAIL)?,
            at: DateTime::from_timestamp_micros(micros).ok_or(HeaderError { name: AT })?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trips_and_keeps_the_original_headers() {
        let dead = DeadLetter {
            stream: "INBOUND".into(),
            subject: "inbound.a.b".into(),
            sequence: 7,
            consumer: "sync-worker".into(),
            reason: "undecodable".into(),
            detail: "line one\nline two".into(),
            at: DateTime::from_timestamp_micros(1_790_000_000_000_001).unwrap(),
        };
        let original = Headers::default().with(MESSAGE_ID, "x").with("Axis-Event", "odd");
        let envelope = dead.envelope(&original, b"body".to_vec());
        assert_eq!(envelope.subject, "dead-letter.INBOUND.undecodable");
        assert_eq!(envelope.headers.get(MESSAGE_ID), None);
        assert_eq!(envelope.message_id, "INBOUND:sync-worker:7:x");
        let other = dead.envelope(&Headers::default().with(MESSAGE_ID, "y"), ());
        assert_eq!(other.message_id, "INBOUND:sync-worker:7:y", "at the same place, later");
        assert_eq!(envelope.headers.get("Axis-Event"), Some("odd"));
        let read = DeadLetter::read(&envelope.headers).unwrap();
        assert_eq!(read, DeadLetter { detail: "line one line two".into(), ..dead });
    }

    #[test]
    fn a_redriven_letter_is_what_died_under_an_id_of_its_own() {
        let dead = DeadLetter {
            stream: "INBOUND".into(),
            subject: "inbound.a.b".into(),
            sequence: 7,
            consumer: "sync-worker".into(),
            reason: "undecodable".into(),
            detail: "no JSON".into(),
            at: DateTime::from_timestamp_micros(1_790_000_000_000_001).unwrap(),
        };
        let original = Headers::default().with(MESSAGE_ID, "x").with("Axis-Event", "odd");
        let letter = dead.envelope(&original, "body");
        let stored = letter.headers.with(MESSAGE_ID, letter.message_id).with("Nats-Sequence", "9");
        let again = dead.redriven(9, &stored, "body");
        assert_eq!((again.subject.as_str(), again.payload), ("inbound.a.b", "body"));
        assert_eq!(again.message_id, "x:redrive:9");
        assert_eq!(again.headers, Headers::default().with("Axis-Event", "odd"));

        // It dies once more, as another message of the stream.
        let letter = dead.envelope(&again.headers.with(MESSAGE_ID, again.message_id), "body");
        let once_more = dead.redriven(12, &letter.headers, "body");
        assert_eq!(once_more.message_id, "x:redrive:12");
        let nameless = dead.redriven(9, &Headers::default(), ());
        assert_eq!(nameless.message_id, "INBOUND:7:redrive:9");
    }
}
