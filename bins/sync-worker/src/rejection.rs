//! Rejects events that can never be processed.

use bus::{BoxError, Failure};
use events::Inbound;
use store::webhook_events::{self, Outcome};
use store::{Error, Store};

use crate::transaction;

/// An event that can never be processed.
pub(crate) struct Rejection<'a> {
    /// Its head.
    pub inbound: &'a Inbound,
    /// Its position in the stream.
    pub sequence: u64,
    /// SHA-256 of its body.
    pub digest: Vec<u8>,
    /// The reason under which it is counted.
    pub reason: &'static str,
    /// What is wrong.
    pub error: BoxError,
}

impl Rejection<'_> {
    /// Records the rejection. Returns the failure that makes the event a dead letter, or one that has it redelivered
    /// if the rejection cannot be recorded now.
    pub(crate) async fn note(self, store: &Store) -> Failure {
        let Self { inbound, sequence, digest, reason, error } = self;
        let detail = Some(format!("{reason}: {error}"));
        let event = transaction::event(inbound, sequence, digest, Outcome::Rejected, detail);
        let noted: Result<(), Error> = store::within(store::PATIENCE, async {
            let mut transaction = store.worker().await?;
            webhook_events::record(&mut transaction, &[event], &[], &[]).await?;
            store::commit(transaction).await
        })
        .await;
        let recorded = noted.is_ok();
        match noted {
            Ok(()) => {}
            Err(away) if away.is_transient() => return Failure::Retry(away.into()),
            // If it can never be recorded, the dead letter has everything, or else the log says that there is none.
            Err(unwritten) => {
                let trace_id = inbound.trace.trace_id();
                tracing::warn!(trace.id = trace_id, event.id = %inbound.id, error = %unwritten, "a rejection is not in webhook_events");
            }
        }
        Failure::Reject { reason, error, recorded }
    }
}
