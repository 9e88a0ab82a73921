//! Telling the stream what was done through this API.
//!
//! After the commit, outside of the request: the answer does not wait for NATS. What cannot be told
//! is in the database all the same, and every list shows it.

use bus::Bus;
use domain::TenantId;
use events::{Announcement, Envelope, TraceParent};
use service::retry::Policy;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// How many announcements wait while NATS is away.
const WAITING: usize = 4_096;

/// Takes announcements. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Announcer(mpsc::Sender<Envelope>);

impl Announcer {
    /// Something that takes announcements, and what [`announce`] publishes.
    pub(crate) fn channel() -> (Self, mpsc::Receiver<Envelope>) {
        let (sender, receiver) = mpsc::channel(WAITING);
        (Self(sender), receiver)
    }

    /// Announces what was committed, soon.
    pub(crate) fn tell(&self, tenant: &TenantId, told: &Announcement, trace: &TraceParent) {
        let queued = told
            .envelope(tenant, "", trace)
            .map_err(|error| error.to_string())
            .and_then(|envelope| self.0.try_send(envelope).map_err(|error| error.to_string()));
        if let Err(error) = queued {
            lost(&error);
        }
    }
}

/// Publishes in order until all senders are gone. While NATS is away, keeps trying; after the
/// shutdown, tries once.
pub(crate) async fn announce(
    bus: Bus,
    mut waiting: mpsc::Receiver<Envelope>,
    shutdown: CancellationToken,
) {
    let publisher = bus.publisher();
    while let Some(envelope) = waiting.recv().await {
        let mut failures = 0;
        while let Err(error) = publisher.publish(envelope.clone()).await {
            failures += 1;
            if error.is_permanent() || shutdown.is_cancelled() {
                lost(&error.to_string());
                break;
            }
            if failures == 1 {
                tracing::warn!(%error, "a change cannot be announced yet, trying again");
            }
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = tokio::time::sleep(Policy::NEAR.delay(failures)) => {}
            }
        }
    }
}

fn lost(error: &str) {
    metrics::counter!("axis_api_announcements_lost_total").increment(1);
    tracing::warn!(error, "a change is not announced; screens show it when they read it next");
}
