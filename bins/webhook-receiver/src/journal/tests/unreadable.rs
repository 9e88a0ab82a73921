//! What the disk does not give of a segment.

use super::healing::{SOON, aside};
use super::*;

#[test]
fn what_the_disk_does_not_give_costs_no_event_that_it_gives() {
    let dir = tempfile::tempdir().unwrap();
    let limits = Limits { tail_bytes: 0, segment_bytes: 100_000, ..LIMITS };
    let journal = open(&dir, limits);
    let mut appended = append_all(&journal, &vec![vec![b'x'; 30_000]; 5]);
    let (first, second) = (segments(&dir).remove(0), segments(&dir).remove(1));
    // A file that is shorter than it should be gives as little as a bad block at its end.
    OpenOptions::new().write(true).open(&first).unwrap().set_len(70_000).unwrap();
    let mut feed = Feed::from(journal.shared(), 1, SOON);
    assert_eq!(drain(&mut feed), [&appended[..2], &appended[4..]].concat());
    assert!(first.exists() && second.exists(), "neither is taken out of the journal");
    assert_eq!(aside(&dir), 1);

    appended.extend(append_all(&journal, &[b"y".to_vec()]));
    assert_eq!(drain(&mut feed), appended[5..]);
    let inspected = super::super::inspect(dir.path()).unwrap();
    assert_eq!(inspected.iter().map(|found| found.records).collect::<Vec<_>>(), [2, 2]);
}
