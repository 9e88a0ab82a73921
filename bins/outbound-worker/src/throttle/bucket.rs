//! A token bucket whose tokens are handed out in leases.

use std::time::Duration;

use chrono::{DateTime, Utc};

/// Tokens that arrive at a steady rate, of which at most a second's worth is kept.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Bucket {
    /// The tokens that are in nobody's lease.
    pub(crate) tokens: f64,
    /// How many callers were sent away and have not had their turn yet.
    pub(crate) away: f64,
    /// The time that both are as of.
    pub(crate) at: DateTime<Utc>,
}

/// What a process asks for when its lease is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ask {
    /// Tokens for the next lease.
    pub(crate) wanted: u32,
    /// Unused tokens of the last lease.
    pub(crate) back: u32,
    /// How many callers were sent away during the last lease.
    pub(crate) away: u32,
}

/// How many tokens arrive in a second.
pub(super) fn per_second(per_minute: u32) -> f64 {
    f64::from(per_minute.max(1)) / 60.0
}

impl Bucket {
    /// Takes back what is left of a lease, and grants tokens for the next one: as many as there are, up to those
    /// wanted.
    pub(crate) fn grant(&mut self, per_minute: u32, ask: Ask, now: DateTime<Utc>) -> u32 {
        let per_second = per_second(per_minute);
        let passed = (now - self.at).to_std().unwrap_or(Duration::ZERO).as_secs_f64();
        // `now` is earlier only if the database's clock was set back. Tokens that arrive from now on still count.
        self.at = now;
        let gained = passed * per_second;
        let kept = self.tokens.max(0.0) + gained + f64::from(ask.back);
        self.tokens = kept.min(per_second.max(1.0));
        self.away = (self.away - gained).max(0.0) + f64::from(ask.away);
        let granted = self.tokens.floor().min(f64::from(ask.wanted));
        self.tokens -= granted;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to wanted")]
        let granted = granted as u32;
        granted
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use proptest::prelude::*;

    use super::*;
    use crate::throttle::lease::{Draw, Lease};

    /// Several holders draw from one bucket; some die with their lease.
    #[derive(Debug, Clone, Copy)]
    enum Step {
        Draw(usize),
        Die(usize),
    }

    fn steps() -> impl Strategy<Value = Vec<(u64, Step)>> {
        let step = prop_oneof![
            20 => (0usize..4).prop_map(Step::Draw),
            1 => (0usize..4).prop_map(Step::Die),
        ];
        proptest::collection::vec((0u64..300, step), 1..400)
    }

    proptest! {
        #[test]
        fn all_holders_together_get_no_more_than_the_rate_and_a_second_s_worth(
            per_minute in 1u32..20_000,
            steps in steps(),
        ) {
            let start = DateTime::UNIX_EPOCH;
            let mut bucket = Bucket { tokens: f64::MAX, away: 0.0, at: start };
            let mut holders = [Lease::default(); 4];
            let (mut now, mut calls) = (start, 0.0);
            for (gap, step) in steps {
                now += TimeDelta::milliseconds(i64::try_from(gap).unwrap());
                let holder = match step {
                    Step::Draw(holder) => &mut holders[holder],
                    Step::Die(holder) => {
                        holders[holder] = Lease::default();
                        continue;
                    }
                };
                let mut draw = holder.draw(per_minute, now);
                if let Draw::Renew(ask) = draw {
                    let granted = bucket.grant(per_minute, ask, now);
                    *holder = Lease::new(granted, ask, bucket.away, now);
                    draw = holder.draw(per_minute, now);
                }
                calls += if draw == Draw::Token { 1.0 } else { 0.0 };
            }
            let per_second = per_second(per_minute);
            let seconds = (now - start).to_std().unwrap().as_secs_f64();
            let allowed = per_second * seconds + per_second.max(1.0);
            prop_assert!(calls <= allowed + 1e-6, "{} of {}", calls, allowed);
        }
    }

    #[test]
    fn what_a_lease_did_not_use_is_there_for_others() {
        let now = DateTime::UNIX_EPOCH;
        let mut bucket = Bucket { tokens: 10.0, away: 0.0, at: now };
        let ask = |wanted, back| Ask { wanted, back, away: 0 };
        assert_eq!(bucket.grant(600, ask(10, 0), now), 10);
        assert_eq!(bucket.grant(600, ask(10, 0), now), 0);
        assert_eq!(bucket.grant(600, ask(2, 7), now), 2);
        assert_eq!(bucket.grant(600, ask(10, 0), now), 5);
    }

    #[test]
    fn tokens_come_on_after_the_clock_was_set_back() {
        let now = DateTime::UNIX_EPOCH;
        let mut bucket = Bucket { tokens: 0.0, away: 0.0, at: now + TimeDelta::hours(1) };
        let ask = Ask { wanted: 10, back: 0, away: 0 };
        assert_eq!(bucket.grant(600, ask, now), 0);
        assert_eq!(bucket.grant(600, ask, now + TimeDelta::seconds(1)), 10);
    }
}
