//! How much memory a body takes that is little else than values. Alone in its process, whose memory it measures.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use chatwoot::webhook::MOST_VALUES;
use chatwoot::{DecodeError, Webhook, decode};

const MIB: usize = 1024 * 1024;

/// A contact with an attribute of so many objects, each a value and the object around it, in eight bytes.
fn dense(objects: usize) -> String {
    let list = vec![r#"{"":0}"#; objects].join(",");
    format!(r#"{{"event":"contact_updated","id":9,"custom_attributes":{{"x":[{list}]}}}}"#)
}

/// How much more memory than before was in use at some time, in bytes.
fn grown<T>(work: impl FnOnce() -> T) -> (T, usize) {
    let of = |name: &str| {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap().to_owned();
        line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1024
    };
    // Forgets the most that was in use.
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
    let before = of("VmRSS:");
    let done = work();
    (done, of("VmHWM:").saturating_sub(before))
}

#[test]
fn a_body_of_too_many_values_is_refused_before_it_is_read() {
    let most = dense(MOST_VALUES / 2 - 5);
    let (read, least) = grown(|| decode(most.as_bytes()));
    assert!(matches!(read, Ok(Webhook::ContactUpdated(_))), "{read:?}");
    assert!(least < 40 * MIB, "{} MiB", least / MIB);
    drop(read);
    let million = dense(500_000);
    let (read, grown) = grown(|| decode(million.as_bytes()));
    assert!(grown < 40 * MIB, "{} MiB", grown / MIB);
    assert!(matches!(read, Err(DecodeError::TooManyValues)));
    let more = dense(MOST_VALUES / 2 + 5);
    assert!(matches!(decode(more.as_bytes()), Err(DecodeError::TooManyValues)));
}
