//! What goes for the sake of what comes, and what never does.

use super::*;

#[test]
fn unpublished_events_are_never_dropped_for_room_and_published_ones_are() {
    let dir = tempfile::tempdir().unwrap();
    let limits = Limits { max_bytes: 256 * 1024, ..LIMITS };
    let journal = open(&dir, limits);
    let append =
        || block_on(journal.append(inbound("e", None), Bytes::from(vec![b'x'; 8000]), None));
    let mut last = 0;
    let full = loop {
        match append() {
            Ok(sequence) => last = sequence,
            Err(error) => break error,
        }
    };
    assert_eq!(full, AppendError::Full);
    assert_eq!(*journal.condition().borrow(), Condition::Full);
    let size = journal.shared().maintain(None).0;
    assert!(size.bytes <= limits.max_bytes && size.bytes > limits.max_bytes - 10_000, "{size:?}");
    let held = inspect(&dir).len();
    let files = segments(&dir).len() + 1;
    for _ in 0..5 {
        assert_eq!(append(), Err(AppendError::Full));
    }
    assert!(segments(&dir).len() <= files, "refusing leaves no files behind");

    trust(&journal);
    journal.shared().advance(last + 1);
    journal.shared().doubt();
    assert_eq!(append(), Err(AppendError::Full), "the stream may have lost what it acknowledged");
    trust(&journal);
    append().unwrap();
    assert_eq!(*journal.condition().borrow(), Condition::Writable);
    assert!(inspect(&dir).len() < held);
}

#[test]
fn a_full_journal_works_again_once_enough_is_published_though_nobody_sends() {
    let dir = tempfile::tempdir().unwrap();
    let max_bytes = 4 * MIB;
    let journal = open(&dir, Limits { max_bytes, keep_bytes: max_bytes, ..LIMITS });
    let append =
        || block_on(journal.append(inbound("e", None), Bytes::from(vec![b'x'; 60_000]), None));
    let last = std::iter::from_fn(|| append().ok()).last().unwrap();
    assert_eq!(*journal.condition().borrow(), Condition::Full);
    journal.shared().maintain(None).1.unwrap();
    assert_eq!(*journal.condition().borrow(), Condition::Full, "nothing is published yet");
    journal.shared().advance(last + 1);
    journal.shared().maintain(None).1.unwrap();
    assert_eq!(*journal.condition().borrow(), Condition::Full, "the stream may lack all of it");
    trust(&journal);
    assert_eq!(*journal.condition().borrow(), Condition::Writable);
}

#[test]
fn on_a_full_disk_published_segments_go() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(&dir, Limits { segment_bytes: 1, ..LIMITS });
    let sequences = append_all(&journal, &vec![b"x".to_vec(); 4]);
    let shared = journal.shared();
    trust(&journal);
    shared.advance(sequences[2]);
    shared.report(Condition::Failing);
    // Whatever is written to it, there is no room.
    std::os::unix::fs::symlink("/dev/full", dir.path().join("probe")).unwrap();
    shared.maintain(Some("run")).1.unwrap();
    let left: Vec<_> = inspect(&dir).iter().map(|found| found.record.sequence).collect();
    assert_eq!(left, sequences[2..]);
    assert_eq!(*journal.condition().borrow(), Condition::Writable);
}

#[test]
fn who_floods_the_journal_leaves_room_to_other_tenants() {
    let dir = tempfile::tempdir().unwrap();
    let max_bytes = MIB / 4;
    let journal = open(&dir, Limits { max_bytes, ..LIMITS });
    let append = |tenant: &str, bytes| {
        let event = Inbound { tenant: tenant.parse().unwrap(), ..inbound("e", None) };
        block_on(journal.append(event, Bytes::from(vec![b'x'; bytes]), None))
    };
    let flood = |tenant: &str, bytes| loop {
        if let Err(error) = append(tenant, bytes) {
            return error;
        }
    };
    journal.shared().divide(true);
    for (tenant, bytes, leaves) in [("first", 10, 24), ("second", 2000, 5)] {
        assert_eq!(flood(tenant, bytes), AppendError::Share);
        let left = max_bytes - journal.shared().maintain(None).0.unpublished;
        assert!(left > leaves * 2000, "{left} bytes are left by {tenant}");
        append("quiet", 2000).unwrap();
    }
    assert_eq!(append("first", 1), Err(AppendError::Share));
    assert_eq!(*journal.condition().borrow(), Condition::Writable);

    let published = append("quiet", 2000).unwrap();
    journal.shared().advance(published);
    append("first", 2000).unwrap();

    journal.shared().divide(false);
    assert_eq!(flood("first", 2000), AppendError::Full, "who is alone has all of it");
}

#[test]
fn whose_events_an_earlier_run_wrote_is_unknown_and_they_take_room_all_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let limits = Limits { max_bytes: MIB, ..LIMITS };
    append_all(&open(&dir, limits), &vec![vec![b'x'; 8000]; 90]);
    let journal = open(&dir, limits);
    journal.shared().divide(true);
    let append = |tenant: &str| {
        let event = Inbound { tenant: tenant.parse().unwrap(), ..inbound("e", None) };
        block_on(journal.append(event, Bytes::from(vec![b'x'; 8000]), None))
    };
    append("quiet").unwrap();
    let taken = std::iter::from_fn(|| append("flood").ok()).count();
    assert!((20..36).contains(&taken), "{taken} of the 40 that there was room for");
    append("quiet").unwrap();
}
