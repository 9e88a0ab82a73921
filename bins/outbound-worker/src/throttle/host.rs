//! What a host allows: a rate of requests, and the pauses that it asks for.

use std::time::Duration;

use chrono::{DateTime, Utc};
use service::retry::Policy;

use super::Bucket;

/// A Chatwoot installation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Host {
    /// The requests that may be sent to it.
    pub(crate) bucket: Bucket,
    /// No requests may be sent until then.
    pub(crate) paused_until: Option<DateTime<Utc>>,
    /// How many pauses there were since it last answered normally.
    pub(crate) pauses: u32,
}

impl Host {
    /// How long the present pause still lasts. Returns `None` if there is none.
    pub(crate) fn pause(&self, now: DateTime<Utc>) -> Option<Duration> {
        let left = self.paused_until.and_then(|until| (until - now).to_std().ok());
        left.filter(|left| !left.is_zero())
    }

    /// Notes that the host asked for fewer requests, perhaps for a given time. Returns whether that is news: requests
    /// that were under way when a pause began say nothing new.
    pub(crate) fn slow_down(
        &mut self,
        asked: Option<Duration>,
        rest: Policy,
        now: DateTime<Utc>,
    ) -> bool {
        if self.pause(now).is_some() {
            return false;
        }
        self.pauses = self.pauses.saturating_add(1);
        self.paused_until = Some(now + rest.delay_asked(self.pauses, asked));
        true
    }

    /// Notes that the host answered. Returns whether that is news.
    pub(crate) fn answered(&mut self, now: DateTime<Utc>) -> bool {
        let news = self.pauses > 0 && self.pause(now).is_none();
        if news {
            (self.pauses, self.paused_until) = (0, None);
        }
        news
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const REST: Policy = Policy { shortest: SECOND, longest: Duration::from_mins(5) };

    #[test]
    fn one_storm_is_one_pause_and_the_next_one_a_longer_one() {
        let now = DateTime::UNIX_EPOCH;
        let bucket = Bucket { tokens: 1.0, away: 0.0, at: now };
        let mut host = Host { bucket, paused_until: None, pauses: 0 };
        assert!(host.slow_down(Some(SECOND * 60), REST, now));
        assert!(host.pause(now).unwrap() >= SECOND * 60);
        assert!(!host.slow_down(None, REST, now + SECOND));
        assert!(!host.answered(now + SECOND), "it was asked before the pause");
        let later = now + SECOND * 100;
        assert_eq!(host.pause(later), None);
        assert!(host.slow_down(None, REST, later));
        assert_eq!(host.pauses, 2);
        assert!(host.answered(later + REST.longest));
        assert_eq!((host.pauses, host.paused_until), (0, None));
    }
}
