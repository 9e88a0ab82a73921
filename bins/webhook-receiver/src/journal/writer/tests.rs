use std::mem::ManuallyDrop;
use std::os::fd::OwnedFd;

use super::*;
use crate::config::Config;
use crate::journal::tail::Next;
use crate::journal::{Journal, Limits, read};
use crate::testing::inbound;

/// A writer whose groups are committed by hand.
fn writer(dir: &std::path::Path) -> Writer {
    writer_within(dir, Config::with("".into(), dir.to_owned()).limits())
}

fn writer_within(dir: &std::path::Path, limits: Limits) -> Writer {
    let shared = Journal::open(dir, limits).unwrap().shared();
    Writer::new(shared, mpsc::channel(1).1, 1)
}

fn append(body: &'static str) -> (Append, oneshot::Receiver<Result<u64, AppendError>>) {
    let (done, answer) = oneshot::channel();
    let inbound = inbound("message_created", None);
    (Append { inbound, body: body.into(), done, waiter: None }, answer)
}

fn commit(writer: &mut Writer, body: &'static str) -> Result<u64, AppendError> {
    let (append, mut answer) = append(body);
    writer.commit(vec![append]);
    answer.try_recv().unwrap()
}

/// From now on every write to the present segment fails.
fn break_segment(writer: &mut Writer) {
    let active = writer.active.as_mut().unwrap();
    active.file = File::open(&active.path).unwrap();
}

/// From now on the present segment takes what is written to it, and cannot be synced, as a pipe cannot.
fn keep_from_syncing(writer: &mut Writer) -> io::PipeReader {
    let (reader, pipe) = io::pipe().unwrap();
    writer.active.as_mut().unwrap().file = OwnedFd::from(pipe).into();
    reader
}

fn bodies(dir: &std::path::Path) -> Vec<Bytes> {
    read(dir).unwrap().map(|found| found.unwrap().record.body).collect()
}

#[test]
fn a_group_waits_for_enough_after_another_one_and_the_first_for_nobody() {
    let dir = tempfile::tempdir().unwrap();
    let (queue, waiting) = mpsc::channel(GROUP_RECORDS);
    let mut writer = writer(dir.path());
    writer.queue = waiting;
    writer.gathering = Duration::from_hours(1);
    let mut group = vec![append("the first").0];
    writer.gather(&mut group);
    assert_eq!(group.len(), 1);

    let mut group = vec![append("the second").0];
    let waiting = std::thread::current();
    let senders = std::thread::spawn(move || {
        let mut found = Vec::new();
        for _ in 1..ENOUGH {
            found.push(enough(&queue));
            queue.blocking_send(append("another").0).unwrap();
        }
        found.push(enough(&queue));
        waiting.unpark();
        (queue, found)
    });
    writer.gather(&mut group);
    assert_eq!(group.len(), ENOUGH);
    let (_queue, found) = senders.join().unwrap();
    assert_eq!(found.iter().position(|enough| *enough), Some(ENOUGH - 1));
}

#[tokio::test]
async fn whoever_appends_the_last_of_enough_wakes_the_writer() {
    let dir = tempfile::tempdir().unwrap();
    let limits = Config::with("".into(), dir.path().to_owned()).limits();
    let mut journal = Journal::open(dir.path(), limits).unwrap();
    journal.queue = None;
    journal.writer.take().unwrap().join().unwrap();
    let (queue, waiting) = mpsc::channel(GROUP_RECORDS);
    let mut writer = Writer::new(journal.shared(), waiting, 1);
    writer.gathering = Duration::from_hours(1);
    journal.writer = Some(std::thread::spawn(move || writer.run()));
    journal.queue = Some(queue.clone());
    // Dropping it would wait for the writer, who waits for an hour if this fails.
    let journal = ManuallyDrop::new(journal);

    let append =
        |body: &'static str| journal.append(inbound("message_created", None), body.into(), None);
    append("the first").await.unwrap();
    let mut second = std::pin::pin!(append("the second"));
    assert!(futures_util::poll!(&mut second).is_pending());
    while queue.capacity() < queue.max_capacity() {
        std::thread::yield_now();
    }
    let others = futures_util::future::join_all((1..ENOUGH).map(|_| append("another")));
    let both = futures_util::future::join(second, others);
    let (second, others) = tokio::time::timeout(Duration::from_mins(1), both).await.unwrap();
    assert!(second.is_ok() && others.iter().all(Result::is_ok));
}

#[test]
fn a_segment_that_fails_is_left_and_the_group_goes_into_the_next_one() {
    let dir = tempfile::tempdir().unwrap();
    let mut writer = writer(dir.path());
    let first = commit(&mut writer, "first").unwrap();
    break_segment(&mut writer);
    let second = commit(&mut writer, "second").unwrap();
    assert!(second > first);
    assert_eq!(bodies(dir.path()), ["first", "second"]);
    let sealed: Vec<_> = writer.shared.ledger().segments.iter().map(|s| s.sealed).collect();
    assert_eq!(sealed, [true, false]);
    assert_eq!(*writer.shared.condition.borrow(), Condition::Writable);
}

#[test]
fn nothing_is_acknowledged_into_a_file_that_is_not_in_the_folder_any_more() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal");
    let mut writer = writer(&path);
    commit(&mut writer, "first").unwrap();
    std::fs::remove_file(&writer.active.as_ref().unwrap().path).unwrap();
    commit(&mut writer, "second").unwrap();
    assert_eq!(bodies(&path), ["second"]);
    assert_eq!(*writer.shared.condition.borrow(), Condition::Writable);

    std::fs::rename(&path, dir.path().join("away")).unwrap();
    assert_eq!(commit(&mut writer, "third"), Err(AppendError::Unwritable));
    std::fs::create_dir(&path).unwrap();
    commit(&mut writer, "fourth").unwrap();
    assert_eq!(bodies(&path), ["fourth"]);
}

#[test]
fn what_was_written_and_not_synced_goes_into_the_next_segment_before_it_is_acknowledged() {
    let dir = tempfile::tempdir().unwrap();
    let mut writer = writer(dir.path());
    commit(&mut writer, "first").unwrap();
    let _reader = keep_from_syncing(&mut writer);
    commit(&mut writer, "second").unwrap();
    assert_eq!(bodies(dir.path()), ["first", "second"]);
    let sealed: Vec<_> = writer.shared.ledger().segments.iter().map(|s| s.sealed).collect();
    assert_eq!(sealed, [true, false]);
}

#[test]
fn the_publisher_has_a_group_before_it_is_synced() {
    let dir = tempfile::tempdir().unwrap();
    let mut writer = writer(dir.path());
    commit(&mut writer, "first").unwrap();
    let _reader = keep_from_syncing(&mut writer);
    let second = commit(&mut writer, "second").unwrap();
    let Next::Memory(records) = writer.shared.tail.next(1, 10) else { panic!("nothing is there") };
    let bodies: Vec<_> = records.iter().map(|outgoing| &outgoing.record.body[..]).collect();
    assert_eq!(bodies, [&b"first"[..], b"second", b"second"]);
    // Once for each segment that it was written to: the stream takes one of them.
    assert_eq!(records[1].record.inbound, records[2].record.inbound);
    assert!(records[1].record.sequence < second);
    assert_eq!(*writer.shared.settled_below.borrow(), second + 1);
}

/// What memory lets go of is read from the disk.
#[test]
fn what_memory_has_no_room_for_is_published_only_once_it_is_synced() {
    let dir = tempfile::tempdir().unwrap();
    let limits = Config::with("".into(), dir.path().to_owned()).limits();
    let mut writer = writer_within(dir.path(), Limits { tail_bytes: 0, ..limits });
    let first = commit(&mut writer, "first").unwrap();
    let _reader = keep_from_syncing(&mut writer);
    let (append, _answer) = append("second");
    assert!(writer.store(&mut [append]).is_err());
    let next = writer.shared.tail.next(0, 10);
    assert!(matches!(next, Next::Disk { below } if below == first + 1), "{next:?}");
}

#[test]
fn on_a_full_disk_what_is_published_goes_before_anything_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let mut writer = writer(dir.path());
    let mut sequences = Vec::new();
    for body in ["first", "second", "third"] {
        sequences.push(commit(&mut writer, body).unwrap());
        writer.seal();
    }
    commit(&mut writer, "fourth").unwrap();
    writer.shared.note_healed("run");
    writer.shared.maintain(Some("run")).1.unwrap();
    writer.shared.advance(sequences[1] + 1);
    writer.active.as_mut().unwrap().file = File::options().write(true).open("/dev/full").unwrap();
    commit(&mut writer, "fifth").unwrap();
    assert_eq!(bodies(dir.path()), ["third", "fourth", "fifth"]);
}

#[test]
fn a_group_that_fails_twice_is_refused_and_what_was_acknowledged_stays() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal");
    let mut writer = writer(&path);
    commit(&mut writer, "first").unwrap();
    break_segment(&mut writer);
    // No new segment can be made either.
    let aside = dir.path().join("aside");
    std::fs::rename(&path, &aside).unwrap();
    assert_eq!(commit(&mut writer, "lost"), Err(AppendError::Unwritable));
    assert_eq!(*writer.shared.condition.borrow(), Condition::Failing);
    std::fs::rename(&aside, &path).unwrap();
    commit(&mut writer, "second").unwrap();
    assert_eq!(bodies(&path), ["first", "second"]);
}

#[tokio::test]
async fn what_was_written_too_late_is_in_the_way_of_nothing_that_who_took_the_folder_acknowledges()
{
    let dir = tempfile::tempdir().unwrap();
    let mut writer = writer(dir.path());
    commit(&mut writer, "first").unwrap();
    std::fs::remove_file(dir.path().join("lock")).unwrap();
    let limits = Config::with("".into(), dir.path().to_owned()).limits();
    let second = Journal::open(dir.path(), limits).unwrap();
    let (group, answers): (_, Vec<_>) = ["late"; 3].into_iter().map(append).unzip();
    writer.commit(group);
    for mut answer in answers {
        assert_eq!(answer.try_recv().unwrap(), Err(AppendError::Unwritable));
    }
    second.append(inbound("message_created", None), "second".into(), None).await.unwrap();
    drop((writer, second));

    let journal = Journal::open(dir.path(), limits).unwrap();
    let (_, records) =
        journal.shared().stretch(0..journal.shared().settled_below()).await.next().await;
    let bodies: Vec<_> = records.iter().map(|record| &record.body[..]).collect();
    assert_eq!(bodies, [&b"first"[..], b"second"]);
}
