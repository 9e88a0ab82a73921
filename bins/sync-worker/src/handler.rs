//! A batch from the stream and what becomes of each of its events.

use std::panic::{AssertUnwindSafe, catch_unwind};

use bus::{Delivery, Failure, Handler, Outcome, Publisher};
use events::Inbound;
use store::{Error, Store, webhook_events};

use crate::announce::announce;
use crate::plan::plan;
use crate::transaction::{self, Planned};

/// How often a batch may meet another worker's rows before it has to come again.
const COLLISIONS: usize = 10;
/// From this delivery on, an event that meets a row is suspected itself.
const SUSPICIOUS: u64 = 10;

/// Applies events and announces what happened.
pub struct Sync {
    store: Store,
    publisher: Publisher,
}

impl Sync {
    /// A handler over a database and a way to the screens.
    pub fn new(store: Store, publisher: Publisher) -> Self {
        Self { store, publisher }
    }

    /// Applies plans, all at once if the database takes them, else in ever smaller parts, so that
    /// an event that it refuses does not keep the others waiting.
    async fn apply(&self, planned: &[(usize, Planned)], outcomes: &mut [Outcome]) {
        let mut parts = vec![planned];
        let mut collisions = COLLISIONS;
        while let Some(part) = parts.pop() {
            if part.is_empty() {
                continue;
            }
            let batch: Vec<_> = part.iter().map(|(_, planned)| planned).collect();
            let result = match transaction::apply(&self.store, &batch).await {
                Ok(ids) => announce(&self.store, &self.publisher, &batch, &ids)
                    .await
                    .map_err(|error| error.to_string()),
                Err(error) if error.is_transient() => Err(error.to_string()),
                // Two transactions that insert the same new row at once may meet at the index that
                // `on conflict` does not watch. The next try finds the row.
                Err(Error::Exists { .. }) if collisions > 0 => {
                    collisions -= 1;
                    parts.push(part);
                    continue;
                }
                Err(error @ Error::Exists { .. })
                    if part.iter().all(|(_, planned)| planned.attempt < SUSPICIOUS) =>
                {
                    Err(error.to_string())
                }
                Err(error) if part.len() == 1 => {
                    let (index, planned) = &part[0];
                    outcomes[*index] = self.refused(planned, error).await;
                    continue;
                }
                Err(_) => {
                    let (first, second) = part.split_at(part.len() / 2);
                    parts.extend([second, first]);
                    continue;
                }
            };
            if let Err(error) = result {
                tracing::warn!(events = part.len(), %error, "events will be tried again");
                for (index, _) in part {
                    outcomes[*index] = Err(Failure::Retry(error.clone().into()));
                }
            }
        }
    }

    /// The database will never take this event.
    async fn refused(&self, planned: &Planned, error: Error) -> Outcome {
        let (inbound, digest) = (&planned.inbound, planned.digest.clone());
        self.reject("refused-by-database", inbound, planned.sequence, digest, error.into()).await
    }

    async fn reject(
        &self,
        reason: &'static str,
        inbound: &Inbound,
        sequence: u64,
        digest: Vec<u8>,
        error: bus::BoxError,
    ) -> Outcome {
        let detail = Some(format!("{reason}: {error}"));
        let rejected = webhook_events::Outcome::Rejected;
        let event = transaction::event(inbound, sequence, digest, rejected, detail);
        match transaction::reject(&self.store, event).await {
            // The dead letter has everything; the audit of an account that is gone has no place.
            Ok(()) => {}
            Err(away) if away.is_transient() => return Err(Failure::Retry(away.into())),
            Err(unwritten) => {
                tracing::warn!(event.id = %inbound.id, error = %unwritten, "a rejection is not in the audit");
            }
        }
        Err(Failure::Reject { reason, error })
    }

    /// Reads a delivery; what cannot be read is rejected.
    async fn read(&self, delivery: &Delivery) -> Result<Planned, Failure> {
        let inbound = Inbound::read(&delivery.headers)
            .map_err(|error| Failure::Reject { reason: "foreign", error: error.into() })?;
        let digest = transaction::digest(&delivery.payload);
        // A body that makes the reader panic is poison like one that it refuses.
        let read = catch_unwind(AssertUnwindSafe(|| plan(&inbound, &delivery.payload)));
        let refusal = match read {
            Ok(Ok(plan)) => {
                let (sequence, attempt) = (delivery.sequence, delivery.attempt);
                return Ok(Planned { inbound, sequence, attempt, digest, plan });
            }
            Ok(Err(refusal)) => refusal.into(),
            Err(_) => "the reader panicked".into(),
        };
        match self.reject("undecodable", &inbound, delivery.sequence, digest, refusal).await {
            Err(failure) => Err(failure),
            Ok(()) => Err(Failure::Retry("a rejection had no outcome".into())),
        }
    }
}

impl Handler for Sync {
    async fn handle(&self, batch: Vec<Delivery>) -> Vec<Outcome> {
        let mut outcomes: Vec<Outcome> = batch.iter().map(|_| Ok(())).collect();
        let mut planned = Vec::with_capacity(batch.len());
        for (index, delivery) in batch.iter().enumerate() {
            match self.read(delivery).await {
                Ok(read) => planned.push((index, read)),
                Err(failure) => outcomes[index] = Err(failure),
            }
        }
        let now = chrono::Utc::now();
        for (_, planned) in &planned {
            let lag = now.signed_duration_since(planned.inbound.received_at);
            metrics::histogram!("axis_sync_lag_seconds").record(lag.as_seconds_f64());
        }
        self.apply(&planned, &mut outcomes).await;
        outcomes
    }
}
