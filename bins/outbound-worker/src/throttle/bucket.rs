//! A token bucket that sends callers away instead of letting them wait.

use std::time::{Duration, Instant};

/// Tokens that come at a steady rate; at most a second's worth is kept.
#[derive(Debug)]
pub struct Bucket {
    per_second: f64,
    tokens: f64,
    /// How many were sent away and have not had their turn; they come back one by one.
    away: f64,
    at: Instant,
}

impl Bucket {
    /// A full bucket.
    pub fn new(per_minute: u32, now: Instant) -> Self {
        let per_second = f64::from(per_minute.max(1)) / 60.0;
        Self { per_second, tokens: per_second.max(1.0), away: 0.0, at: now }
    }

    /// Takes a token, or says when to come back: later for each one sent away before.
    pub fn take(&mut self, now: Instant) -> Result<(), Duration> {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.at = self.at.max(now);
        let gained = passed * self.per_second;
        self.tokens = (self.tokens + gained).min(self.per_second.max(1.0));
        self.away = (self.away - gained).max(0.0);
        if self.tokens >= 1.0 {
            self.tokens -= 1.0;
            return Ok(());
        }
        self.away += 1.0;
        Err(Duration::from_secs_f64(self.away / self.per_second))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_more_than_the_rate_and_a_second_s_worth(
            per_minute in 1u32..100_000,
            gaps in proptest::collection::vec(0u64..2_000, 1..200),
        ) {
            let start = Instant::now();
            let mut bucket = Bucket::new(per_minute, start);
            let mut now = start;
            let mut taken = 0.0;
            for gap in gaps {
                now += Duration::from_millis(gap);
                taken += if bucket.take(now).is_ok() { 1.0 } else { 0.0 };
            }
            let per_second = f64::from(per_minute) / 60.0;
            let allowed = per_second * (now - start).as_secs_f64() + per_second.max(1.0);
            prop_assert!(taken <= allowed + 1e-6, "{} of {}", taken, allowed);
        }
    }

    #[test]
    fn those_sent_away_come_back_in_turn_and_get_theirs() {
        let start = Instant::now();
        let mut bucket = Bucket::new(60, start);
        bucket.take(start).unwrap();
        let waits: Vec<_> = (0..5).map(|_| bucket.take(start).unwrap_err()).collect();
        assert!(waits.is_sorted() && waits[0] < waits[4]);
        for wait in waits {
            assert!(bucket.take(start + wait + Duration::from_millis(1)).is_ok());
        }
    }
}
