use std::collections::HashSet;

use bus::{Consumer, Consumption, Replicas, streams};

use crate::support::{Consuming, Server, all_settled, body, consumption, envelope, publish};

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_killed_and_restarted_loses_nothing() {
    let (server, bus) = Server::start().await;
    server.hurry().await;
    publish(&bus, 300).await;
    let mut consuming = Consuming::start(&bus, consumption(), |_| Ok(()));
    let mut seen: HashSet<String> = HashSet::new();
    seen.extend(consuming.batch().await.iter().map(body));
    server.nats.kill().await.unwrap();
    server.nats.restart().await.unwrap();
    while seen.len() < 300 {
        seen.extend(consuming.batch().await.iter().map(body));
    }
    all_settled(&bus).await;
    consuming.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quiet_consumption_goes_on_after_a_restart() {
    let (server, bus) = Server::start().await;
    let mut consuming = Consuming::start(&bus, consumption(), |_| Ok(()));
    for id in ["a", "b", "c"] {
        bus.publisher().publish(envelope("inbound.a.test", id)).await.unwrap();
        assert_eq!(body(&consuming.deliveries(1).await[0]), id);
        let count = *bus.connections().borrow();
        server.nats.restart().await.unwrap();
        crate::support::within(bus.connections().wait_for(|now| *now > count)).await.unwrap();
    }
    consuming.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lane_that_was_deleted_is_made_again() {
    let (server, bus) = Server::start().await;
    let mut consuming = Consuming::start(&bus, consumption(), |_| Ok(()));
    publish(&bus, 1).await;
    consuming.deliveries(1).await;
    let raw = server.raw().await;
    raw.delete_consumer_from_stream("sync-worker-a", "INBOUND").await.unwrap();
    bus.publisher().publish(envelope("inbound.a.test", "after")).await.unwrap();
    // A new lane begins at the start of the stream.
    let bodies: Vec<String> = consuming.deliveries(2).await.iter().map(body).collect();
    assert_eq!(bodies, ["0", "after"]);
    assert_eq!(streams::check(&bus).await.unwrap(), []);
    consuming.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consumer_that_somebody_took_away_and_did_not_put_back_is_made_again() {
    let (server, bus) = Server::start().await;
    let commands = Consumption { consumer: Consumer::OutboundWorker, ..consumption() };
    let mut consuming = Consuming::start(&bus, commands, |_| Ok(()));
    bus.publisher().publish(envelope("outbound.acme.test", "0")).await.unwrap();
    consuming.deliveries(1).await;
    let raw = server.raw().await;
    raw.delete_consumer_from_stream("outbound-worker", "OUTBOUND").await.unwrap();
    // Nobody else may be left who knows of it: what starts now does not wait for an operator.
    bus.require_streams().await.unwrap();
    bus.publisher().publish(envelope("outbound.acme.test", "after")).await.unwrap();
    // A new consumer begins at the start of the stream.
    let bodies: Vec<String> = consuming.deliveries(2).await.iter().map(body).collect();
    assert_eq!(bodies, ["0", "after"]);
    assert_eq!(streams::check(&bus).await.unwrap(), []);
    consuming.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn consuming_may_begin_before_the_streams_exist() {
    let server = Server::bare().await;
    let bus = server.connect().await;
    let mut consuming = Consuming::start(&bus, consumption(), |_| Ok(()));
    streams::apply(&bus, Replicas::Keep).await.unwrap();
    publish(&bus, 3).await;
    consuming.deliveries(3).await;
    all_settled(&bus).await;
    consuming.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn shutdown_does_not_wait_for_a_server_that_is_away() {
    let (server, bus) = Server::start().await;
    let consuming = Consuming::start(&bus, consumption(), |_| Ok(()));
    server.nats.stop().await.unwrap();
    consuming.stop().await;
}
