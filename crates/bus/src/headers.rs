//! Headers of ours to and from those of the client library.

use async_nats::HeaderMap;
use events::Headers;

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
