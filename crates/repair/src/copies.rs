//! Copies of events, which a replay publishes, and their originals.

use events::{Envelope, Headers, MESSAGE_ID};

/// The header that marks a copy; its value is when the replay began.
pub(crate) const MARK: &str = "Axis-Replay";

/// Copies an event. The copy's message id is new, but the same each time that this replay publishes it.
pub(crate) fn copy<P>(
    subject: String,
    original: &Headers,
    payload: P,
    stamp: &str,
    at: u64,
) -> Envelope<P> {
    let id = original.get(MESSAGE_ID).unwrap_or("unnamed");
    let mut headers = Headers::default();
    for (name, value) in original.kept() {
        headers.push(name, value);
    }
    Envelope {
        subject,
        message_id: format!("{id}:replay:{stamp}:{at}"),
        headers: headers.with(MARK, stamp),
        payload,
    }
}

/// The position of the original of the copy with this message id. The copy may have become a dead letter and been
/// redriven since.
pub(crate) fn original(id: &str) -> Option<u64> {
    let (_, of) = id.rsplit_once(":replay:")?;
    of.split(":redrive:").next()?.rsplit(':').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_differs_from_its_original_in_its_id_and_its_mark_only() {
        let original = Headers::default().with("Axis-Received-At", "17").with(MESSAGE_ID, "x");
        let copied = copy("inbound.a.b".to_owned(), &original, "body", "now", 7);
        assert_eq!(copied.message_id, "x:replay:now:7");
        for id in [copied.message_id.clone(), "x:redrive:3:replay:a:b:7:redrive:12".to_owned()] {
            assert_eq!(super::original(&id), Some(7), "{id}");
        }
        let expected = Headers::default().with("Axis-Received-At", "17").with(MARK, "now");
        assert_eq!(copied.headers, expected);
        // One event may be in the stream more than once, received at different times.
        let other = copy("inbound.a.b".to_owned(), &original, "body", "now", 8);
        assert_ne!(copied.message_id, other.message_id);
    }
}
