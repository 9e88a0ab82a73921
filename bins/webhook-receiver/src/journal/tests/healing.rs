//! What a run of the server that lost its end gets again, and what is set aside.

use super::*;

#[test]
fn a_start_knows_which_run_of_the_server_has_everything_unless_it_refused_something() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(&dir, LIMITS);
    assert_eq!(journal.shared().healed_server(), None);
    journal.shared().note_healed("run 1");
    journal.shared().maintain(None).1.unwrap();
    drop(journal);
    let journal = open(&dir, LIMITS);
    assert_eq!(journal.shared().healed_server().as_deref(), Some("run 1"));
    journal.shared().refuse(1);
    assert_eq!(journal.shared().healed_server(), None);
}

#[test]
fn all_that_was_handed_out_is_published_again_however_slow_one_event_is() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(&dir, LIMITS);
    let sequences = append_all(&journal, &vec![b"x".to_vec(); 10]);
    let shared = journal.shared();
    let mut feed = shared.feed();
    for _ in 0..8 {
        block_on(next(&mut feed));
    }
    // The stream has acknowledged all but the third.
    shared.advance(sequences[2]);
    let (_, again) = block_on(async { shared.stretch(0..shared.handed_out()).await.next().await });
    assert_eq!(again.iter().map(|r| r.sequence).collect::<Vec<_>>(), sequences[..8]);
}

#[tokio::test]
async fn what_was_handed_out_is_read_again_once_it_is_on_disk_and_the_rest_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(&dir, LIMITS);
    let shared = journal.shared();
    let settled = *shared.settled_below.borrow();
    assert!(futures_util::poll!(std::pin::pin!(shared.stretch(0..settled))).is_ready());
    let mut again = std::pin::pin!(shared.stretch(settled..settled + 1));
    assert!(futures_util::poll!(&mut again).is_pending());
    shared.settled_below.send_replace(settled + 1);
    assert!(futures_util::poll!(&mut again).is_ready());
}

#[test]
fn nothing_goes_by_age_before_this_run_of_the_server_has_everything() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(&dir, Limits { keep_for: Duration::ZERO, segment_bytes: 1, ..LIMITS });
    let sequences = append_all(&journal, &vec![b"x".to_vec(); 3]);
    let shared = journal.shared();
    shared.advance(sequences[2] + 1);
    shared.note_healed("run 1");
    for connected_to in [None, Some("run 2")] {
        shared.maintain(connected_to).1.unwrap();
        assert_eq!(inspect(&dir).len(), 3, "{connected_to:?}");
    }
    shared.note_healed("run 2");
    shared.maintain(Some("run 2")).1.unwrap();
    assert_eq!(inspect(&dir).len(), 1, "the open segment");
}

#[test]
fn the_segment_that_is_written_to_goes_too_unless_something_is_being_written() {
    let dir = tempfile::tempdir().unwrap();
    let (segment_age, keep_for) = (Duration::ZERO, Duration::ZERO);
    let journal = open(&dir, Limits { segment_age, keep_for, ..LIMITS });
    let sequences = append_all(&journal, &[b"x".to_vec()]);
    let shared = journal.shared();
    shared.advance(sequences[0] + 1);
    shared.note_healed("run");
    for (activity, left) in [(Activity::Writing(Instant::now()), 1), (Activity::Waiting, 0)] {
        shared.activity.send_replace(activity);
        shared.maintain(Some("run")).1.unwrap();
        assert_eq!(inspect(&dir).len(), left, "{activity:?}");
    }
    append_all(&journal, &[b"y".to_vec()]);
    assert_eq!(bodies(&inspect(&dir)), [b"y"]);
}

#[test]
fn nothing_goes_by_age_while_the_stream_does_not_tell_what_it_has() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(&dir, Limits { keep_for: Duration::ZERO, segment_bytes: 1, ..LIMITS });
    let sequences = append_all(&journal, &vec![b"x".to_vec(); 3]);
    let shared = journal.shared();
    shared.advance(sequences[2] + 1);
    shared.note_healed("run");
    for (told, left) in [(false, 3), (true, 1)] {
        shared.note_looked(told);
        shared.maintain(Some("run")).1.unwrap();
        assert_eq!(inspect(&dir).len(), left, "told: {told}");
    }
}

#[test]
fn a_start_looks_for_what_was_confirmed_last_unless_that_is_in_doubt() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(&dir, LIMITS);
    let at = |position| Confirmed { position, event: domain::EventId::generate() };
    let (cut_off, last) = (at(6), at(7));
    journal.shared().note_healed("run");
    journal.shared().confirmed_last(cut_off);
    journal.shared().confirmed(last);
    journal.shared().maintain(None).1.unwrap();
    drop(journal);
    let journal = open(&dir, LIMITS);
    assert_eq!(journal.shared().to_look_for(), [cut_off, last]);
    journal.shared().doubt();
    journal.shared().maintain(None).1.unwrap();
    drop(journal);
    let journal = open(&dir, LIMITS);
    assert_eq!(journal.shared().to_look_for(), []);
    assert_eq!(journal.shared().healed_server(), None);
}

#[test]
fn a_feed_that_finds_nothing_on_the_disk_is_drained() {
    let dir = tempfile::tempdir().unwrap();
    drop({
        let journal = open(&dir, LIMITS);
        append_all(&journal, &[b"x".to_vec()]);
        journal
    });
    // Numbers were given out, of which the disk gives no event.
    std::fs::write(segments(&dir).remove(0), [0; 100]).unwrap();
    let journal = open(&dir, LIMITS);
    let mut feed = journal.shared().feed();
    assert!(!feed.is_drained());
    block_on(feed.filled());
    assert!(feed.ready().is_none());
    assert!(feed.is_drained());
}

/// Replaces a segment by something that can be opened and not read.
fn make_unreadable(path: &Path) {
    std::fs::remove_file(path).unwrap();
    std::fs::create_dir(path).unwrap();
}

pub(super) const SOON: service::retry::Policy = service::retry::Policy {
    shortest: Duration::from_millis(1),
    longest: Duration::from_millis(1),
};

pub(super) fn aside(dir: &TempDir) -> usize {
    set_aside(dir.path()).unwrap().len()
}

#[test]
fn a_segment_that_cannot_be_read_is_set_aside_and_the_next_ones_are_published() {
    let dir = tempfile::tempdir().unwrap();
    // Memory holds nothing, and each event has a segment of its own.
    let journal = open(&dir, Limits { tail_bytes: 0, segment_bytes: 1, ..LIMITS });
    let appended = append_all(&journal, &vec![b"x".to_vec(); 4]);
    // One that is closed, and the one that is written to.
    for index in [1, 3] {
        make_unreadable(&segments(&dir)[index]);
    }
    let mut feed = Feed::from(journal.shared(), 1, SOON);
    let appending = async {
        while aside(&dir) < 2 {
            tokio::task::yield_now().await;
        }
        journal.append(inbound("e", None), Bytes::from_static(b"y"), None).await.unwrap()
    };
    let feeding = async { [next(&mut feed).await, next(&mut feed).await, next(&mut feed).await] };
    let (came, later) = block_on(futures_util::future::join(feeding, appending));
    assert_eq!(came, [appended[0], appended[2], later]);
    assert_eq!(bodies(&inspect(&dir)).last().unwrap(), b"y");
}

/// Feeds for a moment, three events at most, and notes what the feed is past by then.
fn feed_for_a_moment(journal: &Journal) {
    let mut feed = Feed::from(journal.shared(), 1, SOON);
    block_on(async {
        let three = async {
            for _ in 0..3 {
                next(&mut feed).await;
            }
        };
        // Nothing may come, however long it is tried.
        let _ = tokio::time::timeout(Duration::from_millis(300), three).await;
    });
    journal.shared().advance(feed.position());
}

#[test]
fn a_segment_that_can_neither_be_read_nor_set_aside_is_not_passed() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(&dir, Limits { tail_bytes: 0, segment_bytes: 1, ..LIMITS });
    let appended = append_all(&journal, &vec![b"x".to_vec(); 3]);
    let path = segments(&dir).remove(0);
    let content = std::fs::read(&path).unwrap();
    make_unreadable(&path);
    // Its other name is taken, by what not even root can replace.
    let taken = path.with_extension("damaged");
    std::fs::create_dir_all(taken.join("full")).unwrap();

    feed_for_a_moment(&journal);
    journal.shared().maintain(None).1.unwrap();
    drop(journal);
    std::fs::remove_dir_all(&taken).unwrap();
    std::fs::remove_dir(&path).unwrap();
    std::fs::write(&path, content).unwrap();
    let journal = open(&dir, LIMITS);
    assert_eq!(drain(&mut journal.shared().feed()), appended);
}

#[test]
fn no_segment_is_passed_while_the_folder_is_away() {
    let dir = tempfile::tempdir().unwrap();
    let (path, away) = (dir.path().join("journal"), dir.path().join("away"));
    let limits = Limits { tail_bytes: 0, segment_bytes: 1, ..LIMITS };
    let journal = Journal::open(&path, limits).unwrap();
    let appended = append_all(&journal, &vec![b"x".to_vec(); 3]);
    std::fs::rename(&path, &away).unwrap();
    feed_for_a_moment(&journal);
    std::fs::rename(&away, &path).unwrap();
    assert_eq!(drain(&mut journal.shared().feed()), appended);
}

#[test]
fn a_segment_that_somebody_removed_holds_up_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(&dir, Limits { tail_bytes: 0, segment_bytes: 1, ..LIMITS });
    let appended = append_all(&journal, &vec![b"x".to_vec(); 3]);
    std::fs::remove_file(&segments(&dir)[0]).unwrap();
    let mut feed = Feed::from(journal.shared(), 1, SOON);
    assert_eq!(drain(&mut feed), appended[1..]);
}

#[test]
fn segments_that_somebody_removed_with_the_lock_hold_up_nothing_that_comes_later() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(&dir, Limits { tail_bytes: 0, segment_bytes: 1, ..LIMITS });
    append_all(&journal, &vec![b"x".to_vec(); 3]);
    remove_everything(&dir);
    let later = append_all(&journal, &[b"y".to_vec()]);
    let mut feed = Feed::from(journal.shared(), 1, SOON);
    assert_eq!(drain(&mut feed), later);
}

#[test]
fn nothing_is_appended_to_a_segment_that_could_not_be_set_aside() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(&dir, LIMITS);
    let mut appended = append_all(&journal, &[b"x".to_vec()]);
    let path = segments(&dir).remove(0);
    std::fs::create_dir_all(path.with_extension("damaged").join("full")).unwrap();
    let first = journal.shared().ledger().segments[0].first;
    journal.shared().set_aside(first, None).unwrap_err();
    appended.extend(append_all(&journal, &[b"y".to_vec()]));
    assert_eq!(segments(&dir).len(), 2);
    assert_eq!(drain(&mut journal.shared().feed()), appended);
}

#[test]
fn a_start_goes_on_without_the_segments_that_cannot_be_read() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(&dir, Limits { segment_bytes: 1, ..LIMITS });
    let appended = append_all(&journal, &vec![b"x".to_vec(); 4]);
    drop(journal);
    let spoilt = [1, 3].map(|index| segments(&dir).remove(index));
    for path in &spoilt {
        make_unreadable(path);
    }
    let inspected = super::super::inspect(dir.path()).unwrap();
    let failed = inspected.iter().filter(|found| found.failure.is_some());
    assert_eq!(failed.map(|found| found.path.clone()).collect::<Vec<_>>(), spoilt);
    assert_eq!(inspected.iter().map(|found| found.records).sum::<u64>(), 2);

    let journal = open(&dir, LIMITS);
    let later = append_all(&journal, &[b"y".to_vec()]);
    let mut feed = Feed::from(journal.shared(), 1, SOON);
    assert_eq!(drain(&mut feed), [appended[0], appended[2], later[0]]);
    assert_eq!(set_aside(dir.path()).unwrap(), spoilt.map(|path| path.with_extension("damaged")));
}

#[test]
fn a_segment_that_was_set_aside_gets_its_name_back_and_is_in_nobodys_way() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(&dir, LIMITS);
    append_all(&journal, &vec![b"x".to_vec(); 3]);
    drop(journal);
    let path = segments(&dir).remove(0);
    let good = std::fs::read(&path).unwrap();
    std::fs::write(&path, vec![0; good.len()]).unwrap();
    let journal = open(&dir, LIMITS);
    append_all(&journal, &[b"y".to_vec()]);
    drop(journal);

    assert!(!path.exists(), "nobody took its name meanwhile");
    std::fs::rename(path.with_extension("damaged"), &path).unwrap();
    std::fs::write(&path, good).unwrap();
    let journal = open(&dir, LIMITS);
    assert_eq!(bodies(&inspect(&dir)).concat(), b"xxxy");
    let sequences: Vec<_> = inspect(&dir).iter().map(|found| found.record.sequence).collect();
    assert_eq!(drain(&mut journal.shared().feed()), sequences);
}

/// Of two events in one segment and one in the next: has the first one's bytes changed while the journal is
/// open, publishes, and has it go. How many were published, and whether its file is kept.
fn published_though(change: impl FnOnce(&mut Vec<u8>)) -> (usize, bool) {
    let dir = tempfile::tempdir().unwrap();
    let limits = Limits { keep_for: Duration::ZERO, ..LIMITS };
    let journal = open(&dir, limits);
    append_all(&journal, &vec![b"x".to_vec(); 2]);
    drop(journal);
    let journal = open(&dir, limits);
    append_all(&journal, &[b"y".to_vec()]);
    let path = segments(&dir).remove(0);
    let mut content = std::fs::read(&path).unwrap();
    change(&mut content);
    std::fs::write(&path, content).unwrap();

    let shared = journal.shared();
    let mut feed = shared.feed();
    let published = drain(&mut feed).len();
    shared.advance(feed.position());
    shared.note_healed("run");
    shared.maintain(Some("run")).1.unwrap();
    assert!(!path.exists());
    (published, path.with_extension("damaged").exists())
}

/// Changes the form of a segment's first record to one that no version knows, with a fitting checksum.
fn make_foreign(content: &mut [u8]) {
    let record = &mut content[usize::try_from(segment::PREAMBLE).unwrap()..];
    let length = u32::from_be_bytes(record[12..16].try_into().unwrap());
    let end = record::HEAD + usize::try_from(length).unwrap();
    record[record::HEAD] = 200;
    let crc = crc32fast::hash(&record[12..end]);
    record[8..12].copy_from_slice(&crc.to_be_bytes());
}

#[test]
fn what_is_damaged_while_the_program_runs_is_kept_and_the_rest_is_published() {
    type Change = fn(&mut Vec<u8>);
    let cases: [(&str, Change, usize); 5] = [
        ("nothing", |_| {}, 3),
        ("its beginning", |content| content[0] ^= 1, 1),
        ("its first record", |content| content[100] ^= 1, 2),
        ("its last record", |content| *content.last_mut().unwrap() ^= 1, 2),
        ("the version of its first record", |content| make_foreign(content), 2),
    ];
    for (what, change, published) in cases {
        assert_eq!(published_though(change), (published, published < 3), "{what}");
    }
}

#[test]
fn a_start_reads_the_newest_segment_alone() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(&dir, Limits { segment_bytes: 1, ..LIMITS });
    let appended = append_all(&journal, &vec![b"x".to_vec(); 3]);
    drop(journal);
    let spoil = |path: &PathBuf| {
        let content = std::fs::read(path).unwrap();
        std::fs::write(path, [content, b"torn".to_vec()].concat()).unwrap();
    };
    segments(&dir).iter().for_each(spoil);
    let lengths =
        || segments(&dir).iter().map(|path| path.metadata().unwrap().len()).collect::<Vec<_>>();
    let before = lengths();
    let journal = open(&dir, LIMITS);
    assert_eq!(lengths(), [before[0], before[1], before[2] - 4]);
    assert_eq!(drain(&mut journal.shared().feed()), appended);
}
