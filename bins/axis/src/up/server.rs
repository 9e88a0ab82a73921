//! A private server that is started again when it dies, or takes nothing any more.

use std::sync::Arc;
use std::time::Duration;

use servers::{Nats, Postgres};
use service::retry::Policy;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::stuck::Stuck;

/// A server that has run for this long did not die of its start.
const SOUND: Duration = Duration::from_mins(1);

/// One of our servers.
#[derive(Debug)]
pub(super) enum Server {
    /// The database.
    Postgres(Postgres),
    /// The streams, and who sees whether they take anything.
    Nats(Nats, Stuck),
}

/// Why a server has to be started again.
enum Cause {
    Ended,
    Stuck,
}

impl Server {
    fn name(&self) -> &'static str {
        match self {
            Self::Postgres(_) => "PostgreSQL",
            Self::Nats(..) => "nats-server",
        }
    }

    async fn fails(&self) -> Cause {
        match self {
            Self::Postgres(server) => server.wait().await,
            Self::Nats(server, stuck) => tokio::select! {
                () = server.wait() => {}
                () = stuck.found() => return Cause::Stuck,
            },
        }
        Cause::Ended
    }

    async fn restart(&self) -> Result<(), servers::Error> {
        match self {
            Self::Postgres(server) => server.restart().await,
            Self::Nats(server, _) => server.restart().await,
        }
    }

    async fn stop(&self) -> Result<(), servers::Error> {
        match self {
            Self::Postgres(server) => server.stop().await,
            Self::Nats(server, _) => server.stop().await,
        }
    }

    /// Starts the server again whenever it ends or is stuck, until told to stop.
    async fn keep_alive(&self, stopping: &CancellationToken) {
        let mut failures = 0;
        loop {
            let since = Instant::now();
            let Some(cause) = stopping.run_until_cancelled(self.fails()).await else { return };
            failures = if since.elapsed() > SOUND { 1 } else { failures + 1 };
            if let Cause::Ended = cause {
                let wait = Policy::NEAR.delay(failures);
                tracing::warn!(
                    server.name = self.name(),
                    retry.seconds = wait.as_secs_f64(),
                    "a server of ours ended, starting it again"
                );
                if stopping.run_until_cancelled(tokio::time::sleep(wait)).await.is_none() {
                    return;
                }
            }
            match self.restart().await {
                Ok(()) => tracing::info!(server.name = self.name(), "the server is back"),
                Err(error) => tracing::error!(
                    server.name = self.name(),
                    error = &error as &dyn std::error::Error,
                    "cannot start the server, trying again"
                ),
            }
        }
    }
}

/// A server, and the task that keeps it alive.
#[derive(Debug)]
pub(super) struct Kept {
    server: Arc<Server>,
    stopping: CancellationToken,
    keeper: JoinHandle<()>,
}

impl Kept {
    /// Keeps a running server alive.
    pub(super) fn new(server: Server) -> Self {
        let server = Arc::new(server);
        let stopping = CancellationToken::new();
        let (kept, until) = (Arc::clone(&server), stopping.clone());
        let keeper = tokio::spawn(async move { kept.keep_alive(&until).await });
        Self { server, stopping, keeper }
    }

    /// Ends the server in good order.
    pub(super) async fn stop(self) -> Result<(), servers::Error> {
        self.stopping.cancel();
        // The keeper ends by itself. If it had panicked, the server would still have to stop.
        let _ = self.keeper.await;
        self.server.stop().await
    }
}
