//! Leaving a balancer: after the signal to stop, a program answers for a while longer but says that it is not ready.
//!
//! A balancer notices that at its next probe of `/ready`. The requests that it sends until then would otherwise be
//! refused, and Chatwoot sends a webhook only once.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use clap::Args;

use crate::{Health, Status};

/// How a program behind a balancer stops.
#[derive(Debug, Clone, Args)]
#[group(skip)]
#[command(next_help_heading = "Listening")]
pub struct LeaveConfig {
    /// Seconds after SIGTERM in which requests are still answered while `/ready` says 503, so that a balancer
    /// sends further ones elsewhere; a second signal ends them, and SIGINT (ctrl-C) has none; 0 to 600
    #[arg(
        long,
        env = "AXIS_LEAVE_SECONDS",
        default_value_t = 5,
        value_name = "SECONDS",
        value_parser = clap::value_parser!(u64).range(0..=600)
    )]
    pub leave_seconds: u64,
}

/// Whether a program is leaving. Cheap to clone. By default it never does.
#[derive(Debug, Clone, Default)]
pub struct Leaving {
    lasts: Duration,
    begun: Arc<AtomicBool>,
}

impl Leaving {
    pub(crate) fn lasting(lasts: Duration) -> Self {
        Self { lasts, begun: Arc::default() }
    }

    pub(crate) fn has_begun(&self) -> bool {
        self.begun.load(Ordering::Relaxed)
    }

    /// Leaves: goes on until the time is over or `told_again` completes.
    pub(crate) async fn run(&self, health: &Health, told_again: impl Future) {
        if self.lasts.is_zero() {
            return;
        }
        health.check("stopping", async || Status::Down("it was told to stop".to_owned()));
        self.begun.store(true, Ordering::Relaxed);
        tracing::info!(
            leave.seconds = self.lasts.as_secs(),
            "told to stop: answering on until balancers have noticed"
        );
        tokio::select! {
            () = tokio::time::sleep(self.lasts) => {}
            _ = told_again => {}
        }
    }
}
