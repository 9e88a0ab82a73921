//! So many a second and no more.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// How much may be caught up at once: timers are not finer than this anyway.
const SLACK: Duration = Duration::from_millis(20);

/// Lets a loop go round so many times a second.
#[derive(Debug)]
pub struct Pace {
    step: Duration,
    next: Instant,
}

impl Pace {
    /// `per_second` times a second, beginning at once.
    pub fn new(per_second: u32) -> Self {
        Self { step: Duration::from_secs(1) / per_second.max(1), next: Instant::now() }
    }

    /// Waits for its turn.
    pub async fn turn(&mut self) {
        sleep_until(self.next).await;
        let now = Instant::now();
        self.next = self.next.max(now.checked_sub(SLACK).unwrap_or(now)) + self.step;
    }
}
