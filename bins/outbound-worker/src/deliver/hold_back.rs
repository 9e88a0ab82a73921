//! Lets a try that is recorded be made, or holds it back: unless it is certain that the database is no older copy of
//! itself, that the conversation's lock is held, and that the request will be over in time.
//!
//! Whoever finds the try without an end counts from its beginning until the request is over. So the request has only
//! what is left of its time, however long the worker waited, or was frozen, since the beginning. Until the lock was
//! asserted this goes by the database's clock, which is the one that the end is counted by, and which a machine that was
//! suspended meanwhile does not stop; from then on it goes by the program's.

use std::time::Duration;

use chatwoot::CallError;
use chatwoot::client::Cause;
use store::Error;
use store::attempts::{self, AttemptOutcome};
use tokio::time::{Instant, timeout_at};

use super::job::Job;
use super::settle::{Carried, News};
use super::{Carrier, Lock};
use crate::callers::Caller;
use crate::fence::Passage;

/// The wait if the database is an older copy. Nothing is published until it is confirmed.
const UNTIL_COMPARED: Duration = Duration::from_secs(5);
/// The reasons that are shown.
const OUTDATED: &str = "the database was restored; nothing is sent until an operator has checked what was sent already";
const UNKNOWN: &str = "a server of this installation does not answer";

/// Whether a try that is recorded may be made.
pub(super) enum Leave {
    /// It may, if it is over by then.
    Given(Deadline),
    /// It must not, which is recorded.
    Refused(Carried),
}

/// When a try's request has to be over.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deadline(Instant);

impl Deadline {
    /// Makes the request, and breaks it off when its time is over.
    pub(super) async fn keep<T>(
        self,
        call: impl Future<Output = Result<T, CallError>>,
    ) -> Result<T, CallError> {
        timeout_at(self.0, call).await.unwrap_or(Err(CallError::Unknown(Cause::Timeout)))
    }
}

impl Carrier {
    /// Gives leave for a try, whose request may take `longest`, or records that it was not made. In an older copy, an
    /// earlier try that the copy lacks may have done what this one was to do, so its outcome counts as unknown: an
    /// operator may have confirmed the copy before this is recorded.
    pub(super) async fn leave_for(
        &self,
        job: &Job<'_>,
        caller: &Caller,
        number: i32,
        longest: Duration,
        lock: &mut Lock,
    ) -> Result<Leave, Error> {
        let (outcome, reason, wait) = match self.fence.pass().await {
            Passage::Free => {
                let asked_at = Instant::now();
                let Some(ago) = lock.under_way(job, number).await? else {
                    tracing::warn!(attempt = number, "another worker took the command over");
                    self.unused(caller).await;
                    return Ok(Leave::Refused(Carried::Waits));
                };
                let left = longest.saturating_sub(ago + asked_at.elapsed());
                // With less, the request is not likely to succeed.
                if left >= longest / 2 {
                    return Ok(Leave::Given(Deadline(Instant::now() + left)));
                }
                (AttemptOutcome::Retry, UNKNOWN, self.after(job))
            }
            Passage::Outdated => (AttemptOutcome::Unknown, OUTDATED, UNTIL_COMPARED),
            Passage::Unknown => (AttemptOutcome::Retry, UNKNOWN, self.after(job)),
        };
        self.unused(caller).await;
        let news = News::retrying((number, outcome), reason, wait).sparing();
        self.note(job, news).await.map(Leave::Refused)
    }

    /// The wait after a try that was not made.
    fn after(&self, job: &Job<'_>) -> Duration {
        self.config.retry().delay(job.entry.tries().failures() + 1)
    }
}

impl Lock {
    /// Fails if the lock was lost. Returns how long ago the try began, or `None` if somebody has ended it, who then holds
    /// another lock of the same name.
    async fn under_way(&mut self, job: &Job<'_>, number: i32) -> Result<Option<Duration>, Error> {
        attempts::under_way(&mut self.0, job.entry.operation, number).await
    }
}
