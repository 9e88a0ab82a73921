//! How it is noticed that a journal fails, and that it works again.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;

use rustix::thread::{CapabilitySet, CapabilitySets, set_capabilities};

use super::*;

pub(super) fn permit(dir: &TempDir, mode: u32) {
    std::fs::set_permissions(dir.path(), Permissions::from_mode(mode)).unwrap();
}

/// Gives up, for this thread and those that it starts, what lets the superuser pass over permissions.
pub(super) fn give_up_privileges() {
    let none = CapabilitySet::empty();
    let sets = CapabilitySets { effective: none, permitted: none, inheritable: none };
    set_capabilities(None, sets).unwrap();
}

#[test]
fn a_folder_that_fails_refuses_events_until_it_works_again() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal");
    let journal = Journal::open(&path, LIMITS).unwrap();
    std::fs::remove_dir_all(&path).unwrap();
    let append = || block_on(journal.append(inbound("e", None), Bytes::from_static(b"x"), None));
    assert_eq!(append(), Err(AppendError::Unwritable));
    assert_eq!(*journal.condition().borrow(), Condition::Failing);
    std::fs::create_dir(&path).unwrap();
    journal.shared().maintain(None).1.unwrap();
    assert_eq!(*journal.condition().borrow(), Condition::Writable);
    append().unwrap();
}

#[test]
fn a_journal_whose_folder_cannot_be_synced_fails_until_it_can() {
    let failing = || {
        give_up_privileges();
        let dir = tempfile::tempdir().unwrap();
        let journal = open(&dir, LIMITS);
        // A file can be made in it and written, and it cannot be opened to be synced.
        permit(&dir, 0o300);
        let append =
            || block_on(journal.append(inbound("e", None), Bytes::from_static(b"x"), None));
        assert_eq!(append(), Err(AppendError::Unwritable));
        journal.shared().maintain(None).1.unwrap();
        assert_eq!(*journal.condition().borrow(), Condition::Failing);
        permit(&dir, 0o700);
        journal.shared().maintain(None).1.unwrap();
        assert_eq!(*journal.condition().borrow(), Condition::Writable);
        append().unwrap();
    };
    std::thread::spawn(failing).join().unwrap();
}

#[test]
fn a_journal_that_cannot_be_written_at_the_start_is_not_said_to_work() {
    let dir = tempfile::tempdir().unwrap();
    let taken = dir.path().join("probe");
    std::fs::create_dir(&taken).unwrap();
    let journal = open(&dir, LIMITS);
    assert_eq!(*journal.condition().borrow(), Condition::Failing);
    std::fs::remove_dir(&taken).unwrap();
    journal.shared().maintain(None).1.unwrap();
    assert_eq!(*journal.condition().borrow(), Condition::Writable);
}

#[test]
fn a_folder_whose_lock_somebody_removed_is_locked_again_before_a_segment_is_begun_in_it() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(&dir, LIMITS);
    append_all(&journal, &[b"x".to_vec()]);
    remove_everything(&dir);
    append_all(&journal, &[b"y".to_vec()]);
    let error = Journal::open(dir.path(), LIMITS).unwrap_err();
    assert!(matches!(error, OpenError::InUse(_)), "{error}");
}
