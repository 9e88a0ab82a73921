//! What the disk does not give of a segment.

use super::failing::{give_up_privileges, permit};
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

const GO_AT_ONCE: Limits =
    Limits { tail_bytes: 0, segment_bytes: 100_000, keep_for: Duration::ZERO, ..LIMITS };

/// Has everything below this published and gone, and checks that a segment's content is kept.
fn is_kept_though_published(journal: &Journal, below: u64, path: &Path, content: &[u8]) {
    journal.shared().advance(below);
    trust(journal);
    assert!(!path.exists(), "it is out of the way");
    assert!(journal.shared().ledger().mark.to_keep.is_empty());
    assert!(std::fs::read(path.with_extension("damaged")).unwrap() == content);
}

#[test]
fn a_file_that_can_have_no_second_name_is_kept_all_the_same_when_its_time_comes() {
    let case = |restarts: bool| {
        give_up_privileges();
        let dir = tempfile::tempdir().unwrap();
        let mut journal = open(&dir, GO_AT_ONCE);
        append_all(&journal, &vec![vec![b'x'; 30_000]; 5]);
        let path = segments(&dir).remove(0);
        OpenOptions::new().write(true).open(&path).unwrap().set_len(70_000).unwrap();
        let content = std::fs::read(&path).unwrap();
        permit(&dir, 0o500);
        let mut feed = Feed::from(journal.shared(), 1, SOON);
        assert_eq!(drain(&mut feed).len(), 3);
        permit(&dir, 0o700);
        assert_eq!(aside(&dir), 0);
        let below = feed.position();
        drop(feed);
        if restarts {
            journal.shared().advance(below);
            journal.shared().maintain(None).1.unwrap();
            drop(journal);
            journal = open(&dir, GO_AT_ONCE);
        }
        is_kept_though_published(&journal, below, &path, &content);
    };
    for restarts in [false, true] {
        std::thread::spawn(move || case(restarts)).join().unwrap();
    }
}

#[test]
fn so_is_the_file_in_which_a_start_finds_damage() {
    let case = || {
        give_up_privileges();
        let dir = tempfile::tempdir().unwrap();
        let appended = append_all(&open(&dir, GO_AT_ONCE), &vec![b"x".to_vec(); 3]);
        let path = segments(&dir).remove(0);
        let mut content = std::fs::read(&path).unwrap();
        content[100] ^= 1;
        std::fs::write(&path, &content).unwrap();
        permit(&dir, 0o500);
        let journal = open(&dir, GO_AT_ONCE);
        permit(&dir, 0o700);
        assert_eq!(aside(&dir), 0);
        is_kept_though_published(&journal, appended[2] + 1, &path, &content);
    };
    std::thread::spawn(case).join().unwrap();
}
