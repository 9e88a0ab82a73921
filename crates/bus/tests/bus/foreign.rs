//! What no program of ours would publish.

use async_nats::HeaderMap;
use bus::{BusError, Consumer};
use secrecy::ExposeSecret as _;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

use crate::support::{
    Consuming, Server, all_settled, consumption, envelope, eventually, large, rejected, within,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_message_with_orders_to_the_server_becomes_a_dead_letter_like_any_other() {
    let (server, bus) = Server::start().await;
    let raw = server.raw().await;
    for (id, header, order) in
        [(1, "Nats-Expected-Stream", "INBOUND"), (2, "nats-expected-last-sequence", "1")]
    {
        let mut headers = HeaderMap::new();
        headers.insert(header, order);
        headers.insert("Odd", id.to_string());
        let sent = raw.publish_with_headers("inbound.a.test", headers, "x".into()).await.unwrap();
        sent.await.unwrap();
    }
    let consuming = Consuming::start(&bus, consumption(), |_| rejected("foreign", "of nobody"));
    all_settled(&bus).await;
    let (letters, _) = bus.dead_letters().among(None, 9).await.unwrap();
    let odd = letters.iter().map(|letter| letter.headers.get("Odd").unwrap());
    assert_eq!(odd.collect::<Vec<_>>(), ["2", "1"]);
    consuming.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_can_read_is_in_nobodys_way() {
    let (server, bus) = Server::start().await;
    let raw = server.raw().await;
    for subject in ["inbound.a/b.test", "inbound.\"}.test"] {
        raw.publish(subject, "x".into()).await.unwrap().await.unwrap();
    }
    server.shrink("INBOUND").await;
    let consuming = Consuming::start(&bus, consumption(), |_| Ok(()));
    for id in 0..90 {
        bus.publisher().publish(large("inbound.a.test", id)).await.unwrap();
    }
    all_settled(&bus).await;
    assert!(bus.make_room(Consumer::SyncWorker).await.unwrap().is_some());
    consuming.stop().await;
}

/// The library's own task ends with a panic.
#[tokio::test(flavor = "multi_thread")]
async fn who_cannot_read_headers_says_so_and_ends() {
    let (server, bus) = Server::start().await;
    let mut consuming = Consuming::start(&bus, consumption(), |_| Ok(()));
    bus.publisher().publish(envelope("inbound.a.test", "1")).await.unwrap();
    consuming.batch().await;
    publish_bytes(&server, "inbound.a.test", "NATS/1.0\r\nOdd: a\rb\r\n\r\n").await;
    let ended = within(consuming.end()).await;
    assert!(matches!(ended, Err(BusError::Crashed(_))), "{ended:?}");
    assert!(!bus.connected());
    let restarted = server.connect().await;
    eventually(|| async { restarted.connected() }).await;
}

/// Publishes a message without a body, with these bytes for headers.
async fn publish_bytes(server: &Server, subject: &str, headers: &str) {
    let url = server.nats.url().expose_secret();
    let (token, address) = url.trim_start_matches("nats://").split_once('@').unwrap();
    let mut connection = BufReader::new(TcpStream::connect(address).await.unwrap());
    let options = format!(r#"{{"auth_token":"{token}","headers":true,"verbose":false}}"#);
    let length = headers.len();
    let said =
        format!("CONNECT {options}\r\nHPUB {subject} {length} {length}\r\n{headers}\r\nPING\r\n");
    connection.write_all(said.as_bytes()).await.unwrap();
    let mut line = String::new();
    while line.trim_end() != "PONG" {
        line.clear();
        assert!(connection.read_line(&mut line).await.unwrap() > 0, "it closed the connection");
        assert!(!line.starts_with("-ERR"), "{line}");
    }
}
