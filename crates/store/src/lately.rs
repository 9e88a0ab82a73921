//! The time of the last occurrence of something, for callbacks of a pool, which share nothing else.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// The time at which something last happened.
#[derive(Debug)]
pub(crate) struct Lately {
    born: Instant,
    /// Milliseconds from `born` to then, plus one; 0 if it has not happened yet.
    last: AtomicU64,
}

impl Default for Lately {
    fn default() -> Self {
        Self { born: Instant::now(), last: AtomicU64::new(0) }
    }
}

impl Lately {
    /// Notes that it happens now.
    pub(crate) fn note(&self) {
        self.last.store(self.now(), Ordering::Relaxed);
    }

    /// Whether it happened within the last `span`.
    pub(crate) fn within(&self, span: Duration) -> bool {
        let last = self.last.load(Ordering::Relaxed);
        last > 0 && u128::from(self.now().saturating_sub(last)) <= span.as_millis()
    }

    fn now(&self) -> u64 {
        u64::try_from(self.born.elapsed().as_millis()).unwrap_or(u64::MAX).saturating_add(1)
    }
}
