//! A circuit breaker.
//!
//! ```text
//! closed ── failures in a row ──► open ── its time is over ──► one trial
//!   ▲                              ▲                             │  │
//!   │                              └────────── fails, longer ────┘  │
//!   └────────────────────────────────────────── succeeds ───────────┘
//! ```

use std::time::{Duration, Instant};

use service::retry::Policy;

/// Keeps calls from one that does not answer. Closed by default.
#[derive(Debug, Default)]
pub struct Breaker {
    failures: u32,
    /// Times opened since it last worked.
    opened: u32,
    state: State,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Closed,
    Open {
        until: Instant,
    },
    Trial {
        /// A trial that nobody reports on by then was lost.
        until: Instant,
    },
}

/// Longer than any call takes.
const TRIAL: Duration = Duration::from_mins(3);
/// How long others wait for the outcome of a trial before they ask again.
const AFTER_TRIAL: Duration = Duration::from_secs(2);

impl Breaker {
    /// How long no call may be made; none if one may be made now.
    pub fn wait(&self, now: Instant) -> Option<Duration> {
        match self.state {
            State::Open { until } if now < until => Some(until - now),
            State::Trial { until } if now < until => Some(AFTER_TRIAL),
            _ => None,
        }
    }

    /// A call is made; after a rest it is the trial.
    pub fn enter(&mut self, now: Instant) {
        if !matches!(self.state, State::Closed) {
            self.state = State::Trial { until: now + TRIAL };
        }
    }

    /// A call was answered.
    pub fn succeeded(&mut self) {
        *self = Self::default();
    }

    /// A call was not answered. The `limit`th in a row, or a failed trial, opens the breaker.
    pub fn failed(&mut self, now: Instant, limit: u32, rest: Policy) {
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
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REST: Policy =
        Policy { shortest: Duration::from_secs(1), longest: Duration::from_mins(1) };

    #[test]
    fn opens_after_failures_in_a_row_only() {
        let (mut breaker, now) = (Breaker::default(), Instant::now());
        breaker.failed(now, 2, REST);
        breaker.succeeded();
        breaker.failed(now, 2, REST);
        assert_eq!(breaker.wait(now), None);
        breaker.failed(now, 2, REST);
        assert!(breaker.wait(now).is_some());
    }

    #[test]
    fn a_failed_trial_opens_it_again_and_a_good_one_closes_it() {
        let (mut breaker, now) = (Breaker::default(), Instant::now());
        breaker.failed(now, 1, REST);
        let later = now + REST.longest;
        assert_eq!(breaker.wait(later), None);
        breaker.enter(later);
        assert!(breaker.wait(later).is_some(), "one trial at a time");
        breaker.failed(later, 1, REST);
        assert!(breaker.wait(later).is_some());
        let last = later + REST.longest;
        breaker.enter(last);
        breaker.succeeded();
        assert_eq!(breaker.wait(last), None);
    }

    #[test]
    fn a_lost_trial_does_not_keep_it_shut() {
        let (mut breaker, now) = (Breaker::default(), Instant::now());
        breaker.failed(now, 1, REST);
        breaker.enter(now + REST.longest);
        assert_eq!(breaker.wait(now + REST.longest + TRIAL), None);
    }
}
