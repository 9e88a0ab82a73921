//! How long to wait after repeated failures.

use std::time::Duration;

const LAST: Duration = Duration::from_secs(5);

/// Pauses after failures in a row, each twice as long as the one before, up to five seconds.
#[derive(Debug)]
pub(crate) struct Pauses {
    first: Duration,
    failures: u32,
}

impl Pauses {
    pub(crate) fn beginning_with(first: Duration) -> Self {
        Self { first, failures: 0 }
    }

    /// Notes a failure. Returns how long to wait.
    pub(crate) fn next(&mut self) -> Duration {
        let pause = self.first.saturating_mul(1 << self.failures.min(10)).min(LAST);
        self.failures += 1;
        pause
    }

    /// Notes a success.
    pub(crate) fn reset(&mut self) {
        self.failures = 0;
    }

    /// Whether nothing has failed since the last success.
    pub(crate) fn none_yet(&self) -> bool {
        self.failures == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_double_up_to_the_last_and_begin_anew_when_it_works() {
        let mut pauses = Pauses::beginning_with(Duration::from_secs(1));
        for _ in 0..2 {
            assert!(pauses.none_yet());
            let some = [(); 5].map(|()| pauses.next().as_secs());
            assert_eq!(some, [1, 2, 4, 5, 5]);
            assert!(!pauses.none_yet());
            pauses.reset();
        }
    }
}
