//! A disk that does not come to an end.

use super::*;

const IMPATIENT: Limits = Limits { patience: Duration::from_secs(4), ..LIMITS };

#[test]
fn an_event_that_is_not_written_in_time_is_refused_and_written_late() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(&dir, IMPATIENT);
    let (shared, activity) = (journal.shared(), journal.activity());
    let append = |body: &'static [u8]| {
        block_on(journal.append(inbound("e", None), Bytes::from_static(body), None))
    };
    // The writer comes no further than this, as if its disk gave no answer.
    let ledger = shared.ledger();
    assert_eq!(append(b"late"), Err(AppendError::Unwritable));
    block_on(async {
        while !activity.borrow().hangs() {
            tokio::task::yield_now().await;
        }
    });
    drop(ledger);
    append(b" and in time").unwrap();
    assert!(!activity.borrow().hangs());
    assert_eq!(bodies(&inspect(&dir)).concat(), b"late and in time");
}

#[test]
fn nobody_who_ends_waits_for_it() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(&dir, IMPATIENT);
    let (shared, activity) = (journal.shared(), journal.activity());
    let ledger = shared.ledger();
    let append = journal.append(inbound("e", None), Bytes::from_static(b"late"), None);
    assert_eq!(block_on(append), Err(AppendError::Unwritable));
    assert!(activity.borrow().hangs());
    let (ended, end) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        drop(journal);
        ended.send(())
    });
    end.recv_timeout(Duration::from_mins(2)).unwrap();
    drop(ledger);
    block_on(async {
        while *activity.borrow() != Activity::Ended {
            tokio::task::yield_now().await;
        }
    });
    assert_eq!(bodies(&inspect(&dir)).concat(), b"late");
}

#[test]
fn it_is_known_that_the_writer_has_ended() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(&dir, LIMITS);
    append_all(&journal, &[b"x".to_vec()]);
    let activity = journal.activity();
    assert_ne!(*activity.borrow(), Activity::Ended);
    drop(journal);
    assert_eq!(*activity.borrow(), Activity::Ended);
}
