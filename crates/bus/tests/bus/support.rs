//! A private server with all streams, and a handler that tells the test what it is given.

use std::future::Future;
use std::panic::Location;
use std::path::Path;
use std::time::Duration;

use async_nats::jetstream::context::ContextBuilder;
use bus::streams::{self, Replicas};
use bus::{Bus, BusError, Config, Consumer, Consumption, Delivery, Failure, Handler, Outcome};
use events::{Envelope, Headers};
use secrecy::ExposeSecret as _;
use servers::{Nats, NatsOptions};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Nothing here takes long, not even on a busy machine; whoever waits for longer waits in vain.
pub const DEADLINE: Duration = Duration::from_mins(2);

/// The server may take so long to answer on a busy machine. Whoever asked before it went away waits for as long, perhaps
/// several times, hence no longer.
const ANSWERING: Duration = Duration::from_secs(10);

/// The room of a stream that has very little, in bytes.
pub const ROOM: i64 = 100 * 1024;

pub struct Server {
    pub nats: Nats,
    pub dir: tempfile::TempDir,
}

impl Server {
    /// A server without any streams.
    pub async fn bare() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let nats = Nats::start(NatsOptions::new(dir.path())).await.unwrap();
        Self { nats, dir }
    }

    /// A server with all streams, and a connection to it.
    pub async fn start() -> (Self, Bus) {
        let server = Self::bare().await;
        let bus = server.connect().await;
        streams::apply(&bus, Replicas::Keep).await.unwrap();
        (server, bus)
    }

    pub fn config(&self) -> Config {
        let config = Config::to_url(self.nats.url().expose_secret());
        Config { answering: ANSWERING, ..config }
    }

    pub async fn connect(&self) -> Bus {
        Bus::connect(&self.config(), "test").await.unwrap()
    }

    /// The library itself, to do to the server what the bus never would.
    pub async fn raw(&self) -> async_nats::jetstream::Context {
        let url = self.nats.url().expose_secret();
        let token = url.trim_start_matches("nats://").split('@').next().unwrap();
        let options = async_nats::ConnectOptions::with_token(token.to_owned());
        let client = options.connect(url).await.unwrap();
        ContextBuilder::new().timeout(ANSWERING).build(client)
    }

    /// Gives a stream very little room.
    pub async fn shrink(&self, stream: &str) {
        let raw = self.raw().await;
        let mut config = raw.get_stream(stream).await.unwrap().cached_info().config.clone();
        config.max_bytes = ROOM;
        raw.update_stream(config).await.unwrap();
    }

    /// Makes a lane for account `a` whose messages come again after a second instead of half a
    /// minute.
    pub async fn hurry(&self) {
        let text = include_str!("../../../../nats/consumers/sync-worker.json");
        let text = text.replace("<account>", "a");
        let declared: async_nats::jetstream::consumer::Config =
            serde_json::from_str(&text).unwrap();
        let config = async_nats::jetstream::consumer::pull::Config {
            durable_name: declared.durable_name,
            description: declared.description,
            filter_subject: declared.filter_subject,
            ack_policy: declared.ack_policy,
            ack_wait: Duration::from_secs(1),
            max_deliver: declared.max_deliver,
            max_ack_pending: declared.max_ack_pending,
            max_waiting: declared.max_waiting,
            inactive_threshold: declared.inactive_threshold,
            metadata: declared.metadata,
            ..Default::default()
        };
        self.raw().await.create_consumer_on_stream(config, "INBOUND").await.unwrap();
    }
}

pub fn envelope(subject: &str, id: &str) -> Envelope {
    Envelope {
        subject: subject.to_owned(),
        message_id: id.to_owned(),
        headers: Headers::default().with("Axis-Test", id),
        payload: id.as_bytes().to_vec(),
    }
}

/// A message of a KiB.
pub fn large(subject: &str, id: usize) -> Envelope {
    Envelope { payload: vec![b'x'; 1024], ..envelope(subject, &id.to_string()) }
}

/// `count` messages of INBOUND named `0`, `1`, ….
pub async fn publish(bus: &Bus, count: usize) {
    let envelopes = (0..count).map(|n| envelope("inbound.a.test", &n.to_string())).collect();
    for published in bus.publisher().publish_all(envelopes).await {
        published.unwrap();
    }
}

pub fn consumption() -> Consumption {
    Consumption {
        consumer: Consumer::SyncWorker,
        batch: 10,
        concurrency: 2,
        room: 1_000,
        retry_delay: |_| Duration::from_millis(50),
    }
}

/// Tells each batch to the test, then decides each delivery's outcome.
pub struct Telling<F> {
    pub seen: mpsc::UnboundedSender<Vec<Delivery>>,
    pub decide: F,
}

impl<F: Fn(&Delivery) -> Outcome + Send + Sync + 'static> Handler for Telling<F> {
    async fn handle(&self, batch: Vec<Delivery>) -> Vec<Outcome> {
        self.seen.send(batch.clone()).unwrap();
        batch.iter().map(&self.decide).collect()
    }
}

/// A consumption in the background.
pub struct Consuming {
    pub batches: mpsc::UnboundedReceiver<Vec<Delivery>>,
    pub shutdown: CancellationToken,
    task: JoinHandle<Result<(), BusError>>,
}

impl Consuming {
    pub fn start(
        bus: &Bus,
        consumption: Consumption,
        decide: impl Fn(&Delivery) -> Outcome + Send + Sync + 'static,
    ) -> Self {
        let (seen, batches) = mpsc::unbounded_channel();
        let shutdown = CancellationToken::new();
        let (bus, stop) = (bus.clone(), shutdown.clone());
        let handler = Telling { seen, decide };
        let task = tokio::spawn(async move { bus.consume(consumption, handler, stop).await });
        Self { batches, shutdown, task }
    }

    pub async fn batch(&mut self) -> Vec<Delivery> {
        within(self.batches.recv()).await.expect("the consumption ended")
    }

    pub async fn deliveries(&mut self, count: usize) -> Vec<Delivery> {
        let mut deliveries = Vec::new();
        while deliveries.len() < count {
            deliveries.extend(self.batch().await);
        }
        deliveries
    }

    /// Ends it in the middle of whatever it does.
    pub async fn die(self) {
        self.task.abort();
        self.task.await.unwrap_err();
    }

    /// How it ends by itself.
    pub async fn end(self) -> Result<(), BusError> {
        self.task.await.unwrap()
    }

    pub async fn stop(self) {
        self.shutdown.cancel();
        within(self.task).await.unwrap().unwrap();
    }
}

/// The outcome of a message that can never be processed, which its handler has recorded.
pub fn rejected(reason: &'static str, error: &str) -> Outcome {
    Err(Failure::Reject { reason, error: error.into(), recorded: true })
}

pub fn body(delivery: &Delivery) -> String {
    String::from_utf8(delivery.payload.to_vec()).unwrap()
}

/// Awaits it; panics with the place where it was awaited when it takes too long.
#[track_caller]
pub fn within<F: Future>(future: F) -> impl Future<Output = F::Output> {
    let awaited = Location::caller();
    async move {
        let within = tokio::time::timeout(DEADLINE, future).await;
        within.unwrap_or_else(|_| panic!("waited {DEADLINE:?} in vain at {awaited}"))
    }
}

/// Asks again and again until the answer is yes.
#[track_caller]
pub fn eventually<Fut: Future<Output = bool>>(
    mut is_so: impl FnMut() -> Fut,
) -> impl Future<Output = ()> {
    eventually_some(move || {
        let is_so = is_so();
        async move { is_so.await.then_some(()) }
    })
}

/// Asks again and again until there is an answer.
#[track_caller]
pub fn eventually_some<T, Fut: Future<Output = Option<T>>>(
    mut ask: impl FnMut() -> Fut,
) -> impl Future<Output = T> {
    within(async move {
        loop {
            if let Some(answer) = ask().await {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
}

/// What NATS answers. While the servers of a cluster elect a leader, nobody does.
#[track_caller]
pub fn answered<T, Fut: Future<Output = Result<T, BusError>>>(
    mut ask: impl FnMut() -> Fut,
) -> impl Future<Output = T> {
    eventually_some(move || {
        let asked = ask();
        async move {
            match asked.await {
                Err(error) if error.is_transient() => None,
                answer => Some(answer.unwrap()),
            }
        }
    })
}

/// Waits until nothing of INBOUND is left to deliver or to settle.
#[track_caller]
pub fn all_settled(bus: &Bus) -> impl Future<Output = ()> {
    eventually(move || async move {
        bus.unsettled(Consumer::SyncWorker).await.is_ok_and(|left| left == 0)
    })
}

/// Copies a directory.
pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
