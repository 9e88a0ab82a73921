//! Receives Chatwoot's webhooks: verifies them, makes them durable, acknowledges and publishes them.
//!
//! There is one path, in good times and bad: verify (`routes`), append to the [`journal`], answer, publish from the
//! journal (`publish`). NATS may be away at any point, and the journal then fills until it is back. After a restart of
//! NATS, `heal` publishes again what NATS may have lost. Whoever asks is told what waits in the journal (`report`).

mod config;
mod heal;
pub mod journal;
mod metrics;
mod publish;
mod report;
mod routes;
mod sources;
#[cfg(test)]
mod testing;
mod upkeep;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use anyhow::Context as _;
use bus::{Bus, streams};
use domain::in_words;
use service::{Crew, Health, Listener, Status, joined};
use tokio_util::sync::CancellationToken;

pub use config::{AcknowledgeAfter, Config, Settings};

use journal::{Activity, Condition, Journal};
use routes::Intake;
use sources::Follower;

/// A running receiver. Dropping it stops it; [`Receiver::drain`] lets it finish.
#[derive(Debug)]
pub struct Receiver {
    intake: Arc<Intake>,
    bus: Bus,
    refused: Arc<AtomicUsize>,
    failing: Arc<AtomicBool>,
    streams: streams::Watch,
    stop: CancellationToken,
    crew: Crew,
}

impl Receiver {
    /// Recovers the journal, and starts to publish from it and to follow the sources. NATS need not be reachable.
    /// Fails if the key or the journal cannot be used.
    pub async fn start(config: &Config, bus: Bus) -> anyhow::Result<Self> {
        let key = config.key()?;
        let (dir, limits) = (config.journal_dir.clone(), config.limits());
        let (journal, follower) = tokio::task::spawn_blocking(move || {
            let journal = Journal::open(&dir, limits)?;
            Ok::<_, journal::OpenError>((journal, Follower::starting_in(&dir, key)))
        })
        .await?
        .context("opening the journal")?;

        let shared = journal.shared();
        let sources = follower.sources();
        let intake = Arc::new(Intake::of(sources, Arc::new(journal), config));
        let refused = Arc::new(AtomicUsize::new(0));
        let failing = Arc::new(AtomicBool::new(false));
        let stop = CancellationToken::new();
        let mut crew = Crew::default();
        let publishing =
            publish::run(Arc::clone(&shared), bus.clone(), Arc::clone(&failing), stop.clone());
        crew.spawn("publishing", publishing);
        let healing = heal::run(Arc::clone(&shared), bus.clone());
        crew.spawn_until(&stop, "healing", healing);
        let (sources, counted) = (Arc::clone(&intake.sources), Arc::clone(&refused));
        let reporting = report::run(Arc::clone(&shared), Arc::clone(&intake), bus.clone());
        crew.spawn_until(&stop, "reporting", reporting);
        let upkeep = upkeep::run(shared, sources, bus.clone(), counted);
        crew.spawn_until(&stop, "the journal's upkeep", upkeep);
        let telling = routes::tell_refused(Arc::clone(&intake));
        crew.spawn_until(&stop, "telling what is refused", telling);
        let following = follower.run(bus.sources());
        crew.spawn_until(&stop, "following the sources", following);
        let streams = streams::Watch::default();
        let watching = streams.clone().run(bus.clone());
        crew.spawn_until(&stop, "watching the streams", watching);
        Ok(Self { intake, bus, refused, failing, streams, stop, crew })
    }

    /// Registers its health checks and serves until the shutdown, then publishes what is left.
    pub async fn serve(
        mut self,
        listener: impl Into<Listener>,
        health: Health,
        shutdown: CancellationToken,
    ) -> anyhow::Result<()> {
        self.register(&health);
        let routes = self.router().merge(service::routes(&health));
        let until = shutdown.clone();
        let serving =
            async { service::serve(listener, routes, until).await.context("serving HTTP") };
        let served = self.watch(serving, &shutdown).await;
        self.drain().await;
        served
    }

    /// Runs `work` beside the receiver's own tasks. If one of those ends before the shutdown, that is an error, and the
    /// shutdown is triggered at once.
    pub async fn watch<T>(
        &mut self,
        work: impl Future<Output = anyhow::Result<T>>,
        shutdown: &CancellationToken,
    ) -> anyhow::Result<T> {
        self.crew.watch(work, shutdown).await
    }

    /// The webhook routes only.
    pub fn router(&self) -> axum::Router {
        routes::router(Arc::clone(&self.intake))
    }

    /// Registers the health checks `journal`, `nats`, `publishing`, `sources` and `streams`.
    pub fn register(&self, health: &Health) {
        let journal = &self.intake.journal;
        let (condition, activity) = (journal.condition(), journal.activity());
        health.check("journal", move || {
            let status = journal_status(*condition.borrow(), *activity.borrow());
            async move { status }
        });
        let bus = self.bus.clone();
        health.check("nats", move || {
            let connected = bus.connected();
            async move {
                Status::up_or_degraded(connected, "not connected; events wait in the journal")
            }
        });
        let (refused, failing) = (Arc::clone(&self.refused), Arc::clone(&self.failing));
        health.check("publishing", move || {
            let status = if failing.load(Ordering::Relaxed) {
                let reason = "the stream takes nothing; events wait in the journal";
                Status::Degraded(reason.to_owned())
            } else {
                let none = refused.load(Ordering::Relaxed) == 0;
                Status::up_or_degraded(none, "the stream refused events; see the log")
            };
            async move { status }
        });
        let streams = self.streams.clone();
        health.check("streams", move || {
            let trouble = streams.trouble();
            async move { trouble.map_or(Status::Up, Status::Degraded) }
        });
        let sources = Arc::clone(&self.intake.sources);
        health.check("sources", move || {
            let present = sources.present();
            async move {
                match present {
                    None => Status::Down("not known yet: never reached NATS".to_owned()),
                    Some(present) => Status::up_or_degraded(
                        present.unopened == 0,
                        "some webhook secrets do not open with AXIS_SECRET_KEY",
                    ),
                }
            }
        });
    }

    /// Publishes what is left, for 5 s at most; the rest is published after the next start. Must be called only when no
    /// requests are in hand any more.
    pub async fn drain(self) {
        self.stop.cancel();
        if let Err(error) = self.crew.finish().await {
            tracing::error!("what is left waits in the journal: {error:#}");
        }
        let shared = self.intake.journal.shared();
        let maintained = tokio::task::spawn_blocking(move || shared.maintain(None).1);
        if let Err(error) = joined(maintained).await {
            tracing::warn!(
                error = in_words(&error),
                "cannot save how far the journal is published; some events will be published twice"
            );
        }
    }
}

fn journal_status(condition: Condition, activity: Activity) -> Status {
    let wrong = match (activity, condition) {
        (Activity::Ended, _) => "its writer has ended; restart the receiver",
        (activity, _) if activity.hangs() => "cannot be written: the disk does not answer",
        (_, Condition::Full) => "full of unpublished events",
        (_, Condition::Failing) => "cannot be written",
        (_, Condition::Writable) => return Status::Up,
    };
    Status::Down(wrong.to_owned())
}
