//! What waits of each account, and since when.

use chrono::{DateTime, TimeDelta, Utc};
use domain::AccountKey;
use events::Waiting;

use super::*;
use crate::journal::backlog::Backlog;

fn at(millis: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::milliseconds(millis)
}

/// An account's event of this time, in milliseconds.
fn event(account: AccountKey, millis: i64) -> Inbound {
    Inbound { account, received_at: at(millis), ..inbound("message_created", None) }
}

fn append(journal: &Journal, account: AccountKey, times: &[i64]) -> Vec<u64> {
    let appended = times.iter().map(|millis| {
        let append = journal.append(event(account, *millis), Bytes::from_static(b"x"), None);
        block_on(append).unwrap()
    });
    appended.collect()
}

/// How many wait of an account, and since when. `None` if that is not known.
fn waiting(journal: &Journal, account: AccountKey) -> Option<(u64, Option<DateTime<Utc>>)> {
    match &journal.shared().waiting(&[account])?[..] {
        [] => Some((0, None)),
        [one] => Some((one.events, Some(one.since))),
        several => panic!("{several:?}"),
    }
}

/// Settles what a feed hands out, as the publisher does.
fn settle(journal: &Journal, feed: &mut Feed, count: usize) {
    for _ in 0..count {
        let outgoing = block_on(async {
            loop {
                feed.filled().await;
                if let Some(outgoing) = feed.ready() {
                    return outgoing;
                }
            }
        });
        journal.shared().settled(&outgoing.record);
    }
}

#[test]
fn what_waits_is_counted_by_account_whether_memory_or_the_disk_has_it() {
    for tail_bytes in [LIMITS.tail_bytes, 0] {
        let dir = tempfile::tempdir().unwrap();
        let journal = open(&dir, Limits { tail_bytes, ..LIMITS });
        let (ours, theirs) = (AccountKey::generate(), AccountKey::generate());
        assert_eq!(waiting(&journal, ours), Some((0, None)));
        append(&journal, ours, &[0, 5_000]);
        append(&journal, theirs, &[7_000]);
        assert_eq!(waiting(&journal, ours), Some((2, Some(at(0)))));
        let mut feed = journal.shared().feed();
        settle(&journal, &mut feed, 1);
        assert_eq!(waiting(&journal, ours), Some((1, Some(at(5_000)))));
        settle(&journal, &mut feed, 1);
        assert_eq!(waiting(&journal, ours), Some((0, None)));
        assert_eq!(waiting(&journal, theirs), Some((1, Some(at(7_000)))));
    }
}

#[test]
fn what_an_earlier_run_left_is_not_known_until_it_is_read_and_is_counted_once() {
    // By the publisher, or by who only counts, or by both.
    for (published, counts) in [(4, false), (0, true), (2, true)] {
        let dir = tempfile::tempdir().unwrap();
        let account = AccountKey::generate();
        append(
            &open(&dir, Limits { segment_bytes: 1, ..LIMITS }),
            account,
            &[0, 1_000, 2_000, 3_000],
        );
        let journal = open(&dir, LIMITS);
        append(&journal, account, &[4_000]);
        assert_eq!(waiting(&journal, account), None);
        let mut feed = journal.shared().feed();
        settle(&journal, &mut feed, published);
        if counts {
            block_on(journal.shared().count_left());
        }
        let left = 5 - published as u64;
        let since = at(1_000 * i64::try_from(published).unwrap());
        assert_eq!(waiting(&journal, account), Some((left, Some(since))));
        settle(&journal, &mut feed, 5 - published);
        assert_eq!(waiting(&journal, account), Some((0, None)));
    }
}

#[test]
fn nothing_is_unknown_after_a_run_that_left_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, account) = (open(&dir, LIMITS), AccountKey::generate());
    let [last] = append(&journal, account, &[0])[..] else { panic!() };
    journal.shared().advance(last + 1);
    journal.shared().maintain(None).1.unwrap();
    drop(journal);
    assert_eq!(waiting(&open(&dir, LIMITS), account), Some((0, None)));
}

#[test]
fn what_the_mark_has_passed_waits_no_more_whatever_became_of_it() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, account) = (open(&dir, LIMITS), AccountKey::generate());
    let sequences = append(&journal, account, &[0, 5_000]);
    journal.shared().advance(sequences[0] + 1);
    journal.shared().maintain(None).1.unwrap();
    assert_eq!(waiting(&journal, account), Some((1, Some(at(5_000)))));
    journal.shared().advance(sequences[1] + 1);
    journal.shared().maintain(None).1.unwrap();
    assert_eq!(waiting(&journal, account), Some((0, None)));
}

proptest! {
    /// However many wait and in whatever order they are settled: all are counted, and none seems to wait for less
    /// time than it does, or for much more.
    #[test]
    fn the_count_is_exact_and_the_time_nearly(
        gaps in proptest::collection::vec(0i64..60_000, 1..400),
        order in any::<Vec<proptest::sample::Index>>(),
    ) {
        let account = AccountKey::generate();
        let mut backlog = Backlog::left(0..0);
        let mut left = std::collections::BTreeMap::new();
        let mut now = 0;
        for (sequence, gap) in (1..).zip(gaps) {
            now += gap;
            left.insert(sequence, now);
            backlog.came(sequence, &event(account, now));
        }
        let all = now - left[&1];
        let sequences: Vec<u64> = left.keys().copied().collect();
        for index in order {
            let sequence = index.get(&sequences);
            if left.remove(sequence).is_some() {
                backlog.settle(account, *sequence);
            }
            let expected = left.values().next().map(|oldest| (left.len() as u64, *oldest));
            let found = backlog.of(account).map(|Waiting { events, since, .. }| {
                (events, since.timestamp_millis())
            });
            prop_assert_eq!(found.map(|found| found.0), expected.map(|expected| expected.0));
            if let (Some((_, found)), Some((_, oldest))) = (found, expected) {
                prop_assert!(found <= oldest, "{found} {oldest}");
                prop_assert!(oldest - found <= 1_000.max(all / 15), "{found} {oldest} {all}");
            }
        }
    }
}
