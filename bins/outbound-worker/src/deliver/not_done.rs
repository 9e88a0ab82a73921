//! Handles tries that did not succeed.

use std::time::Duration;

use chatwoot::CallError;
use store::Error;
use store::attempts::AttemptOutcome;
use store::outbox::Tries;

use super::Carrier;
use super::carrier::asked_ago;
use super::job::Job;
use super::settle::{Carried, News};
use crate::callers::Caller;
use crate::decide::{self, Ending};

impl Carrier {
    /// Records that a try did not succeed, and what follows. For an unknown outcome, `after_unknown` turns the wait
    /// before a look into how long the command waits; if it returns `None`, the command fails.
    pub(super) async fn not_done(
        &self,
        job: &Job<'_>,
        caller: &Caller,
        number: i32,
        tries: Tries,
        error: &CallError,
        after_unknown: impl FnOnce(Duration) -> Option<Duration>,
    ) -> Result<Carried, Error> {
        let reason = decide::reason(error);
        let next = match self.ending(job, caller, error, tries).await? {
            Ending::Failed => None,
            Ending::Retry(wait) => Some((AttemptOutcome::Retry, wait, false)),
            Ending::Spared(wait) => Some((AttemptOutcome::Retry, wait, true)),
            Ending::Unknown(wait) => match after_unknown(wait) {
                Some(wait) => Some((AttemptOutcome::Unknown, wait, false)),
                None => return self.give_up_unconfirmed(job, number, &reason).await,
            },
        };
        let Some((outcome, wait, spared)) = next else {
            return self.give_up(job, Some(number), &reason).await;
        };
        tracing::info!(
            attempt = number,
            error = decide::unquoted(error),
            "a command was not carried out, or not for certain"
        );
        let news = News::retrying((number, outcome), &reason, wait);
        self.note(job, if spared { news.sparing() } else { news }).await
    }

    /// Decides what follows. A try that was refused because of a token that has been replaced meanwhile is repeated
    /// with the new token.
    async fn ending(
        &self,
        job: &Job<'_>,
        caller: &Caller,
        error: &CallError,
        tries: Tries,
    ) -> Result<Ending, Error> {
        if self.is_outdated(caller, error).await? {
            return Ok(Ending::Retry(decide::SOON));
        }
        let (bounds, retry) = (self.config.bounds(), self.config.retry());
        Ok(decide::ending(error, tries, asked_ago(job.entry), bounds, retry))
    }
}
