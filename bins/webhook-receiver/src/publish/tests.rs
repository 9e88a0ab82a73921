//! What is in flight, and what becomes of it.

use futures_util::future::join_all;
use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::config::Config;
use crate::journal::Journal;
use crate::testing::inbound;

/// A journal, and publishing from it to a server that is not there.
async fn nowhere() -> (TempDir, Journal, Publishing) {
    let dir = tempfile::tempdir().unwrap();
    let limits = Config::with("".into(), dir.path().into()).limits();
    let journal = Journal::open(dir.path(), limits).unwrap();
    let nowhere = bus::Config::to_url("nats://127.0.0.1:1");
    let bus = Bus::connect_lazily(&nowhere, "test").await.unwrap();
    let publishing = Publishing::to(bus.publisher(), journal.shared(), Arc::default());
    (dir, journal, publishing)
}

#[tokio::test]
async fn after_a_failure_one_portion_is_tried_before_the_rest() {
    let (_dir, journal, mut publishing) = nowhere().await;
    let event = |_| journal.append(inbound("message_created", None), "{}".into(), None);
    join_all((0..2 * PORTION).map(event)).await;
    let mut feed = journal.shared().feed();
    while publishing.retries.len() < 2 * PORTION {
        feed.filled().await;
        publishing.retries.extend(std::iter::from_fn(|| feed.ready()));
    }
    publishing.failures = 1;
    for _ in 0..2 {
        publishing.launch_retries().await;
        assert_eq!(publishing.flying, PORTION);
    }
    let (portion, _) = publishing.flights.next().await.unwrap();
    let stored = |_: &Outgoing| Ok(Published { sequence: 1, duplicate: false });
    let results = portion.iter().map(stored).collect();
    publishing.land(portion, results);
    publishing.launch_retries().await;
    assert!(publishing.retries.is_empty());
}

#[tokio::test]
async fn what_is_published_or_refused_for_good_waits_no_more_and_what_failed_does() {
    let (_dir, journal, mut publishing) = nowhere().await;
    let mut feed = journal.shared().feed();
    for (result, waits) in [
        (Ok(Published { sequence: 1, duplicate: false }), 0),
        (Err(PublishError::InvalidSubject { subject: String::new() }), 0),
        (Err(PublishError::Timeout), 1),
    ] {
        let event = inbound("message_created", None);
        let account = event.account;
        journal.append(event, "{}".into(), None).await.unwrap();
        let waiting = || journal.shared().waiting(&[account]).map(|waiting| waiting.len());
        assert_eq!(waiting(), Some(1));
        feed.filled().await;
        let outgoing = feed.ready().unwrap();
        publishing.window.add(outgoing.record.sequence);
        let mut portion = Vec::new();
        publishing.board(outgoing, &mut portion);
        publishing.land(portion, vec![result]);
        assert_eq!(waiting(), Some(waits));
    }
}

#[tokio::test]
async fn what_was_confirmed_before_the_stream_fell_silent_is_looked_for() {
    let (_dir, journal, mut publishing) = nowhere().await;
    let mut feed = journal.shared().feed();
    let stored = |sequence| Ok(Published { sequence, duplicate: false });
    for results in [vec![stored(9)], vec![stored(4), Err(PublishError::Timeout)]] {
        let event = |_: &_| journal.append(inbound("message_created", None), "{}".into(), None);
        join_all(results.iter().map(event)).await;
        let mut portion = Vec::new();
        while portion.len() < results.len() {
            feed.filled().await;
            while let Some(outgoing) = feed.ready() {
                publishing.board(outgoing, &mut portion);
            }
        }
        publishing.land(portion, results);
    }
    let looked_for = journal.shared().to_look_for();
    assert_eq!(looked_for.iter().map(|one| one.position).collect::<Vec<_>>(), [9, 4]);
}

proptest! {
    #[test]
    fn the_oldest_unsettled_is_what_was_added_and_not_settled(
        sequences in proptest::collection::btree_set(0u64..1000, 1..50),
        order in any::<Vec<proptest::sample::Index>>(),
    ) {
        let mut open = sequences.clone();
        let mut window = Window::default();
        for sequence in &sequences {
            window.add(*sequence);
        }
        let all: Vec<_> = sequences.into_iter().collect();
        for index in order {
            let sequence = *index.get(&all);
            open.remove(&sequence);
            window.settle(sequence);
            prop_assert_eq!(window.oldest(), open.first().copied());
        }
    }
}
