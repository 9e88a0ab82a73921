//! A circuit breaker.
//!
//! ```text
//! closed ── failures in a row ──► open ── its time is over ──► one trial
//!   ▲                              ▲                             │  │
//!   │                              └────────── fails, longer ────┘  │
//!   └────────────────────────────────────────── succeeds ───────────┘
//! ```

use std::time::Duration;

use chrono::{DateTime, Utc};
use service::retry::Policy;

/// Keeps calls away from an account that does not answer. Closed by default.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Breaker {
    /// How many calls in a row were not answered.
    pub(crate) failures: u32,
    /// How often it opened since the account last answered.
    pub(crate) opened: u32,
    /// Whether calls may pass.
    pub(crate) state: State,
}

/// Whether calls may pass.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum State {
    /// All calls pass.
    #[default]
    Closed,
    /// No calls pass.
    Open {
        /// From then on one call may try.
        until: DateTime<Utc>,
    },
    /// One call is trying.
    Trial {
        /// If nobody has reported on the trial by then, it was lost.
        until: DateTime<Utc>,
    },
}

/// How long other calls wait for the outcome of a trial before they ask again.
const AFTER_TRIAL: Duration = Duration::from_secs(2);

impl Breaker {
    /// How long no call may be made. Returns `None` if one may be made now.
    pub(crate) fn wait(&self, now: DateTime<Utc>) -> Option<Duration> {
        match self.state {
            State::Open { until } if now < until => (until - now).to_std().ok(),
            State::Trial { until } if now < until => Some(AFTER_TRIAL),
            _ => None,
        }
    }

    /// Notes that a call is made. After a rest it is the trial, which takes no longer than `trial`.
    pub(crate) fn enter(&mut self, trial: Duration, now: DateTime<Utc>) {
        if self.state != State::Closed {
            self.state = State::Trial { until: now + trial };
        }
    }

    /// Notes that the call that was to be the trial is not made, so that another one may be.
    pub(crate) fn untried(&mut self, now: DateTime<Utc>) {
        if matches!(self.state, State::Trial { .. }) {
            self.state = State::Open { until: now };
        }
    }

    /// Notes that a call was answered.
    pub(crate) fn succeeded(&mut self) {
        *self = Self::default();
    }

    /// Notes that a call was not answered. The `limit`th in a row, or a failed trial, opens the breaker. Returns
    /// whether this one did.
    pub(crate) fn failed(&mut self, limit: u32, rest: Policy, now: DateTime<Utc>) -> bool {
        self.failures = self.failures.saturating_add(1);
        let opens = match self.state {
            State::Closed => self.failures >= limit,
            State::Trial { .. } => true,
            State::Open { .. } => false,
        };
        if opens {
            self.opened = self.opened.saturating_add(1);
            self.state = State::Open { until: now + rest.delay(self.opened) };
        }
        opens
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: DateTime<Utc> = DateTime::UNIX_EPOCH;
    const TRIAL: Duration = Duration::from_secs(20);
    const REST: Policy =
        Policy { shortest: Duration::from_secs(1), longest: Duration::from_mins(1) };

    #[test]
    fn opens_after_failures_in_a_row_only() {
        let mut breaker = Breaker::default();
        breaker.failed(2, REST, NOW);
        breaker.succeeded();
        assert!(!breaker.failed(2, REST, NOW));
        assert_eq!(breaker.wait(NOW), None);
        assert!(breaker.failed(2, REST, NOW));
        assert!(breaker.wait(NOW).is_some());
        assert!(!breaker.failed(2, REST, NOW), "this one was under way");
    }

    #[test]
    fn a_failed_trial_opens_it_again_and_a_good_one_closes_it() {
        let mut breaker = Breaker::default();
        breaker.failed(1, REST, NOW);
        let later = NOW + REST.longest;
        assert_eq!(breaker.wait(later), None);
        breaker.enter(TRIAL, later);
        assert!(breaker.wait(later).is_some(), "one trial at a time");
        assert!(breaker.failed(1, REST, later));
        assert!(breaker.wait(later).is_some());
        let last = later + REST.longest;
        breaker.enter(TRIAL, last);
        breaker.succeeded();
        assert_eq!(breaker.wait(last), None);
    }

    #[test]
    fn a_lost_trial_does_not_keep_it_shut() {
        let mut breaker = Breaker::default();
        breaker.failed(1, REST, NOW);
        breaker.enter(TRIAL, NOW + REST.longest);
        assert_eq!(breaker.wait(NOW + REST.longest + TRIAL), None);
    }
}
