//! Replies that go out under their author's name, with the author's own token, and what happens if Chatwoot
//! does not let them in.

use std::time::Duration;

use chatwoot::CallError;
use chatwoot::client::Refusal;
use store::Error;
use store::attempts::AttemptOutcome;
use store::links::{self, OwnToken};
use store::outbox;

use super::Carrier;
use super::job::Job;
use super::settle::{Carried, News};

/// Whether an answer is about who asks, so that the account itself may still do it. None of these leaves
/// anything behind.
pub(super) fn keeps_out(error: &CallError) -> bool {
    matches!(error, CallError::Unauthorized(_) | CallError::Forbidden { .. } | CallError::NotFound)
}

impl Carrier {
    /// Has a reply, for which its author's own token was refused, go out with the account's at once. A
    /// token that is worth nothing is forgotten.
    pub(super) async fn leave_to_account(
        &self,
        job: &Job<'_>,
        attempt: i32,
        own: &OwnToken,
        error: &CallError,
    ) -> Result<Carried, Error> {
        metrics::counter!("axis_outbound_own_tokens_refused_total").increment(1);
        tracing::warn!(%error, "an author's own token was refused; the account's is used");
        let mut transaction = self.store.worker().await?;
        outbox::as_account(&mut transaction, job.entry.operation).await?;
        if matches!(error, CallError::Unauthorized(Refusal::Token)) {
            links::refused(&mut transaction, job.entry.account, own).await?;
        }
        store::commit(transaction).await?;
        let reason = "Chatwoot refused its author's own token; it goes out with the account's";
        let ended = (attempt, AttemptOutcome::Retry);
        self.note(job, News::retrying(ended, reason, Duration::ZERO)).await
    }
}
