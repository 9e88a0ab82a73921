//! Events as they are written to a client, and which clients get them.

use std::borrow::Cow;

use bytes::Bytes;
use domain::ConversationId;
use events::{Headers, TraceParent};
use serde::Deserialize;

use super::position::Position;

/// An event, written once for all its readers.
#[derive(Debug)]
pub(crate) struct Event {
    /// Its position. `None` if it is not stored anywhere.
    pub(crate) sequence: Option<u64>,
    kind: String,
    conversation: Option<ConversationId>,
    /// The bytes that are sent.
    pub(crate) frame: Bytes,
}

/// Which events a client wants. `None` does not restrict.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    pub(crate) kinds: Option<Vec<String>>,
    pub(crate) conversation: Option<ConversationId>,
}

impl Filter {
    pub(crate) fn admits(&self, event: &Event) -> bool {
        self.kinds.as_ref().is_none_or(|kinds| kinds.contains(&event.kind))
            && self.conversation.is_none_or(|id| event.conversation == Some(id))
    }
}

/// The one field of a payload that is read.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Place {
    conversation_id: Option<ConversationId>,
}

impl Event {
    /// Reads a message of the stream, whose headers name its trace, or an ephemeral one, which has
    /// no position and no headers. Its type is the last token of its subject, which holds nothing
    /// that could break a line.
    pub(crate) fn read(
        stored: Option<(&Position, &Headers)>,
        subject: &str,
        payload: &[u8],
    ) -> Result<Self, serde_json::Error> {
        let kind = subject.rsplit('.').next().unwrap_or_default().to_owned();
        let Place { conversation_id } = serde_json::from_slice(payload)?;
        let position = stored.map(|(position, _)| position);
        let trace = stored.and_then(|(_, headers)| headers.read(TraceParent::HEADER).ok());
        let frame = write(position, &kind, &traced(payload, trace));
        let sequence = position.map(|position| position.sequence);
        Ok(Self { sequence, kind, conversation: conversation_id, frame })
    }
}

/// Adds the trace's id to the payload's fields.
fn traced(payload: &[u8], trace: Option<TraceParent>) -> Cow<'_, [u8]> {
    let (Some(trace), Some(fields)) = (trace, payload.strip_prefix(b"{")) else {
        return payload.into();
    };
    let alone = fields.trim_ascii_start().starts_with(b"}");
    let first = format!("{{\"traceId\":\"{}\"{}", trace.trace_id(), if alone { "" } else { "," });
    [first.as_bytes(), fields].concat().into()
}

/// Tells a client that it has missed nothing up to this position.
pub(crate) fn ready(position: &Position) -> Bytes {
    tell("ready", position)
}

/// Tells a client that what follows does not continue what it knows: it must read the state again,
/// and go on from this position.
pub(crate) fn reset(position: &Position) -> Bytes {
    tell("reset", position)
}

fn tell(kind: &str, position: &Position) -> Bytes {
    let data = serde_json::json!({ "position": position.to_string() }).to_string();
    write(Some(position), kind, data.as_bytes())
}

/// A heartbeat. With a position, it moves the client's place on without being an event.
pub(crate) fn heartbeat(position: Option<&Position>) -> Bytes {
    match position {
        Some(position) => Bytes::from(format!(": alive\nid: {position}\n\n")),
        None => Bytes::from_static(b": alive\n\n"),
    }
}

/// Tells a client how long to wait before it comes back.
pub(crate) fn retry(milliseconds: u32) -> Bytes {
    Bytes::from(format!("retry: {milliseconds}\n\n"))
}

fn write(position: Option<&Position>, kind: &str, data: &[u8]) -> Bytes {
    let mut frame = Vec::with_capacity(data.len() + 128);
    if let Some(position) = position {
        frame.extend_from_slice(format!("id: {position}\n").as_bytes());
    }
    frame.extend_from_slice(format!("event: {kind}\n").as_bytes());
    for line in data.split(|byte| matches!(byte, b'\n' | b'\r')) {
        frame.extend_from_slice(b"data: ");
        frame.extend_from_slice(line);
        frame.push(b'\n');
    }
    frame.push(b'\n');
    Bytes::from(frame)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn position() -> Position {
        Position { epoch: "e1".into(), sequence: 7 }
    }

    #[test]
    fn frames_are_as_the_standard_wants_them() {
        let (position, none) = (position(), Headers::default());
        let stored = Some((&position, &none));
        let event = Event::read(stored, "activity.acme.note", b"{\"a\":1}").unwrap();
        assert_eq!(event.frame, "id: e1:7\nevent: note\ndata: {\"a\":1}\n\n");
        let moment = Event::read(None, "live.acme.typing", b"{\n}").unwrap();
        assert_eq!(moment.frame, "event: typing\ndata: {\ndata: }\n\n");
        assert_eq!(heartbeat(Some(&position)), ": alive\nid: e1:7\n\n");
        assert_eq!(reset(&position), "id: e1:7\nevent: reset\ndata: {\"position\":\"e1:7\"}\n\n");
        assert!(Event::read(None, "live.acme.typing", b"{").is_err());
    }

    #[test]
    fn the_trace_goes_on_in_the_frame() {
        let (position, trace) = (position(), "4bf92f3577b34da6a3ce929d0e0e4736");
        let parent = format!("00-{trace}-00f067aa0ba902b7-01");
        let data = |payload: &[u8], parent: &str| {
            let headers = Headers::default().with(TraceParent::HEADER, parent);
            let event = Event::read(Some((&position, &headers)), "activity.acme.note", payload);
            let frame = String::from_utf8(event.unwrap().frame.to_vec()).unwrap();
            frame.split_once("data: ").unwrap().1.trim_end().to_owned()
        };
        assert_eq!(data(b"{\"a\":1}", &parent), format!("{{\"traceId\":\"{trace}\",\"a\":1}}"));
        assert_eq!(data(b"{}", &parent), format!("{{\"traceId\":\"{trace}\"}}"));
        assert_eq!(data(b"{\"a\":1}", "no trace"), "{\"a\":1}");
    }

    #[test]
    fn filters_go_by_type_and_conversation() {
        let (here, there) = (ConversationId::generate(), ConversationId::generate());
        let payload = format!("{{\"conversationId\":\"{here}\"}}");
        let event = Event::read(None, "activity.acme.note", payload.as_bytes()).unwrap();
        let of = |kinds: Option<&[&str]>, conversation| Filter {
            kinds: kinds.map(|kinds| kinds.iter().map(ToString::to_string).collect()),
            conversation,
        };
        assert!(Filter::default().admits(&event));
        assert!(of(Some(&["x", "note"]), Some(here)).admits(&event));
        assert!(!of(Some(&["x"]), None).admits(&event));
        assert!(!of(None, Some(there)).admits(&event));
    }
}
