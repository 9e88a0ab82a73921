//! What a cluster loses although the server that the receiver is connected to lives on.

use chrono::Utc;
use domain::EventId;
use events::{Inbound, TraceParent, subject};
use futures_util::future::join_all;
use servers::{Nats, NatsCluster};
use testkit::{eventually, scratch};

use crate::rig::{Rig, answered, copy};
use crate::running::Running;

/// Waits until all three have this many events.
async fn complete(rig: &Rig<NatsCluster>, count: u64) {
    eventually("every node has every event", || async {
        rig.bus.stream(subject::INBOUND).await.is_ok_and(|stream| {
            stream.messages == count && stream.followers.iter().all(|node| node.current)
        })
    })
    .await;
}

/// An event of somebody else.
fn anothers(rig: &Rig<NatsCluster>) -> Inbound {
    Inbound {
        id: EventId::generate(),
        account: rig.source.account,
        tenant: rig.source.tenant.clone(),
        event: "message_created".to_owned(),
        received_at: Utc::now(),
        delivery: None,
        origin: "webhook".to_owned(),
        trace: TraceParent::generate(),
    }
}

/// An event that somebody else publishes; its id.
async fn published_by_another(rig: &Rig<NatsCluster>) -> String {
    let inbound = anothers(rig);
    eventually("the stream takes events", || async {
        rig.bus.publisher().publish(inbound.envelope("{}")).await.is_ok()
    })
    .await;
    inbound.id.to_string()
}

/// Whether one of the first `count` places has this event. Asked of the leader: a consumer may be at a node that has not
/// given up its end yet.
async fn is_there(rig: &Rig<NatsCluster>, event: &str, count: u64) -> bool {
    for place in 1..=count {
        if !answered(|| rig.bus.has_lost(subject::INBOUND, place, event)).await {
            return true;
        }
    }
    false
}

#[tokio::test(flavor = "multi_thread")]
async fn what_two_nodes_lost_is_published_again_though_the_receivers_own_node_lives() {
    let rig = Rig::cluster().await;
    let (own, others) = rig.nats.nodes().split_first().unwrap();
    let running = Running::start(&rig, |_| {}).await;
    let mut sent = vec![rig.send_when_known(&running.base, 0).await];
    complete(&rig, 1).await;

    // What is on the disks of two hosts that will lose their power.
    let saved = scratch("saved");
    let data = |node: &Nats| rig.nats_dir.join(node.name()).join("jetstream");
    join_all(others.iter().map(async |node| {
        node.pause().await;
        copy(&data(node), &saved.join(node.name()));
        node.resume().await;
    }))
    .await;
    for number in 1..=20 {
        sent.push(rig.send(&running.base, number).await.unwrap());
    }
    complete(&rig, 21).await;

    // The two agree without the third, which knows better and is not heard meanwhile: the end is lost.
    own.pause().await;
    join_all(others.iter().map(async |node| {
        node.kill().await.unwrap();
        std::fs::remove_dir_all(data(node)).unwrap();
        copy(&saved.join(node.name()), &data(node));
        node.restart().await.unwrap();
    }))
    .await;
    sent.push(published_by_another(&rig).await);
    rig.expect_messages(2).await;
    own.resume().await;

    rig.expect_messages(22).await;
    for event in &sent {
        assert!(is_there(&rig, event, 22).await, "{event} is lost");
    }
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_comes_back_to_another_node_stores_nothing_twice() {
    let mut rig = Rig::cluster().await;
    rig.shorten_the_window(3).await;
    let running = Running::start(&rig, |_| {}).await;
    rig.send_when_known(&running.base, 0).await;
    for number in 1..=20 {
        rig.send(&running.base, number).await.unwrap();
    }
    complete(&rig, 21).await;
    eventually("the node has everything", || async { rig.healed().is_some() }).await;
    running.stop().await;
    let first = rig.healed();

    // Until the stream no longer knows what it had by then.
    let late = anothers(&rig);
    eventually("it stores an event twice", || async {
        let published = rig.bus.publisher().publish(late.envelope("{}")).await;
        published.is_ok_and(|published| !published.duplicate && published.sequence > 22)
    })
    .await;
    let messages = rig.messages().await;

    rig.reach(1);
    let running = Running::start(&rig, |_| {}).await;
    eventually("another node has everything", || async { rig.healed() != first }).await;
    assert_eq!(rig.messages().await, messages);
    running.stop().await;
}
