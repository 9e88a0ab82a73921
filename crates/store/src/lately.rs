//! When something last happened, for callbacks of a pool, which share nothing else.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// When it last happened.
#[derive(Debug)]
pub(crate) struct Lately {
    born: Instant,
    /// Milliseconds since then, and one more; 0 before it happens.
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

    /// Whether it happened within this time.
    pub(crate) fn within(&self, span: Duration) -> bool {
        let last = self.last.load(Ordering::Relaxed);
        last > 0 && u128::from(self.now().saturating_sub(last)) <= span.as_millis()
    }

    fn now(&self) -> u64 {
        u64::try_from(self.born.elapsed().as_millis()).unwrap_or(u64::MAX).saturating_add(1)
    }
}
