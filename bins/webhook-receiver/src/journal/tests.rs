use std::fs::OpenOptions;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::time::Duration;

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::testing::inbound;

mod ageing;
mod backlog;
mod failing;
mod hanging;
mod healing;
mod room;
mod taken;
mod unreadable;

const LIMITS: Limits = Limits {
    segment_bytes: 64 * 1024,
    segment_age: Duration::from_hours(1),
    max_bytes: 1024 * 1024,
    keep_bytes: 1024 * 1024,
    keep_for: Duration::from_mins(15),
    tail_bytes: 1024 * 1024,
    // A busy machine may be long about it.
    patience: Duration::from_mins(1),
};

fn open(dir: &TempDir, limits: Limits) -> Journal {
    Journal::open(dir.path(), limits).unwrap()
}

/// What waits for ever is a failure of one test, and not the end of all of them.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime
        .block_on(async { tokio::time::timeout(Duration::from_mins(2), future).await })
        .expect("it ends")
}

/// Appends one after the other, so that each is a group of its own.
fn append_all(journal: &Journal, bodies: &[Vec<u8>]) -> Vec<u64> {
    block_on(async {
        let mut sequences = Vec::new();
        for body in bodies {
            let event = inbound("message_created", None);
            sequences.push(journal.append(event, body.clone().into(), None).await.unwrap());
        }
        sequences
    })
}

/// Has the stream beyond doubt.
fn trust(journal: &Journal) {
    journal.shared().note_healed("run");
    journal.shared().maintain(Some("run")).1.unwrap();
}

fn inspect(dir: &TempDir) -> Vec<Inspected> {
    read(dir.path()).unwrap().collect::<io::Result<_>>().unwrap()
}

fn bodies(inspected: &[Inspected]) -> Vec<Vec<u8>> {
    inspected.iter().map(|found| found.record.body.to_vec()).collect()
}

fn segments(dir: &TempDir) -> Vec<PathBuf> {
    segment::list(dir.path()).unwrap().into_iter().map(|(_, path, _)| path).collect()
}

/// Removes every file of the folder, the lock too.
fn remove_everything(dir: &TempDir) {
    for entry in dir.path().read_dir().unwrap() {
        std::fs::remove_file(entry.unwrap().path()).unwrap();
    }
}

async fn next(feed: &mut Feed) -> u64 {
    loop {
        feed.filled().await;
        if let Some(outgoing) = feed.ready() {
            return outgoing.record.sequence;
        }
    }
}

/// Everything that the feed has at hand.
fn drain(feed: &mut Feed) -> Vec<u64> {
    block_on(async {
        let mut sequences = Vec::new();
        while !feed.is_drained() {
            feed.filled().await;
            sequences.extend(feed.ready().map(|outgoing| outgoing.record.sequence));
        }
        sequences
    })
}

#[test]
fn a_start_forgets_what_was_refused_and_never_came_to_the_disk() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(&dir, LIMITS);
    let kept = append_all(&journal, &[b"x".to_vec()])[0];
    for sequence in [kept, kept + 7] {
        assert!(journal.shared().refuse(sequence));
    }
    journal.shared().maintain(None).1.unwrap();
    drop(journal);
    let journal = open(&dir, LIMITS);
    assert!(!journal.shared().refuse(kept), "it is known");
    assert!(journal.shared().refuse(kept + 7));
}

#[test]
fn what_was_appended_is_read_back_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(&dir, LIMITS);
    let events = [inbound("message_created", Some("d-1".to_owned())), inbound("né\u{1}", None)];
    let appended: Vec<_> = events
        .into_iter()
        .map(|inbound| {
            let body = Bytes::from_static(b"{\"a\":\xff}");
            let sequence = block_on(journal.append(inbound.clone(), body.clone(), None)).unwrap();
            Inspected { record: Record { sequence, inbound, body }, published: false }
        })
        .collect();
    assert_eq!(inspect(&dir), appended);
    drop(journal);
    let _reopened = open(&dir, LIMITS);
    assert_eq!(inspect(&dir), appended);
}

#[test]
fn many_at_once_get_one_sequence_each() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(&dir, LIMITS);
    let appends = (0..200u32)
        .map(|i| journal.append(inbound("e", None), Bytes::from(i.to_be_bytes().to_vec()), None));
    let answers = block_on(futures_util::future::join_all(appends));
    let sequences: std::collections::BTreeSet<_> =
        answers.into_iter().map(Result::unwrap).collect();
    assert_eq!(sequences.len(), 200);
    assert_eq!(inspect(&dir).len(), 200);
}

#[test]
fn a_second_receiver_is_told_to_take_another_folder() {
    let dir = tempfile::tempdir().unwrap();
    let _first = open(&dir, LIMITS);
    let error = Journal::open(dir.path(), LIMITS).unwrap_err();
    assert!(error.to_string().contains("give each receiver its own JOURNAL_DIR"), "{error}");
}

#[test]
fn a_start_feeds_what_is_not_marked_as_published_and_then_what_comes() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(&dir, LIMITS);
    let sequences = append_all(&journal, &vec![b"x".to_vec(); 10]);
    journal.shared().advance(sequences[4]);
    journal.shared().maintain(None).1.unwrap();
    drop(journal);

    let journal = open(&dir, LIMITS);
    let mut feed = journal.shared().feed();
    let later = append_all(&journal, &[b"y".to_vec()]);
    assert_eq!(drain(&mut feed), [&sequences[4..], &later].concat());
    let published: Vec<_> = inspect(&dir).iter().map(|found| found.published).collect();
    assert_eq!(published, [vec![true; 4], vec![false; 7]].concat());
}

#[test]
fn a_lost_mark_publishes_everything_again_and_a_lost_journal_reuses_no_sequence() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(&dir, LIMITS);
    let sequences = append_all(&journal, &vec![b"x".to_vec(); 3]);
    journal.shared().advance(sequences[2] + 1);
    journal.shared().maintain(None).1.unwrap();
    drop(journal);

    let mark = dir.path().join("published.json");
    let saved = std::fs::read(&mark).unwrap();
    std::fs::write(&mark, "").unwrap();
    let journal = open(&dir, LIMITS);
    assert_eq!(drain(&mut journal.shared().feed()), sequences);
    drop(journal);

    std::fs::write(&mark, saved).unwrap();
    for path in segments(&dir) {
        std::fs::remove_file(path).unwrap();
    }
    let journal = open(&dir, LIMITS);
    let later = append_all(&journal, &[b"y".to_vec()]);
    assert!(later[0] > sequences[2]);
    assert_eq!(drain(&mut journal.shared().feed()), later);
}

#[test]
fn a_publisher_that_falls_behind_reads_the_rest_from_disk_in_order() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(&dir, Limits { tail_bytes: 4096, ..LIMITS });
    let mut feed = journal.shared().feed();
    let mut appended = append_all(&journal, &vec![vec![b'x'; 1000]; 150]);
    let mut received = drain(&mut feed);
    appended.extend(append_all(&journal, &vec![vec![b'x'; 100]; 3]));
    received.extend(drain(&mut feed));
    assert_eq!(received, appended);
    assert!(segments(&dir).len() > 1, "the test is to cross segments");
}

#[test]
fn a_waiter_is_dropped_when_the_publisher_is_too_far_behind() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(&dir, Limits { tail_bytes: 4096, ..LIMITS });
    let (waiter, mut published) = oneshot::channel();
    block_on(journal.append(inbound("e", None), Bytes::from_static(b"x"), Some(waiter))).unwrap();
    assert_eq!(published.try_recv(), Err(oneshot::error::TryRecvError::Empty));
    append_all(&journal, &[vec![b'x'; 4096]]);
    assert_eq!(published.try_recv(), Err(oneshot::error::TryRecvError::Closed));
}

#[test]
fn refused_events_keep_their_segment_until_the_stream_takes_them() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(&dir, Limits { keep_for: Duration::ZERO, segment_bytes: 1, ..LIMITS });
    let sequences = append_all(&journal, &vec![b"x".to_vec(); 3]);
    let shared = journal.shared();
    shared.note_healed("run");
    shared.refuse(sequences[0]);
    shared.advance(sequences[2]);
    assert_eq!(shared.maintain(Some("run")).0.refused, 1);
    let left: Vec<_> = inspect(&dir).iter().map(|found| found.record.sequence).collect();
    assert_eq!(left, [sequences[0], sequences[2]]);
    let (_, settled) =
        block_on(async { shared.stretch(0..shared.handed_out()).await.next().await });
    assert_eq!(settled.iter().map(|r| r.sequence).collect::<Vec<_>>(), [sequences[0]]);
    shared.taken(sequences[0], true);
    shared.maintain(Some("run")).1.unwrap();
    assert_eq!(inspect(&dir).len(), 1);
}

#[test]
fn published_segments_go_even_if_the_mark_cannot_be_written() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(&dir, Limits { keep_for: Duration::ZERO, segment_bytes: 1, ..LIMITS });
    let sequences = append_all(&journal, &vec![b"x".to_vec(); 2]);
    let shared = journal.shared();
    shared.note_healed("run");
    shared.advance(sequences[1]);
    std::fs::create_dir(dir.path().join("published.json.new")).unwrap();
    shared.report(Condition::Failing);
    let (size, noted) = shared.maintain(Some("run"));
    noted.unwrap_err();
    assert_eq!(size.segments, 1);
    let left: Vec<_> = inspect(&dir).iter().map(|found| found.record.sequence).collect();
    assert_eq!(left, [sequences[1]]);
    assert_eq!(*journal.condition().borrow(), Condition::Writable);
}

#[test]
fn an_event_too_large_for_a_record_is_refused_alone() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(&dir, Limits { max_bytes: 64 * 1024 * 1024, ..LIMITS });
    let event = || inbound("e", None);
    let large = Bytes::from(vec![b'x'; record::MAX_PAYLOAD]);
    let (refused, taken) = block_on(futures_util::future::join(
        journal.append(event(), large, None),
        journal.append(event(), Bytes::from_static(b"x"), None),
    ));
    assert_eq!(refused, Err(AppendError::TooLarge));
    taken.unwrap();
    let long_name = journal.append(inbound(&"e".repeat(70_000), None), Bytes::new(), None);
    assert_eq!(block_on(long_name), Err(AppendError::TooLarge));
    assert_eq!(inspect(&dir).len(), 1);
}

fn some_bodies() -> impl Strategy<Value = Vec<Vec<u8>>> {
    proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..400), 1..12)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// A crash cuts the file anywhere, or leaves anything after the cut.
    #[test]
    fn a_torn_end_costs_nothing_before_it(
        bodies_in in some_bodies(),
        cut in any::<proptest::sample::Index>(),
        garbage in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        let dir = tempfile::tempdir().unwrap();
        let journal = open(&dir, LIMITS);
        // How long the file is after each acknowledgement.
        let ends: Vec<u64> = bodies_in.iter().map(|body| {
            append_all(&journal, std::slice::from_ref(body));
            segments(&dir)[0].metadata().unwrap().len()
        }).collect();
        drop(journal);

        let path = segments(&dir).remove(0);
        let cut = cut.index(usize::try_from(*ends.last().unwrap()).unwrap() + 1) as u64;
        let mut file = OpenOptions::new().append(true).open(&path).unwrap();
        file.set_len(cut).unwrap();
        file.write_all(&garbage).unwrap();
        drop(file);

        let survivors = ends.iter().filter(|end| **end <= cut).count();
        let journal = open(&dir, LIMITS);
        prop_assert_eq!(drain(&mut journal.shared().feed()).len(), survivors);
        let later = append_all(&journal, &[b"later".to_vec()]);
        prop_assert_eq!(later.len(), 1);
        let mut expected = bodies_in[..survivors].to_vec();
        expected.push(b"later".to_vec());
        prop_assert_eq!(bodies(&inspect(&dir)), expected);
        // The start after it finds nothing more to mend.
        drop(journal);
        let _journal = open(&dir, LIMITS);
        prop_assert_eq!(inspect(&dir).len(), survivors + 1);
    }

    /// A flipped byte costs the record it is in, wherever that is.
    #[test]
    fn damage_costs_one_record(
        bodies_in in some_bodies(),
        at in any::<proptest::sample::Index>(),
        flip in 1u8..,
    ) {
        let dir = tempfile::tempdir().unwrap();
        let journal = open(&dir, LIMITS);
        let mut starts = vec![];
        for body in &bodies_in {
            starts.push(segments(&dir).first().map_or(segment::PREAMBLE, |path| {
                path.metadata().unwrap().len()
            }));
            append_all(&journal, std::slice::from_ref(body));
        }
        drop(journal);

        let path = segments(&dir).remove(0);
        let mut content = std::fs::read(&path).unwrap();
        let preamble = usize::try_from(segment::PREAMBLE).unwrap();
        let at = preamble + at.index(content.len() - preamble);
        content[at] ^= flip;
        let mut file = OpenOptions::new().write(true).open(&path).unwrap();
        file.seek(SeekFrom::Start(0)).unwrap();
        file.write_all(&content).unwrap();
        drop(file);

        let hit = starts.iter().rposition(|start| *start <= at as u64).unwrap();
        let mut expected = bodies_in;
        expected.remove(hit);
        let _journal = open(&dir, LIMITS);
        prop_assert_eq!(bodies(&inspect(&dir)), expected);
    }
}

#[test]
fn a_segment_with_a_damaged_beginning_is_set_aside() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(&dir, LIMITS);
    append_all(&journal, &[b"x".to_vec()]);
    drop(journal);
    let path = segments(&dir).remove(0);
    let mut content = std::fs::read(&path).unwrap();
    content[0] ^= 1;
    std::fs::write(&path, content).unwrap();

    let journal = open(&dir, LIMITS);
    assert!(path.with_extension("damaged").exists());
    append_all(&journal, &[b"y".to_vec()]);
    assert_eq!(bodies(&inspect(&dir)), [b"y".to_vec()]);
}

#[test]
fn a_body_that_looks_like_a_record_is_not_taken_for_one() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(&dir, LIMITS);
    append_all(&journal, &[b"x".to_vec()]);
    drop(journal);
    // A whole record of another segment, sent as a body and then torn.
    let record = std::fs::read(segments(&dir).remove(0)).unwrap()[28..].to_vec();
    let journal = open(&dir, LIMITS);
    append_all(&journal, &[[record.clone(), record].concat()]);
    drop(journal);
    let path = segments(&dir).pop().unwrap();
    let length = path.metadata().unwrap().len();
    OpenOptions::new().write(true).open(&path).unwrap().set_len(length - 1).unwrap();
    let _journal = open(&dir, LIMITS);
    assert_eq!(inspect(&dir).len(), 1);
}
