//! What a run that follows another one knows of when events were published.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use super::*;

fn change_mark(dir: &TempDir, change: impl FnOnce(&mut Value)) {
    let path = dir.path().join("published.json");
    let mut mark = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    change(&mut mark);
    std::fs::write(path, mark.to_string()).unwrap();
}

/// Three events, each in a segment of its own, are published; then the mark is changed. How many of them the next run
/// keeps.
fn kept_after(change: impl FnOnce(&TempDir, &mut Value)) -> usize {
    let dir = tempfile::tempdir().unwrap();
    let limits = Limits { segment_bytes: 1, ..LIMITS };
    let journal = open(&dir, limits);
    let sequences = append_all(&journal, &vec![b"x".to_vec(); 3]);
    trust(&journal);
    journal.shared().advance(sequences[2] + 1);
    journal.shared().maintain(Some("run")).1.unwrap();
    drop(journal);
    change_mark(&dir, |mark| change(&dir, mark));
    let journal = open(&dir, limits);
    assert!(journal.shared().feed().is_drained(), "the stream has all of them");
    journal.shared().maintain(Some("run")).1.unwrap();
    inspect(&dir).len()
}

#[test]
fn the_next_run_removes_what_was_published_long_ago_and_keeps_the_rest() {
    let published = |minutes: [i64; 3]| {
        kept_after(|_, mark| {
            let noted = mark["settled"].as_object_mut().unwrap().values_mut();
            for (at, minutes) in noted.zip(minutes) {
                let time: DateTime<Utc> = serde_json::from_value(at.clone()).unwrap();
                *at = serde_json::to_value(time - TimeDelta::minutes(minutes)).unwrap();
            }
        })
    };
    assert_eq!(published([0, 0, 0]), 3);
    assert_eq!(published([16, 14, 0]), 2);
    assert_eq!(published([17, 17, 16]), 0);
}

#[test]
fn the_next_run_reads_the_mark_of_an_older_version() {
    let older = |dir: &TempDir, mark: &mut Value| {
        // It gives its lock no name.
        std::fs::write(dir.path().join("lock"), "").unwrap();
        let fields = mark.as_object_mut().unwrap();
        fields.retain(|name, _| ["below", "refused", "server", "looked_for"].contains(&&name[..]));
    };
    assert_eq!(kept_after(older), 3);
}
