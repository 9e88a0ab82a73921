//! Replies that are sent under their author's name, with the author's own token, and what happens if Chatwoot does not
//! accept that token.

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

/// Whether a response refuses only this sender, so that the account itself may still do it. Nothing was done in any of
/// these cases.
pub(super) fn keeps_out(error: &CallError) -> bool {
    matches!(error, CallError::Unauthorized(_) | CallError::Forbidden { .. } | CallError::NotFound)
}

impl Carrier {
    /// Has a reply sent with the account's token at once because its author's own token was refused. Forgets a token
    /// that is no longer valid.
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
