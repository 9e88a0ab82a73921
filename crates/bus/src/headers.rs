//! Converts our headers to and from those of the client library.

use async_nats::HeaderMap;
use events::{Headers, TraceParent};

pub(crate) fn to_nats(headers: &Headers, message_id: &str) -> HeaderMap {
    let mut map = HeaderMap::new();
    for (name, value) in headers.iter() {
        map.append(name, value);
    }
    map.insert(events::MESSAGE_ID, message_id);
    map
}

pub(crate) fn from_nats(map: Option<&HeaderMap>) -> Headers {
    let mut headers = Headers::default();
    for (name, values) in map.into_iter().flat_map(HeaderMap::iter) {
        for value in values {
            headers.push(name.as_ref(), value.as_str());
        }
    }
    headers
}

/// The id of the trace that a message is part of, for log lines about the message.
pub(crate) fn trace_id(map: Option<&HeaderMap>) -> Option<String> {
    let parent: TraceParent = map?.get(TraceParent::HEADER)?.as_str().parse().ok()?;
    Some(parent.trace_id())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_of_the_trace_that_it_was_published_in() {
        let parent = TraceParent::generate();
        let headers = Headers::default().with(TraceParent::HEADER, parent.to_string());
        assert_eq!(trace_id(Some(&to_nats(&headers, "1"))), Some(parent.trace_id()));

        let broken = Headers::default().with(TraceParent::HEADER, "00-1-2-3");
        for map in [None, Some(&to_nats(&broken, "1")), Some(&to_nats(&Headers::default(), "1"))] {
            assert_eq!(trace_id(map), None);
        }
    }
}
