use bus::{Bus, Consumer, PublishError, Purged};

use crate::support::{
    Consuming, ROOM, Server, all_settled, consumption, envelope, large, rejected,
};

/// Publishes until the stream refuses; how many it took, counted from `from`.
async fn fill(bus: &Bus, from: usize) -> usize {
    for id in from..from + 200 {
        match bus.publisher().publish(large("inbound.a.test", id)).await {
            Ok(_) => {}
            Err(PublishError::Full(_)) => return id - from,
            Err(error) => panic!("{error:?}"),
        }
    }
    panic!("the stream is never full")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_outbound_takes_new_commands_for_done_ones() {
    let (server, bus) = Server::start().await;
    server.shrink("OUTBOUND").await;
    for id in 0..200 {
        bus.publisher().publish(large("outbound.acme.test", id)).await.unwrap();
    }
    let state = bus.stream("OUTBOUND").await.unwrap();
    assert_eq!(state.last_sequence, 200);
    assert!(state.first_sequence > 1 && state.messages > 10, "{state:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_processed_makes_room_and_nothing_else_does() {
    let (server, bus) = Server::start().await;
    server.shrink("INBOUND").await;
    assert_eq!(bus.make_room(Consumer::SyncWorker).await.unwrap(), None);
    let count = fill(&bus, 0).await;
    // Full, and nobody has read a thing.
    assert_eq!(bus.make_room(Consumer::SyncWorker).await.unwrap(), None);

    let consuming = Consuming::start(&bus, consumption(), |_| Ok(()));
    all_settled(&bus).await;
    consuming.stop().await;
    // Several workers do it at once.
    let mut calls = Vec::new();
    for _ in 0..4 {
        let bus = bus.clone();
        calls.push(tokio::spawn(async move { bus.make_room(Consumer::SyncWorker).await }));
    }
    let mut purged = 0;
    for call in calls {
        purged += call.await.unwrap().unwrap().map_or(0, |Purged { messages, .. }| messages);
    }
    let state = bus.stream("INBOUND").await.unwrap();
    assert_eq!(purged + state.messages, count as u64);
    let half = u64::try_from(ROOM).unwrap() / 2;
    assert!((half..half + half / 10).contains(&state.bytes), "{state:?}");
    assert!(fill(&bus, count).await > 10);
    // All that is new came after the floor.
    let left = bus.stream("INBOUND").await.unwrap();
    assert!(bus.make_room(Consumer::SyncWorker).await.unwrap().is_some());
    assert_eq!(
        bus.stream("INBOUND").await.unwrap().consumers[0].pending,
        left.consumers[0].pending
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unsettled_message_and_all_after_it_stay() {
    let (server, bus) = Server::start().await;
    server.shrink("INBOUND").await;
    fill(&bus, 0).await;
    let hour = std::time::Duration::from_hours(1);
    let consuming = Consuming::start(&bus, consumption(), move |delivery| {
        if delivery.sequence == 6 {
            return Err(bus::Failure::RetryAfter(hour, "not yet".into()));
        }
        Ok(())
    });
    crate::support::eventually(|| async {
        let lanes = bus.stream("INBOUND").await.unwrap().consumers;
        lanes.len() == 1 && lanes.iter().all(|c| (c.pending, c.ack_pending) == (0, 1))
    })
    .await;
    let purged = bus.make_room(Consumer::SyncWorker).await.unwrap();
    assert_eq!(purged, Some(Purged { messages: 5, first_sequence: 6 }));
    assert_eq!(bus.make_room(Consumer::SyncWorker).await.unwrap(), None);
    assert_eq!(bus.stream("INBOUND").await.unwrap().first_sequence, 6);
    consuming.stop().await;
}

/// P9, P10: else one tenant could stop everybody.
#[tokio::test(flavor = "multi_thread")]
async fn a_rejected_message_that_finds_the_dead_letters_full_does_not_hold_up_what_follows() {
    let (server, bus) = Server::start().await;
    server.shrink("INBOUND").await;
    let count = fill(&bus, 0).await;
    // It refuses though it seems to have room.
    let raw = server.raw().await;
    let mut config = raw.get_stream("DEAD_LETTER").await.unwrap().cached_info().config.clone();
    config.max_messages = 1;
    raw.update_stream(config).await.unwrap();
    bus.publisher().publish(envelope("dead-letter.test.test", "first")).await.unwrap();
    let consuming = Consuming::start(&bus, consumption(), |delivery| {
        if delivery.sequence == 6 {
            return rejected("undecodable", "no JSON");
        }
        Ok(())
    });
    all_settled(&bus).await;
    consuming.stop().await;
    assert_eq!(bus.dead_letters().count().await.unwrap(), 1);
    let purged = bus.make_room(Consumer::SyncWorker).await.unwrap().unwrap();
    assert!(purged.first_sequence > 6 && purged.messages > 6, "{purged:?} of {count}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_slowest_account_says_what_may_go() {
    let (server, bus) = Server::start().await;
    server.shrink("INBOUND").await;
    // An account that was quiet ever since its first event does not count.
    bus.publisher().publish(envelope("inbound.quiet.test", "once")).await.unwrap();
    let other = bus.publisher().publish(envelope("inbound.b.test", "slow")).await.unwrap();
    fill(&bus, 0).await;
    let hour = std::time::Duration::from_hours(1);
    let consuming = Consuming::start(&bus, consumption(), move |delivery| {
        if delivery.sequence == other.sequence {
            return Err(bus::Failure::RetryAfter(hour, "not yet".into()));
        }
        Ok(())
    });
    crate::support::eventually(|| async {
        let lanes = bus.stream("INBOUND").await.unwrap().consumers;
        lanes.len() == 3
            && lanes.iter().all(|c| c.pending == 0)
            && lanes.iter().map(|c| c.ack_pending).sum::<u64>() == 1
    })
    .await;
    let purged = bus.make_room(Consumer::SyncWorker).await.unwrap();
    assert_eq!(purged, Some(Purged { messages: 1, first_sequence: other.sequence }));
    consuming.stop().await;
    // What nobody has begun to read is not processed either.
    let raw = server.raw().await;
    raw.delete_consumer_from_stream("sync-worker-b", "INBOUND").await.unwrap();
    assert_eq!(bus.make_room(Consumer::SyncWorker).await.unwrap(), None);
}
