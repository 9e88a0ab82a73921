//! Holds back a try that is recorded, unless it is certain that the database is no older copy of itself.

use std::time::Duration;

use store::Error;
use store::attempts::AttemptOutcome;

use super::Carrier;
use super::job::Job;
use super::settle::{Carried, News};
use crate::callers::Caller;
use crate::fence::Passage;

/// The wait if the database is an older copy. Nothing is published until it is confirmed.
const UNTIL_COMPARED: Duration = Duration::from_secs(5);
/// The reasons that are shown.
const OUTDATED: &str = "the database was restored; nothing is sent until an operator has checked what was sent already";
const UNKNOWN: &str = "a server of this installation does not answer";

impl Carrier {
    /// Records that a try was not made if it must not be. Returns `None` if it may be made. In an older copy, an earlier
    /// try that the copy lacks may have done what this one was to do, so its outcome counts as unknown: an operator may
    /// have confirmed the copy before this is recorded.
    pub(super) async fn hold_back(
        &self,
        job: &Job<'_>,
        caller: &Caller,
        number: i32,
    ) -> Result<Option<Carried>, Error> {
        let (outcome, reason, wait) = match self.fence.pass().await {
            Passage::Free => return Ok(None),
            Passage::Outdated => (AttemptOutcome::Unknown, OUTDATED, UNTIL_COMPARED),
            Passage::Unknown => {
                let wait = self.config.retry().delay(job.entry.tries().failures() + 1);
                (AttemptOutcome::Retry, UNKNOWN, wait)
            }
        };
        self.unused(caller).await;
        let news = News::retrying((number, outcome), reason, wait).sparing();
        self.note(job, news).await.map(Some)
    }
}
