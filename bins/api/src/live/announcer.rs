//! Announces on the stream what was done through this API.
//!
//! This happens after the commit and outside of the request, so the answer does not wait for NATS.
//! What is not announced here, because NATS is away or this program ends, stays in the database,
//! and an outbound worker announces it.

use std::collections::HashMap;

use bus::{Bus, PublishError};
use domain::{ActivityId, TenantId, in_words};
use events::{Announcement, Envelope, TraceParent};
use store::{Store, announcements};
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;

/// How many announcements may wait here.
const WAITING: usize = 4_096;
/// How many are published at a time.
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

/// Announcements that [`announce`] publishes.
pub(crate) type Announcements = mpsc::Receiver<Waiting>;

/// Why an announcement is left to an outbound worker.
#[derive(Debug, thiserror::Error)]
enum AnnounceError {
    #[error("it cannot be written")]
    Unwritable(#[from] serde_json::Error),
    #[error("too many announcements wait")]
    Full,
    #[error("this program ends")]
    Ending,
    #[error("NATS does not take it")]
    Unpublished(#[from] PublishError),
}

impl<T> From<TrySendError<T>> for AnnounceError {
    fn from(error: TrySendError<T>) -> Self {
        match error {
            TrySendError::Full(_) => Self::Full,
            TrySendError::Closed(_) => Self::Ending,
        }
    }
}

impl Announcer {
    /// Makes an announcer, and the queue for [`announce`].
    pub(crate) fn channel() -> (Self, Announcements) {
        let (sender, receiver) = mpsc::channel(WAITING);
        (Self(sender), receiver)
    }

    /// Queues the announcement of what was committed.
    pub(crate) fn tell(&self, tenant: &TenantId, told: &Announcement, trace: &TraceParent) {
        if let Err(error) = self.queue(tenant, told, trace) {
            left(&error);
        }
    }

    fn queue(
        &self,
        tenant: &TenantId,
        told: &Announcement,
        trace: &TraceParent,
    ) -> Result<(), AnnounceError> {
        let envelope = told.envelope(tenant, trace)?;
        let activity = told.activity.id;
        Ok(self.0.try_send(Waiting { tenant: tenant.clone(), activity, envelope })?)
    }
}

/// Publishes announcements in order until all senders are gone, and removes those that the stream
/// has from the database. Retries nothing.
pub(crate) async fn announce(bus: Bus, store: Store, mut waiting: Announcements) {
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
                Err(error) => left(&error.into()),
            }
        }
        for (tenant, activities) in told {
            if let Err(error) = remove(&store, &tenant, &activities).await {
                // It will be announced again under the same id, and the stream will know it.
                tracing::debug!(%error, "cannot note that a change was announced");
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

fn left(error: &AnnounceError) {
    metrics::counter!("axis_announcements_left_total").increment(1);
    tracing::debug!(error = in_words(error), "a change is left to an outbound worker to announce");
}
