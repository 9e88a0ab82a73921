//! A folder that another receiver has taken, because somebody removed the lock.

use super::*;

fn try_append(journal: &Journal, body: &[u8]) -> Result<u64, AppendError> {
    block_on(journal.append(inbound("e", None), Bytes::copy_from_slice(body), None))
}

fn remove_lock(dir: &TempDir) {
    std::fs::remove_file(dir.path().join("lock")).unwrap();
}

/// What a receiver that starts now publishes.
fn published_next(dir: &TempDir) -> Vec<Vec<u8>> {
    let journal = open(dir, LIMITS);
    let mut feed = journal.shared().feed();
    block_on(async {
        let mut bodies = Vec::new();
        while !feed.is_drained() {
            feed.filled().await;
            bodies.extend(feed.ready().map(|outgoing| outgoing.record.body.to_vec()));
        }
        bodies
    })
}

/// Has three events published, marked, and nothing else.
fn publish_some(journal: &Journal) {
    let sequences = append_all(journal, &vec![b"published".to_vec(); 3]);
    journal.shared().advance(sequences[2] + 1);
    trust(journal);
}

#[test]
fn nothing_is_acknowledged_into_a_folder_that_another_receiver_took() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(&dir, LIMITS);
    append_all(&journal, &[b"x".to_vec()]);
    remove_lock(&dir);
    let second = open(&dir, LIMITS);
    assert_eq!(try_append(&journal, b"y"), Err(AppendError::Unwritable));
    append_all(&second, &[b"z".to_vec()]);
    drop((journal, second));
    assert_eq!(published_next(&dir), [b"x", b"z"]);
}

#[test]
fn a_folder_that_another_receiver_took_is_left_to_it() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(&dir, LIMITS);
    publish_some(&journal);
    remove_everything(&dir);
    let second = open(&dir, LIMITS);
    assert_eq!(*journal.condition().borrow(), Condition::Writable);
    journal.shared().maintain(None).1.unwrap_err();
    assert_eq!(*journal.condition().borrow(), Condition::Failing);
    assert_eq!(try_append(&journal, b"x"), Err(AppendError::Unwritable));
    assert!(segments(&dir).is_empty());

    append_all(&second, &[b"y".to_vec()]);
    second.shared().maintain(None).1.unwrap();
    drop(second);
    // What is there now it does not know before it is started again.
    journal.shared().maintain(None).1.unwrap_err();
    assert_eq!(*journal.condition().borrow(), Condition::Failing);
    assert_eq!(try_append(&journal, b"x"), Err(AppendError::Unwritable));
    drop(journal);
    assert_eq!(published_next(&dir), [b"y"]);
}

#[test]
fn nobody_can_take_a_folder_whose_lock_is_made_again() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(&dir, LIMITS);
    publish_some(&journal);
    for _ in 0..2 {
        remove_lock(&dir);
        journal.shared().maintain(None).1.unwrap();
        let error = Journal::open(dir.path(), LIMITS).unwrap_err();
        assert!(matches!(error, OpenError::InUse(_)), "{error}");
    }
    append_all(&journal, &[b"x".to_vec()]);
    drop(journal);
    assert_eq!(published_next(&dir), [b"x"], "the mark is still its own");
}

#[test]
fn a_folder_with_what_a_receiver_does_not_know_is_not_locked_again() {
    let one_marked = |dir: &TempDir| {
        remove_everything(dir);
        let second = open(dir, LIMITS);
        append_all(&second, &[b"y".to_vec()]);
        second.shared().maintain(None).1.unwrap();
    };
    let one_wrote = |dir: &TempDir| {
        remove_everything(dir);
        let second = open(dir, Limits { segment_bytes: 1, ..LIMITS });
        append_all(&second, &[b"y".to_vec(), b"y".to_vec()]);
        drop(second);
        std::fs::remove_file(&segments(dir)[0]).unwrap();
    };
    let cases: [&dyn Fn(&TempDir); 2] = [&one_marked, &one_wrote];
    for (index, comes_and_goes) in cases.into_iter().enumerate() {
        let dir = tempfile::tempdir().unwrap();
        let journal = open(&dir, LIMITS);
        publish_some(&journal);
        comes_and_goes(&dir);
        remove_lock(&dir);
        journal.shared().maintain(None).1.unwrap_err();
        assert_eq!(try_append(&journal, b"x"), Err(AppendError::Unwritable), "case {index}");
        drop(journal);
        assert_eq!(published_next(&dir), [b"y"], "case {index}");
    }
}

#[test]
fn a_file_that_is_just_being_made_or_removed_is_not_taken_for_anothers() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(&dir, LIMITS);
    publish_some(&journal);
    let (_, _, path) = segment::create(dir.path(), 1_000).unwrap();
    remove_lock(&dir);
    journal.shared().maintain(None).1.unwrap_err();
    std::fs::remove_file(path).unwrap();
    journal.shared().maintain(None).1.unwrap();
    append_all(&journal, &[b"x".to_vec()]);
}

#[test]
fn a_mark_that_came_late_from_who_lost_the_folder_counts_for_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("published.json");
    let journal = open(&dir, LIMITS);
    publish_some(&journal);
    let late = std::fs::read(&path).unwrap();
    remove_everything(&dir);
    let second = open(&dir, LIMITS);
    let [kept] = append_all(&second, &[b"y".to_vec()])[..] else { panic!() };
    second.shared().maintain(None).1.unwrap();
    drop((journal, second));
    std::fs::write(&path, late).unwrap();
    assert_eq!(published_next(&dir), [b"y"]);
    let later = append_all(&open(&dir, LIMITS), &[b"z".to_vec()]);
    assert!(later[0] > kept);
}

#[test]
fn no_file_goes_from_a_folder_that_another_receiver_took() {
    let dir = tempfile::tempdir().unwrap();
    let each_in_its_own = Limits { segment_bytes: 1, ..LIMITS };
    append_all(&open(&dir, each_in_its_own), &vec![vec![b'x'; 8000]; 3]);
    let limits = Limits { max_bytes: 40_000, keep_for: Duration::ZERO, ..LIMITS };
    let journal = open(&dir, limits);
    let shared = journal.shared();
    let [last] = append_all(&journal, &[vec![b'x'; 8000]])[..] else { panic!() };
    shared.note_healed("run");
    shared.advance(last);
    shared.ledger().set_in_doubt(false, Instant::now());
    let first = shared.ledger().segments[0].first;
    remove_lock(&dir);
    let _second = open(&dir, LIMITS);

    try_append(&journal, &vec![b'x'; 20_000]).unwrap_err();
    shared.maintain(Some("run")).1.unwrap_err();
    shared.set_aside(first, None).unwrap_err();
    shared.keep(first, 1);
    assert_eq!(segments(&dir).len(), 4);
    assert_eq!(set_aside(dir.path()).unwrap(), [] as [PathBuf; 0]);
}
