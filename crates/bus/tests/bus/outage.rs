use std::collections::{HashMap, HashSet};

use bus::{Bus, Config, Consumer, Consumption, Delivery, Replicas, streams};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use crate::support::{
    Consuming, Server, all_settled, body, consumption, envelope, publish, within,
};

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
        within(bus.connections().wait_for(|now| *now > count)).await.unwrap();
    }
    consuming.stop().await;
}

/// What came, in the order of its names: batches that are in hand together may overtake each other.
fn bodies(deliveries: &[Delivery]) -> Vec<String> {
    let mut bodies: Vec<String> = deliveries.iter().map(body).collect();
    bodies.sort();
    bodies
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
    assert_eq!(bodies(&consuming.deliveries(2).await), ["0", "after"]);
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
    assert_eq!(bodies(&consuming.deliveries(2).await), ["0", "after"]);
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

/// A server that answers nobody, and what it is told.
async fn mute() -> (Config, mpsc::UnboundedReceiver<String>) {
    let listens = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let config = Config::to_url(&format!("nats://{}", listens.local_addr().unwrap()));
    let (told, lines) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        let (client, _) = listens.accept().await.unwrap();
        let (read, mut write) = client.into_split();
        let info = serde_json::json!({
            "server_id": "S", "server_name": "s", "version": "2.14.0", "proto": 1, "go": "go1",
            "host": "127.0.0.1", "port": 4222, "max_payload": 8_388_608, "headers": true
        });
        write.write_all(format!("INFO {info}\r\n").as_bytes()).await.unwrap();
        let mut read = BufReader::new(read).lines();
        while let Ok(Some(line)) = read.next_line().await {
            if line == "PING" {
                write.write_all(b"PONG\r\n").await.unwrap();
            }
            told.send(line).ok();
        }
    });
    (config, lines)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_is_never_answered_leaves_nothing_behind() {
    let (config, mut told) = mute().await;
    let bus = Bus::connect(&config, "test").await.unwrap();
    let asking = tokio::spawn({
        let bus = bus.clone();
        async move { bus.stream("INBOUND").await }
    });
    let mut next = async || within(told.recv()).await.unwrap();
    let mut listening = HashMap::new();
    let listens = loop {
        let line = next().await;
        match line.split_whitespace().collect::<Vec<_>>()[..] {
            ["SUB", subject, number] => {
                listening.insert(subject.to_owned(), number.to_owned());
            }
            ["PUB", "$JS.API.STREAM.INFO.INBOUND", answer_to, _] => {
                break listening.remove(answer_to).expect("the answer has an inbox of its own");
            }
            _ => {}
        }
    };
    asking.abort();
    while next().await != format!("UNSUB {listens}") {}
}
