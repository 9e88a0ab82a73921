//! Limits the rate of a loop.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// How much delay may be made up for at once. Timers are not finer than this anyway.
const SLACK: Duration = Duration::from_millis(20);

/// Lets a loop go round at most a given number of times a second.
#[derive(Debug)]
pub struct Pace {
    step: Duration,
    next: Instant,
}

impl Pace {
    /// Allows `per_second` turns a second, the first one at once.
    pub fn new(per_second: u32) -> Self {
        Self { step: Duration::from_secs(1) / per_second.max(1), next: Instant::now() }
    }

    /// Waits for the next turn.
    pub async fn turn(&mut self) {
        sleep_until(self.next).await;
        let now = Instant::now();
        self.next = self.next.max(now.checked_sub(SLACK).unwrap_or(now)) + self.step;
    }
}
