//! Runs rounds of repeated work, and logs the first of several failures in a row and when the work succeeds again.

use std::error::Error;
use std::mem;
use std::time::Duration;

use domain::in_words;
use service::retry::Policy;
use tokio::time::timeout;

/// The rounds of one kind of work.
#[derive(Debug)]
pub(crate) struct Rounds {
    work: &'static str,
    longest: Duration,
    /// How many rounds have failed in a row.
    failures: u32,
}

impl Rounds {
    /// `work` is what cannot be done while rounds fail, as a verb. A round that takes longer than `longest` fails: it
    /// waits for a server that has silently gone away.
    pub(crate) fn new(work: &'static str, longest: Duration) -> Self {
        Self { work, longest, failures: 0 }
    }

    /// Does one round. Returns `None` if it fails.
    pub(crate) async fn next<T, E>(
        &mut self,
        round: impl Future<Output = Result<T, E>>,
    ) -> Option<T>
    where
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        let silent = |_| Err(format!("no answer for {} s", self.longest.as_secs()).into());
        let round = timeout(self.longest, round).await;
        match round.map_or_else(silent, |done| done.map_err(Into::into)) {
            Ok(done) => {
                if mem::take(&mut self.failures) > 0 {
                    tracing::info!("can {} again", self.work);
                }
                Some(done)
            }
            Err(error) => {
                if self.failures == 0 {
                    let error = in_words(&*error);
                    tracing::warn!(error, "cannot {}, trying again", self.work);
                }
                self.failures = self.failures.saturating_add(1);
                None
            }
        }
    }

    /// How long to wait after a failure.
    pub(crate) fn pause(&self) -> Duration {
        Policy::NEAR.delay(self.failures)
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn failures_in_a_row_are_counted_until_a_round_succeeds() {
        let mut rounds = Rounds::new("test", Duration::from_mins(1));
        for failures in 1..=9 {
            assert_eq!(rounds.next(async { Err::<(), _>("no") }).await, None);
            assert_eq!(rounds.failures, failures);
        }
        assert!(rounds.pause() > Duration::from_secs(1));
        assert_eq!(rounds.next(async { Ok::<_, &str>(7) }).await, Some(7));
        assert_eq!(rounds.failures, 0);
        assert_eq!(rounds.next(pending::<Result<(), &str>>()).await, None, "it takes too long");
        assert_eq!(rounds.failures, 1);
    }
}
