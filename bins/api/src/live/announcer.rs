//! Telling the stream what was done through this API.
//!
//! After the commit, outside of the request: the answer does not wait for NATS. What is not told
//! here, since NATS is away or this program ends, is left in the database, and an outbound worker
//! tells it.

use std::collections::HashMap;

use bus::Bus;
use domain::{ActivityId, TenantId};
use events::{Announcement, Envelope, TraceParent};
use store::{Store, announcements};
use tokio::sync::mpsc;

/// How many announcements wait here at most.
const WAITING: usize = 4_096;
/// How many are under way at the same time.
const TOGETHER: usize = 64;

/// Takes announcements. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Announcer(mpsc::Sender<Waiting>);

/// An announcement on its way.
pub(crate) struct Waiting {
    tenant: TenantId,
    activity: ActivityId,
    envelope: Envelope,
}

impl Announcer {
    /// Something that takes announcements, and what [`announce`] publishes.
    pub(crate) fn channel() -> (Self, mpsc::Receiver<Waiting>) {
        let (sender, receiver) = mpsc::channel(WAITING);
        (Self(sender), receiver)
    }

    /// Announces what was committed, soon.
    pub(crate) fn tell(&self, tenant: &TenantId, told: &Announcement, trace: &TraceParent) {
        let activity = told.activity.id;
        let queued = told
            .envelope(tenant, "", trace)
            .map_err(|error| error.to_string())
            .map(|envelope| Waiting { tenant: tenant.clone(), activity, envelope })
            .and_then(|waiting| self.0.try_send(waiting).map_err(|error| error.to_string()));
        if let Err(error) = queued {
            left(&error);
        }
    }
}

/// Publishes in order until all senders are gone, and removes what the stream has from the
/// database. Nothing is tried twice here.
pub(crate) async fn announce(bus: Bus, store: Store, mut waiting: mpsc::Receiver<Waiting>) {
    let publisher = bus.publisher();
    let mut batch = Vec::with_capacity(TOGETHER);
    while waiting.recv_many(&mut batch, TOGETHER).await > 0 {
        let mut places = Vec::with_capacity(batch.len());
        let mut envelopes = Vec::with_capacity(batch.len());
        for Waiting { tenant, activity, envelope } in batch.drain(..) {
            places.push((tenant, activity));
            envelopes.push(envelope);
        }
        let answers = publisher.publish_all(envelopes).await;
        let mut told: HashMap<TenantId, Vec<ActivityId>> = HashMap::new();
        for ((tenant, activity), answer) in places.into_iter().zip(answers) {
            match answer {
                Ok(_) => told.entry(tenant).or_default().push(activity),
                Err(error) => left(&error.to_string()),
            }
        }
        for (tenant, activities) in told {
            if let Err(error) = remove(&store, &tenant, &activities).await {
                // It is told once more, under the same id: the stream knows it.
                tracing::debug!(%error, "what was announced could not be noted");
            }
        }
    }
}

async fn remove(
    store: &Store,
    tenant: &TenantId,
    activities: &[ActivityId],
) -> Result<(), store::Error> {
    store::within(store::PATIENCE, async {
        let mut transaction = store.tenant(tenant).await?;
        announcements::remove(&mut transaction, activities).await?;
        store::commit(transaction).await
    })
    .await
}

fn left(error: &str) {
    metrics::counter!("axis_announcements_left_total").increment(1);
    tracing::debug!(error, "a change is left to an outbound worker to announce");
}
