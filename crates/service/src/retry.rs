//! How long to wait before trying again. The policy is ours; the crate `backoff` does the arithmetic, and only this
//! file uses it.

use std::time::Duration;

use backoff::ExponentialBackoff;
use backoff::backoff::Backoff;

/// Waits that double with each failure and stay between `shortest` and `longest`. They are spread by ±50 %, so that
/// callers that failed together do not come back together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// The shortest wait, and the middle of the range of the first one.
    pub shortest: Duration,
    /// The longest wait.
    pub longest: Duration,
}

impl Policy {
    /// For servers on the same network: 100 ms to 10 s.
    pub const NEAR: Self =
        Self { shortest: Duration::from_millis(100), longest: Duration::from_secs(10) };

    /// For other people's servers: 1 s to 5 min.
    pub const FAR: Self =
        Self { shortest: Duration::from_secs(1), longest: Duration::from_mins(5) };

    /// The middle of the range of waits after this many failures (0 counts as 1). For callers that cannot remember the
    /// wait they were given, and work it out from when they failed.
    pub fn middle(&self, failures: u32) -> Duration {
        let doublings = failures.saturating_sub(1).min(62);
        let middle = self.shortest.saturating_mul(1u32.checked_shl(doublings).unwrap_or(u32::MAX));
        middle.min(self.longest)
    }

    /// The wait after this many failures (0 counts as 1).
    pub fn delay(&self, failures: u32) -> Duration {
        let middle = self.middle(failures);
        let mut backoff = ExponentialBackoff {
            initial_interval: middle,
            current_interval: middle,
            randomization_factor: 0.5,
            max_interval: self.longest,
            max_elapsed_time: None,
            ..ExponentialBackoff::default()
        };
        let wait = backoff.next_backoff().unwrap_or(self.longest);
        wait.clamp(self.shortest, self.longest)
    }

    /// The wait if the other side `asked` for one: what it asked for, but not less than our own wait and not more than
    /// `longest`.
    pub fn delay_asked(&self, failures: u32, asked: Option<Duration>) -> Duration {
        let own = self.delay(failures);
        asked.map_or(own, |asked| asked.clamp(own.min(self.longest), self.longest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn policies() -> impl Strategy<Value = Policy> {
        (1u64..5_000, 0u64..600_000).prop_map(|(shortest, more)| Policy {
            shortest: Duration::from_millis(shortest),
            longest: Duration::from_millis(shortest + more),
        })
    }

    proptest! {
        #[test]
        fn stays_in_its_window(policy in policies(), failures in any::<u32>()) {
            let wait = policy.delay(failures);
            prop_assert!((policy.shortest..=policy.longest).contains(&wait));
        }

        #[test]
        fn reaches_half_of_the_longest_in_the_end(policy in policies(), failures in 40u32..) {
            prop_assert!(policy.delay(failures) >= policy.longest / 2);
        }

        #[test]
        fn doubles_give_or_take_the_spread(failures in 1u32..8) {
            let policy = Policy { shortest: Duration::from_secs(1), longest: Duration::MAX / 8 };
            let middle = Duration::from_secs(1 << (failures - 1));
            let wait = policy.delay(failures);
            prop_assert!(wait >= middle / 2 && wait <= middle * 3 / 2 + Duration::from_nanos(1));
        }

        #[test]
        fn a_wish_is_clamped_into_the_window(
            policy in policies(), failures in any::<u32>(), asked in proptest::option::of(any::<u64>())
        ) {
            let wait = policy.delay_asked(failures, asked.map(Duration::from_millis));
            prop_assert!((policy.shortest..=policy.longest).contains(&wait));
            if let Some(asked) = asked {
                prop_assert!(wait >= Duration::from_millis(asked).min(policy.longest));
            }
        }
    }

    #[test]
    fn waits_are_spread() {
        let waits: std::collections::BTreeSet<_> = (0..50).map(|_| Policy::FAR.delay(4)).collect();
        assert!(waits.len() > 10);
    }
}
