//! What all programs have in common: settings, logs, metrics, health, retries, signals and a graceful shutdown.
//!
//! ```no_run
//! use std::process::ExitCode;
//!
//! #[derive(clap::Parser)]
//! struct Arguments {
//!     #[command(flatten)]
//!     service: service::Config,
//! }
//!
//! fn main() -> ExitCode {
//!     service::main("sync-worker", run)
//! }
//!
//! async fn run(arguments: Arguments) -> anyhow::Result<()> {
//!     let service = service::Service::start("sync-worker", &arguments.service)?;
//!     // … connect, register health checks …
//!     let listener = service::listen("127.0.0.1", 8081).await?;
//!     let routes = service::routes(service.health());
//!     let work = service::serve(listener, routes, service.shutdown());
//!     service.run(work).await
//! }
//! ```

mod config;
mod crew;
mod files;
mod health;
mod http;
mod leave;
mod logs;
mod memory;
mod metrics;
mod pace;
mod program;
pub mod retry;
mod serve;
mod settings;
mod shutdown;
mod version;

use std::future::Future;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

pub use config::{Config, HttpConfig, LogFormat, Places};
pub use crew::{Crew, Ending, joined};
pub use health::{Health, Status};
pub use http::{ListenError, listen, routes};
pub use leave::{LeaveConfig, Leaving};
pub use pace::Pace;
pub use program::main;
pub use serve::{Listener, serve};
pub use shutdown::drain;

/// How old a health report may be.
const MOMENT: Duration = Duration::from_secs(1);

/// A running program: its name, its health and its shutdown.
pub struct Service {
    name: &'static str,
    config: Config,
    health: Health,
    leaving: Leaving,
    shutdown: CancellationToken,
}

/// The program cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// `AXIS_LOG` is not a valid filter.
    #[error("AXIS_LOG is not a log filter such as `info` or `info,bus=debug`")]
    LogFilter(#[from] tracing_subscriber::filter::ParseError),
}

impl Service {
    /// Sets up logs, memory, files and metrics, and starts to listen for signals.
    pub fn start(name: &'static str, config: &Config) -> Result<Self, StartError> {
        Self::begin(name, config, Leaving::default())
    }

    /// Starts a program behind a balancer, like [`Service::start`], except that it leaves first at `SIGTERM`. Pass
    /// [`Service::leaving`] to its listener.
    pub fn start_balanced(
        name: &'static str,
        config: &Config,
        leave: &LeaveConfig,
    ) -> Result<Self, StartError> {
        let lasts = Duration::from_secs(leave.leave_seconds);
        Self::begin(name, config, Leaving::lasting(lasts))
    }

    fn begin(name: &'static str, config: &Config, leaving: Leaving) -> Result<Self, StartError> {
        logs::install(config)?;
        memory::without_huge_pages();
        files::as_many_as_allowed();
        metrics::install();
        version::tell(name);
        tokio::spawn(metrics::upkeep());
        let health = Health::lasting(MOMENT);
        tokio::spawn(health.clone().watch());
        let shutdown = CancellationToken::new();
        tokio::spawn(shutdown::on_signal(leaving.clone(), health.clone(), shutdown.clone()));
        tracing::info!(service.name = name, service.version = version::version(), "starting");
        Ok(Self { name, config: config.clone(), health, leaving, shutdown })
    }

    /// Where parts of the program register their health checks.
    pub fn health(&self) -> &Health {
        &self.health
    }

    /// Whether the program is leaving, for [`Listener::until_left`].
    pub fn leaving(&self) -> Leaving {
        self.leaving.clone()
    }

    /// A token that is cancelled when the program has to stop taking in work.
    pub fn shutdown(&self) -> CancellationToken {
        self.shutdown.clone()
    }

    /// Runs the program until it ends by itself or, after a signal, has drained. What has not drained within the
    /// deadline, or at a second signal, is dropped.
    pub async fn run<E: Into<anyhow::Error>>(
        self,
        work: impl Future<Output = Result<(), E>>,
    ) -> anyhow::Result<()> {
        let ended = drain(work, &self.shutdown, self.config.shutdown_deadline()).await;
        match ended {
            Some(result) => {
                tracing::info!(service.name = self.name, "stopped");
                result.map_err(Into::into)
            }
            None => Err(anyhow::anyhow!("did not drain within the shutdown deadline")),
        }
    }

    /// Runs a worker like [`Service::run`], and serves its health and metrics meanwhile.
    pub async fn run_worker(
        self,
        listener: impl Into<Listener>,
        work: impl Future<Output = anyhow::Result<()>>,
    ) -> anyhow::Result<()> {
        let routes = serve(listener, routes(&self.health), self.shutdown());
        let both = async {
            tokio::try_join!(async { anyhow::Ok(routes.await?) }, work)?;
            anyhow::Ok(())
        };
        self.run(both).await
    }
}
