//! A worker that dies while it makes a consumer anew.

use async_nats::jetstream::Context;
use bus::{Bus, Config, Consumption};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, copy};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use crate::support::{
    Consuming, Server, all_settled, body, consumption, envelope, eventually, within,
};

/// A way to the server on which nothing passes any more from the first line on that has this in it, of which the test
/// is told.
async fn way_until(server: &Server, words: &'static str) -> (Config, mpsc::UnboundedReceiver<()>) {
    let listens = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let direct = server.nats.url().expose_secret().to_owned();
    let port = direct.rsplit(':').next().unwrap().to_owned();
    let url = direct.replace(&port, &listens.local_addr().unwrap().port().to_string());
    let (told, stopped) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        let (client, _) = listens.accept().await.unwrap();
        let there = TcpStream::connect(format!("127.0.0.1:{port}")).await.unwrap();
        let ((from_client, mut to_client), (mut from_server, mut to_server)) =
            (client.into_split(), there.into_split());
        tokio::spawn(async move { copy(&mut from_server, &mut to_client).await });
        let (mut lines, mut line) = (BufReader::new(from_client), Vec::new());
        while lines.read_until(b'\n', &mut line).await.is_ok_and(|length| length > 0) {
            if line.windows(words.len()).any(|part| part == words.as_bytes()) {
                told.send(()).unwrap();
                std::future::pending::<()>().await;
            }
            to_server.write_all(&line).await.unwrap();
            line.clear();
        }
    });
    (Config::to_url(&url), stopped)
}

async fn tell(bus: &Bus, ids: impl IntoIterator<Item = u32>) {
    let envelopes = ids.into_iter().map(|id| envelope("inbound.a.test", &id.to_string()));
    for published in bus.publisher().publish_all(envelopes.collect()).await {
        published.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_dies_while_a_lane_is_removed_has_not_everything_come_again() {
    let (server, bus) = Server::start().await;
    // The mark is saved after the first batch, and then not for a while.
    let all = Consumption { batch: 100, concurrency: 1, ..consumption() };
    let mut before = Consuming::start(&bus, all, |_| Ok(()));
    tell(&bus, 0..40).await;
    before.deliveries(40).await;
    let raw = server.raw().await;
    eventually(|| noted(&raw)).await;
    tell(&bus, 40..50).await;
    before.deliveries(10).await;
    all_settled(&bus).await;
    before.die().await;
    server.nats.restart().await.unwrap();

    let (way, mut stopped) =
        way_until(&server, "$JS.API.CONSUMER.CREATE.INBOUND.sync-worker-a ").await;
    let dying = Consuming::start(&Bus::connect(&way, "test").await.unwrap(), all, |_| Ok(()));
    within(stopped.recv()).await.unwrap();
    let bus = server.connect().await;
    assert_eq!(bus.stream("INBOUND").await.unwrap().consumers, [], "it has removed the lane");
    dying.die().await;

    let mut after = Consuming::start(&bus, all, |_| Ok(()));
    tell(&bus, [50]).await;
    let mut came: Vec<(String, u64)> = Vec::new();
    while came.last().is_none_or(|(id, _)| id != "50") {
        came.extend(after.batch().await.iter().map(|one| (body(one), one.attempt)));
    }
    let new = came.pop().unwrap();
    assert_eq!(new, ("50".to_owned(), 1));
    let (ids, attempts): (Vec<_>, Vec<_>) = came.into_iter().unzip();
    assert!(!ids.contains(&"0".to_owned()), "{ids:?}");
    // Whoever had them may not have come to the end of what it did.
    assert!(!ids.is_empty() && attempts.iter().all(|attempt| *attempt == 2), "{attempts:?}");
    // Nothing is left of how that was known.
    let raw = server.raw().await;
    let names: Value = raw.request("CONSUMER.NAMES.INBOUND", &json!({})).await.unwrap();
    assert_eq!(names["consumers"], json!(["sync-worker-a"]));
    after.stop().await;
}

/// Whether how far the lane has come was saved with it.
async fn noted(raw: &Context) -> bool {
    let lane: Value = raw.request("CONSUMER.INFO.INBOUND.sync-worker-a", &json!({})).await.unwrap();
    let note = lane["config"]["metadata"]["axis.seen"].as_str().unwrap();
    serde_json::from_str::<Value>(note).unwrap()["sequence"] != 0
}
