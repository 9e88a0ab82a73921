use bus::{Bus, BusError, Most, Replicas, TailStart, Tailed, streams};
use events::Envelope;
use futures_util::{Stream, StreamExt as _};

use crate::support::{Server, copy, envelope, eventually, large, within};

async fn announce(bus: &Bus, tenant: &str, id: &str) -> u64 {
    let envelope = envelope(&format!("activity.{tenant}.test"), id);
    bus.publisher().publish(envelope).await.unwrap().sequence
}

/// The next message; failures in between are those of an outage, a reset is none.
async fn next(
    tail: &mut (impl Stream<Item = Result<Tailed, BusError>> + Unpin),
) -> Result<Tailed, u64> {
    loop {
        match within(tail.next()).await.unwrap() {
            Ok(tailed) => return Ok(tailed),
            Err(BusError::Reset { after }) => return Err(after),
            Err(error) => assert!(error.is_transient() || is_missing(&error), "{error:?}"),
        }
    }
}

fn is_missing(error: &BusError) -> bool {
    matches!(error, BusError::NotFound { .. })
}

#[tokio::test(flavor = "multi_thread")]
async fn who_follows_is_reset_by_an_operator_who_begins_another_epoch() {
    let (_server, bus) = Server::start().await;
    announce(&bus, "acme", "1").await;
    let epoch = bus.activity_epoch().await.unwrap();
    let mut tail = bus.tail_activity(TailStart::In(epoch.clone(), 0));
    assert_eq!(next(&mut tail).await.unwrap().sequence, 1);
    bus.begin_activity_epoch().await.unwrap();
    assert_eq!(next(&mut tail).await, Err(1));
    announce(&bus, "acme", "2").await;
    let mut late = bus.tail_activity(TailStart::In(epoch, 1));
    assert_eq!(next(&mut late).await, Err(1), "who comes back later is reset too");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tail_resumes_where_it_is_told_and_is_reset_by_each_restart() {
    let (server, bus) = Server::start().await;
    for id in ["1", "2", "3"] {
        announce(&bus, "acme", id).await;
    }
    let mut tail = bus.tail_activity(TailStart::After(1));
    for sequence in [2, 3] {
        let tailed = next(&mut tail).await.unwrap();
        assert_eq!((tailed.sequence, tailed.subject.as_str()), (sequence, "activity.acme.test"));
    }
    let mut epochs = vec![bus.activity_epoch().await.unwrap()];
    for round in 4..=5 {
        server.nats.restart().await.unwrap();
        // The server may have lost what nobody has seen: here nothing, but who can tell.
        assert_eq!(next(&mut tail).await, Err(round - 1));
        eventually(|| async { bus.stream("ACTIVITY").await.is_ok() }).await;
        epochs.push(bus.activity_epoch().await.unwrap());
        assert_eq!(
            server.connect().await.activity_epoch().await.unwrap(),
            epochs[epochs.len() - 1]
        );
        tail = bus.tail_activity(TailStart::After(round - 1));
        announce(&bus, "acme", &round.to_string()).await;
        assert_eq!(next(&mut tail).await.unwrap().sequence, round);
    }
    let different: std::collections::BTreeSet<_> = epochs.iter().collect();
    assert_eq!(different.len(), 3, "{epochs:?}");
    assert_eq!(bus.activity_range().await.unwrap(), (1, 5));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_position_the_stream_does_not_have_is_refused() {
    let (_server, bus) = Server::start().await;
    announce(&bus, "acme", "1").await;
    let mut tail = bus.tail_activity(TailStart::After(9));
    assert_eq!(next(&mut tail).await, Err(9));
    let acme = "acme".parse().unwrap();
    let read = bus.read_activity(&acme, 9, 20, Most::messages(10)).await;
    assert!(matches!(read, Err(BusError::Reset { after: 9 })), "{read:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_made_anew_resets_and_has_another_epoch() {
    let (server, bus) = Server::start().await;
    let epoch = bus.activity_epoch().await.unwrap();
    announce(&bus, "acme", "1").await;
    let mut tail = bus.tail_activity(TailStart::After(0));
    assert_eq!(next(&mut tail).await.unwrap().sequence, 1);
    server.raw().await.delete_stream("ACTIVITY").await.unwrap();
    streams::apply(&bus, Replicas::Keep).await.unwrap();
    assert_eq!(next(&mut tail).await, Err(1));
    assert_ne!(bus.activity_epoch().await.unwrap(), epoch);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_end_resets_and_changes_the_epoch_even_if_its_positions_are_taken_again() {
    let (server, bus) = Server::start().await;
    for id in ["1", "2"] {
        announce(&bus, "acme", id).await;
    }
    let (store, earlier) = (server.dir.path().join("jetstream"), server.dir.path().join("copy"));
    server.nats.stop().await.unwrap();
    copy(&store, &earlier);
    server.nats.restart().await.unwrap();
    eventually(|| async { bus.stream("ACTIVITY").await.is_ok() }).await;
    let epoch = bus.activity_epoch().await.unwrap();
    announce(&bus, "acme", "3").await;
    let mut tail = bus.tail_activity(TailStart::After(2));
    assert_eq!(next(&mut tail).await.unwrap().payload, "3");
    assert_eq!(streams::check(&bus).await.unwrap(), []);

    // As after a power cut: the third message is gone, and another one takes its place before
    // this tail is back.
    server.nats.kill().await.unwrap();
    std::fs::remove_dir_all(&store).unwrap();
    copy(&earlier, &store);
    let other_server = server.nats.restart().await;
    other_server.unwrap();
    let other = server.connect().await;
    eventually(|| async { other.stream("ACTIVITY").await.is_ok() }).await;
    assert_eq!(announce(&other, "acme", "another").await, 3);

    assert_eq!(next(&mut tail).await, Err(3));
    eventually(|| async { bus.activity_epoch().await.is_ok_and(|now| now != epoch) }).await;
    assert_eq!(streams::check(&bus).await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenants_part_is_read_in_pages() {
    let (server, bus) = Server::start().await;
    for number in 1..=10 {
        let tenant = if number % 2 == 0 { "acme" } else { "other" };
        announce(&bus, tenant, &number.to_string()).await;
    }
    let acme = "acme".parse().unwrap();
    let sequences = async |after, up_to, messages| {
        let most = Most { messages, bytes: 1 << 20 };
        let read = bus.read_activity(&acme, after, up_to, most).await.unwrap();
        let sequences = read.messages.iter().map(|tailed| tailed.sequence);
        (sequences.collect::<Vec<u64>>(), read.more)
    };
    assert_eq!(sequences(0, 10, 3).await, (vec![2, 4, 6], true));
    assert_eq!(sequences(6, 10, 3).await, (vec![8, 10], false));
    assert_eq!(sequences(6, 10, 2).await, (vec![8, 10], false));
    assert_eq!(sequences(0, 5, 10).await, (vec![2, 4], false));
    assert_eq!(sequences(10, 10, 10).await, (vec![], false));
    // However large they are, no more than a few of them are in memory.
    for id in ["a", "b", "c", "d"] {
        let payload = vec![b'x'; 700_000];
        let mail = Envelope { payload, ..envelope("activity.acme.test", id) };
        bus.publisher().publish(mail).await.unwrap();
    }
    assert_eq!(sequences(10, 14, 10).await, (vec![11, 12], true));
    assert_eq!(sequences(12, 14, 10).await, (vec![13, 14], false));
    let stream = server.raw().await.get_stream("ACTIVITY").await.unwrap();
    let readers = stream.get_info().await.unwrap().state.consumer_count;
    assert_eq!(readers, 0, "who has read leaves nothing behind");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_follows_too_slowly_is_reset_once_the_stream_has_dropped_what_follows() {
    let (server, bus) = Server::start().await;
    server.shrink("ACTIVITY").await;
    announce(&bus, "acme", "first").await;
    let mut tail = bus.tail_activity(TailStart::After(0));
    let mut last = next(&mut tail).await.unwrap().sequence;
    // More than is on its way to a reader, while the stream holds a hundred.
    let many = (0..2_000).map(|id| large("activity.acme.test", id)).collect();
    for published in bus.publisher().publish_all(many).await {
        published.unwrap();
    }
    let after = loop {
        match next(&mut tail).await {
            Ok(tailed) => assert_eq!(tailed.sequence, last + 1),
            Err(after) => break after,
        }
        last += 1;
    };
    assert_eq!(after, last);
}
