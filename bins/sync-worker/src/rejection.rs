//! What can never be processed.

use bus::{BoxError, Failure};
use events::Inbound;
use store::{Store, webhook_events};

use crate::transaction;

/// Notes that an event is a dead letter, or that it has to come again since that cannot be noted now.
pub(crate) async fn reject(
    store: &Store,
    reason: &'static str,
    inbound: &Inbound,
    sequence: u64,
    digest: Vec<u8>,
    error: BoxError,
) -> Failure {
    let detail = Some(format!("{reason}: {error}"));
    let rejected = webhook_events::Outcome::Rejected;
    let event = transaction::event(inbound, sequence, digest, rejected, detail);
    match transaction::reject(store, event).await {
        // The dead letter has everything; the record of events has no place for an account that is gone.
        Ok(()) => {}
        Err(away) if away.is_transient() => return Failure::Retry(away.into()),
        Err(unwritten) => {
            let trace_id = inbound.trace.trace_id();
            tracing::warn!(trace.id = trace_id, event.id = %inbound.id, error = %unwritten, "a rejection is not in webhook_events");
        }
    }
    Failure::Reject { reason, error }
}
