//! A NATS server, a source, and what it takes to send and to look.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bus::{Bus, BusError, Consumer, Consumption, Delivery, Handler, Outcome, Replicas};
use chatwoot::sign;
use chrono::Utc;
use domain::AccountKey;
use events::{Inbound, Source, subject};
use secrecy::{ExposeSecret as _, SecretString};
use servers::{Nats, NatsCluster, NatsOptions};
use testkit::reqwest::{Client, StatusCode};
use testkit::{eventually, eventually_some, scratch};
use tokio_util::sync::CancellationToken;

pub const SECRET: &str = "the webhook's secret";
pub const ACCOUNT_ID: i64 = 7;

pub struct Rig<S = Nats> {
    pub nats: S,
    pub nats_dir: PathBuf,
    pub bus: Bus,
    pub source: Source,
    pub key: String,
    pub journal: PathBuf,
    /// How the receiver reaches NATS.
    pub bus_config: bus::Config,
    client: Client,
}

impl Rig {
    /// A server with the streams and one source.
    pub async fn start() -> Self {
        Self::configured(|_| {}).await
    }

    /// The same with another configuration of the server.
    pub async fn configured(change: impl FnOnce(&mut NatsOptions)) -> Self {
        let nats_dir = scratch("nats");
        let mut options = NatsOptions::new(&nats_dir);
        change(&mut options);
        let nats = Nats::start(options).await.unwrap();
        let bus_config = config(nats.url());
        let bus = Bus::connect(&bus_config, "test").await.unwrap();
        Self::around(nats, nats_dir, bus, bus_config, Replicas::default()).await
    }

    /// Ends the server and starts it over the same data with another configuration.
    pub async fn reconfigure(self, change: impl FnOnce(&mut NatsOptions)) -> Self {
        let Self { nats, nats_dir, bus, source, key, journal, client, .. } = self;
        nats.stop().await.unwrap();
        drop((nats, bus));
        let mut options = NatsOptions::new(&nats_dir);
        change(&mut options);
        let nats = Nats::start(options).await.unwrap();
        let bus_config = config(nats.url());
        let bus = Bus::connect(&bus_config, "test").await.unwrap();
        Self { nats, nats_dir, bus, source, key, journal, bus_config, client }
    }
}

impl Rig<NatsCluster> {
    /// Three servers with every stream on all of them, of which the receiver knows the first and the test
    /// the two others.
    pub async fn cluster() -> Self {
        let nats_dir = scratch("nats");
        let nats = NatsCluster::start(NatsOptions::new(&nats_dir)).await.unwrap();
        let (first, others) = nats.nodes().split_first().unwrap();
        let others: Vec<&str> = others.iter().map(|node| node.url().expose_secret()).collect();
        let bus = Bus::connect(&bus::Config::to_url(&others.join(",")), "test").await.unwrap();
        let bus_config = config(first.url());
        Self::around(nats, nats_dir, bus, bus_config, Replicas::Of(3)).await
    }
}

impl Rig<NatsCluster> {
    /// From now on the receiver knows this node.
    pub fn reach(&mut self, node: usize) {
        self.bus_config = config(self.nats.nodes()[node].url());
    }
}

impl<S> Rig<S> {
    /// Has the stream tell only within the next moment that it has an event already.
    pub async fn shorten_the_window(&self, nodes: u8) {
        let declared = include_str!("../../../../nats/streams/inbound.json");
        let mut declared: serde_json::Value = serde_json::from_str(declared).unwrap();
        declared["num_replicas"] = nodes.into();
        declared["duplicate_window"] = 100_000_000.into();
        let update = format!("$JS.API.STREAM.UPDATE.{}", subject::INBOUND);
        eventually("the stream has a shorter window", || async {
            let answers = self.bus.ask_all(&update, declared.to_string().into()).await;
            let done = |answer: &bytes::Bytes| !String::from_utf8_lossy(answer).contains("error");
            answers.is_ok_and(|answers| answers.iter().any(done))
        })
        .await;
    }

    /// The run of the server that has everything, as the journal notes it.
    pub fn healed(&self) -> Option<String> {
        self.noted()?["server"].as_str().map(str::to_owned)
    }

    /// Whether the journal notes that everything in it is published.
    pub fn is_published(&self, last: u64) -> bool {
        self.noted().and_then(|mark| mark["below"].as_u64()).is_some_and(|below| below > last)
    }

    /// Of how many segments the journal notes since when they are settled.
    pub fn settled(&self) -> usize {
        let noted = self.noted();
        noted.and_then(|mark| Some(mark["settled"].as_object()?.len())).unwrap_or(0)
    }

    fn noted(&self) -> Option<serde_json::Value> {
        let mark = std::fs::read(self.journal.join("published.json")).ok()?;
        serde_json::from_slice(&mark).ok()
    }

    /// Makes the streams and one source.
    async fn around(
        nats: S,
        nats_dir: PathBuf,
        bus: Bus,
        bus_config: bus::Config,
        replicas: Replicas,
    ) -> Self {
        answered(|| bus::streams::apply(&bus, replicas)).await;
        let key = domain::SecretKey::generate_text();
        let sealing: domain::SecretKey = key.parse().unwrap();
        let sealed = sealing.seal(Source::SECRET_PURPOSE, &SECRET.into()).unwrap();
        let source = Source {
            account: AccountKey::generate(),
            tenant: "acme".parse().unwrap(),
            chatwoot_account_id: ACCOUNT_ID,
            base_url: "https://chat.example.com".to_owned(),
            sealed_secrets: vec![hex::encode(sealed.0)],
            allow_unsigned: false,
        };
        let sources = bus.sources();
        answered(|| sources.put(&source)).await;
        let (journal, client) = (scratch("journal"), testkit::http());
        Self { nats, nats_dir, bus, source, key, journal, bus_config, client }
    }

    /// Sends the event of this number; its id if it was acknowledged.
    pub async fn send(&self, base: &str, number: u64) -> Result<String, Option<StatusCode>> {
        self.send_long(base, number, 0).await
    }

    /// Sends the event of this number with a content of this many bytes.
    pub async fn send_long(
        &self,
        base: &str,
        number: u64,
        length: usize,
    ) -> Result<String, Option<StatusCode>> {
        let content = "x".repeat(length);
        let body = format!(
            r#"{{"event":"message_created","id":{number},"account":{{"id":{ACCOUNT_ID}}},"content":"{content}"}}"#
        );
        let at = Utc::now().timestamp().to_string();
        let answer = self
            .client
            .post(format!("{base}/api/v1/webhooks/chatwoot/{}", self.source.account.token()))
            .header("content-type", "application/json")
            .header("x-chatwoot-signature", sign(SECRET.as_bytes(), &at, body.as_bytes()))
            .header("x-chatwoot-timestamp", at)
            .body(body)
            .send()
            .await
            .map_err(|_| None)?;
        if answer.status() != StatusCode::OK {
            return Err(Some(answer.status()));
        }
        let text = answer.text().await.map_err(|_| None)?;
        let answer: serde_json::Value = serde_json::from_str(&text).unwrap();
        Ok(answer["id"].as_str().unwrap().to_owned())
    }

    /// Sends until the receiver knows the source; that event's id.
    pub async fn send_when_known(&self, base: &str, number: u64) -> String {
        self.send_until_acknowledged(base, number).await
    }

    /// Sends an event, as often as it takes; its id.
    pub async fn send_until_acknowledged(&self, base: &str, number: u64) -> String {
        eventually_some("it is acknowledged", || async { self.send(base, number).await.ok() }).await
    }

    pub async fn messages(&self) -> u64 {
        let what = "NATS tells how many events there are";
        eventually_some(what, || async {
            self.bus.stream(subject::INBOUND).await.ok().map(|stream| stream.messages)
        })
        .await
    }

    pub async fn expect_messages(&self, count: u64) {
        eventually("the stream holds every event once", || async {
            self.messages().await == count
        })
        .await;
    }

    /// The ids of all events in the stream, once it has been read to its end.
    pub async fn ids(&self) -> BTreeSet<String> {
        let expected = answered(|| self.bus.stream(subject::INBOUND)).await.messages;
        let collector = Collector::default();
        let ids = Arc::clone(&collector.0);
        let stop = CancellationToken::new();
        let consumption = Consumption {
            consumer: Consumer::SyncWorker,
            batch: 500,
            concurrency: 1,
            room: 1_000,
            retry_delay: |_| Duration::from_secs(1),
        };
        let (bus, stopped) = (self.bus.clone(), stop.clone());
        let consuming =
            tokio::spawn(async move { bus.consume(consumption, collector, stopped).await });
        eventually("all is read", || async { ids.lock().unwrap().len() as u64 == expected }).await;
        stop.cancel();
        consuming.await.unwrap().unwrap();
        let mut ids = ids.lock().unwrap();
        std::mem::take(&mut *ids)
    }
}

/// What NATS answers. While the servers of a cluster elect a leader, nobody does.
pub async fn answered<T, F>(ask: impl Fn() -> F) -> T
where
    F: Future<Output = Result<T, BusError>>,
{
    eventually_some("a leader answers", || {
        let asked = ask();
        async move {
            match asked.await {
                Err(BusError::Unavailable(_)) => None,
                answer => Some(answer.unwrap()),
            }
        }
    })
    .await
}

fn config(url: &SecretString) -> bus::Config {
    let config = bus::Config::to_url(url.expose_secret());
    // A busy machine may be long about it, and whoever asks while NATS is away waits for as long.
    bus::Config { answering: Duration::from_secs(10), ..config }
}

pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in from.read_dir().unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[derive(Default)]
struct Collector(Arc<Mutex<BTreeSet<String>>>);

impl Handler for Collector {
    async fn handle(&self, batch: Vec<Delivery>) -> Vec<Outcome> {
        let mut ids = self.0.lock().unwrap();
        batch
            .iter()
            .map(|delivery| {
                ids.insert(Inbound::read(&delivery.headers).unwrap().id.to_string());
                Ok(())
            })
            .collect()
    }
}
