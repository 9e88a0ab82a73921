//! REST and live events for the Shell and every other client.
//!
//! A change is one transaction: the state, its line of the timeline, its row of the outbox, and the
//! promise to announce it. It is announced after the commit, and comes back to every screen by
//! `live`.

mod answers;
mod auth;
mod capacity;
mod client;
mod config;
mod database;
mod error;
mod etag;
mod extract;
mod files;
mod health;
mod idempotency;
mod limits;
mod live;
mod loopback_only;
mod metrics;
mod outbox;
mod paging;
mod problem;
mod recent;
mod request;
mod routes;
mod sign_in;
mod single_flight;

use std::sync::Arc;
use std::time::Duration;

use accounts::Accounts;
use axum::Router;
use bus::{Bus, streams};
use domain::SecretKey;
use service::{Crew, Health, Listener};
use store::Store;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use auth::AuthMode;
use config::Undo;
pub use config::{Config, UnfitConfig};
pub use files::{Config as FilesConfig, Files};
pub use routes::openapi_json;
pub use sign_in::SignIn;

use auth::Auth;
use capacity::Capacity;
use chatwoot::client::InHand;
use database::Places;
use limits::Limits;
use live::{Announcements, Announcer, Endings, FanOut, InTurn};
use routes::{Chatwoots, NewestLetters, Pipelines};

/// Live streams that one process serves.
const MOST_STREAMS: usize = 20_000;
/// Requests that wait for Chatwoot, or for NATS to do something, at a time. Each holds up to two
/// connections to the database meanwhile, so a quarter of the usual sixteen is always left.
const MOST_ASKING: usize = 6;
/// Replays that one process runs at a time.
const MOST_REPLAYS: usize = 4;
/// Requests that may read much of a stream at a time: a page of dead letters, or what a replay
/// would bring. Each may hold 32 MB.
const MOST_READING: usize = 16;

/// Long JSON bodies that are read at a time. Each may have 2 MiB, and take many times that in memory.
const MOST_LONG_BODIES: usize = 16;

/// How long background work may go on after the last request. What it leaves undone is in the
/// database, for other programs.
const FINISH_TIMEOUT: Duration = Duration::from_secs(5);
/// What handlers need. Cheap to clone.
#[derive(Clone)]
struct App {
    store: Store,
    places: Places,
    bus: Bus,
    files: Files,
    fan_out: FanOut,
    history: InTurn<Bus>,
    announcer: Announcer,
    streams: Capacity,
    endings: Endings,
    replays: Capacity,
    asking: Capacity,
    reading: Capacity,
    long_bodies: Capacity,
    answers: InHand,
    tasks: TaskTracker,
    auth: Auth,
    /// Signs tickets.
    key: Option<Arc<SecretKey>>,
    limits: Limits,
    openings: Limits,
    chatwoots: Chatwoots,
    newest_letters: NewestLetters,
    pipelines: Pipelines,
    sign_in: Arc<SignIn>,
    undo: Undo,
    heartbeat: Duration,
    shutdown: CancellationToken,
    administration: Option<Administration>,
}

/// What it takes to administer accounts.
#[derive(Clone)]
struct Administration {
    accounts: Accounts,
    /// Where Chatwoot reaches the receiver.
    public_url: Option<Arc<str>>,
}

/// The running API.
pub struct Api {
    router: Router,
    tasks: TaskTracker,
    crew: Crew,
}

impl Api {
    /// Starts the background work, which goes on until the shutdown. If the database, NATS or the OpenID
    /// provider is away, requests fail but the start does not. Unfit settings make the start fail.
    pub fn start(
        config: &Config,
        store: Store,
        bus: Bus,
        files: Files,
        health: &Health,
        shutdown: CancellationToken,
    ) -> anyhow::Result<Self> {
        metrics::register();
        let auth = config.auth()?;
        let key = config.accounts.key()?;
        let administration = key.clone().map(|key| administration(config, &store, &bus, key));
        let (announcer, announcements) = Announcer::channel();
        let watch = streams::Watch::default();
        health::servers(health, &store, &bus, &files);
        health::schema(health, &store);
        health::streams(health, watch.clone());
        if let Auth::Oidc(provider) = &auth {
            health::provider(health, provider);
        }
        let tasks = TaskTracker::new();
        tasks.close();
        let app = App {
            places: Places::among(store.connections()),
            store,
            history: InTurn::new(bus.clone()),
            bus,
            files,
            fan_out: FanOut::default(),
            announcer,
            streams: Capacity::with_share(MOST_STREAMS, config.streams_at_once()),
            endings: Endings::at(shutdown.clone()),
            replays: Capacity::new(MOST_REPLAYS),
            asking: Capacity::new(MOST_ASKING),
            reading: Capacity::new(MOST_READING),
            long_bodies: Capacity::new(MOST_LONG_BODIES),
            answers: InHand::new(answers::MOST),
            tasks: tasks.clone(),
            auth,
            key: key.map(Arc::new),
            limits: Limits::of_requests(config.api_requests_per_minute),
            openings: Limits::of_streams(config.api_streams_per_minute),
            chatwoots: Chatwoots::default(),
            newest_letters: NewestLetters::default(),
            pipelines: Pipelines::default(),
            sign_in: Arc::new(config.sign_in.clone()),
            undo: config.undo(),
            heartbeat: config.heartbeat(),
            shutdown,
            administration,
        };
        let crew = background(&app, announcements, watch);
        Ok(Self { router: routes::router(app, config, health), tasks, crew })
    }

    /// All routes, including those of the health checks.
    pub fn router(&self) -> Router {
        self.router.clone()
    }

    /// Serves until the shutdown, then until everything is finished.
    pub async fn serve(
        mut self,
        listener: impl Into<Listener>,
        shutdown: CancellationToken,
    ) -> anyhow::Result<()> {
        let serving = service::serve(listener, self.router(), shutdown.clone());
        let served = self.crew.watch(serving, &shutdown).await;
        self.finished().await;
        served
    }

    /// Does this work beside the background work. If the latter ends before the shutdown, that is
    /// an error, and the shutdown comes at once.
    pub async fn watch<T>(
        &mut self,
        work: impl Future<Output = anyhow::Result<T>>,
        shutdown: &CancellationToken,
    ) -> anyhow::Result<T> {
        self.crew.watch(work, shutdown).await
    }

    /// Waits, after the shutdown, until everything committed has been announced, but 5 s at most: a
    /// frozen NATS takes every announcement and confirms none. The routers from [`Api::router`]
    /// must have been dropped.
    pub async fn finished(self) {
        drop(self.router);
        let finishing = async {
            self.tasks.wait().await;
            self.crew.finish().await
        };
        match tokio::time::timeout(FINISH_TIMEOUT, finishing).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!("not everything was finished: {error:#}"),
            Err(_) => {
                tracing::warn!("not everything could be announced; an outbound worker will");
            }
        }
    }
}

/// Starts the work that goes on beside the requests.
fn background(app: &App, announcements: Announcements, watch: streams::Watch) -> Crew {
    let App { store, bus, fan_out, endings, limits, openings, shutdown, .. } = app;
    let mut crew = Crew::default();
    crew.spawn("limits of requests", limits.clone().forget(shutdown.clone()));
    crew.spawn("limits of streams", openings.clone().forget(shutdown.clone()));
    // Streams are told what happens until the last of them has ended.
    let untold = CancellationToken::new();
    let following = live::follow(bus.clone(), fan_out.clone(), untold.clone());
    crew.spawn("following activity", following);
    let listening = live::listen(bus.clone(), fan_out.clone(), untold.clone());
    crew.spawn("listening to presence", listening);
    let ending = endings.clone().over();
    crew.spawn("ending the streams", async move {
        ending.await;
        untold.cancel();
    });
    crew.spawn("announcing", live::announce(bus.clone(), store.clone(), announcements));
    crew.spawn_until(shutdown, "measuring the outbox", outbox::measure(store.clone()));
    crew.spawn_until(shutdown, "watching the streams", watch.run(bus.clone()));
    crew
}

fn administration(config: &Config, store: &Store, bus: &Bus, key: SecretKey) -> Administration {
    let accounts = Accounts::new(store.clone(), bus.clone(), key);
    let accounts = accounts.at_most(config.accounts.accounts_per_tenant);
    let accounts =
        if config.accounts.accounts_allow_private { accounts } else { accounts.public_only() };
    let public_url = config.accounts.public_url.as_deref().map(Arc::from);
    Administration { accounts, public_url }
}
