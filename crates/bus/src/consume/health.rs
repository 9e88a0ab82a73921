//! Keeps track of why lanes of a consumption get no messages.
//!
//! A reason is logged once, not once per lane and attempt, since in an outage all lanes have the same one. Any
//! other reason is news, so a lane that keeps failing for a reason of its own hides nothing.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many lanes of a consumption fail for each reason.
#[derive(Debug, Default)]
pub(crate) struct Health(Mutex<HashMap<String, usize>>);

impl Health {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The condition of one lane. It no longer counts once this is dropped.
#[derive(Debug)]
pub(crate) struct Condition {
    health: Arc<Health>,
    reason: Option<String>,
}

impl Condition {
    pub(crate) fn new(health: Arc<Health>) -> Self {
        Self { health, reason: None }
    }

    /// Notes that the lane fails. Returns whether that is news: no lane was failing for this reason.
    pub(crate) fn fails(&mut self, reason: &str) -> bool {
        if self.reason.as_deref() == Some(reason) {
            return false;
        }
        self.works();
        self.reason = Some(reason.to_owned());
        let mut failing = self.health.lock();
        let lanes = failing.entry(reason.to_owned()).or_default();
        *lanes += 1;
        *lanes == 1
    }

    /// Notes that the lane works. Returns the reason it was failing for, if no other lane still fails for it.
    pub(crate) fn works(&mut self) -> Option<String> {
        let reason = self.reason.take()?;
        let mut failing = self.health.lock();
        let lanes = failing.get_mut(&reason)?;
        *lanes -= 1;
        if *lanes > 0 {
            return None;
        }
        failing.remove(&reason);
        Some(reason)
    }
}

impl Drop for Condition {
    fn drop(&mut self) {
        self.works();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lanes<const COUNT: usize>() -> [Condition; COUNT] {
        let health = Arc::<Health>::default();
        std::array::from_fn(|_| Condition::new(Arc::clone(&health)))
    }

    #[test]
    fn a_reason_is_news_once_and_again_when_all_had_got_over_it() {
        let [mut one, mut other] = lanes();
        for _ in 0..2 {
            assert!(one.fails("no answer"));
            assert!(!one.fails("no answer"));
            assert!(!other.fails("no answer"));
            assert_eq!(one.works(), None);
            assert_eq!(other.works().as_deref(), Some("no answer"));
            assert_eq!(other.works(), None);
        }
    }

    #[test]
    fn a_lane_that_fails_for_ever_hides_no_outage() {
        let [mut refused, mut one, mut other] = lanes();
        for _ in 0..2 {
            assert!(refused.fails("no room"));
            assert!(one.fails("no answer"));
            assert!(!other.fails("no answer"));
            assert!(!refused.fails("no answer"));
            assert!(refused.fails("no room"), "it is told again when it is the reason again");
            assert_eq!(one.works(), None);
            assert_eq!(other.works().as_deref(), Some("no answer"));
            assert_eq!(refused.works().as_deref(), Some("no room"));
        }
    }

    #[test]
    fn a_lane_that_has_ended_fails_no_more() {
        let [mut ended, mut other] = lanes();
        assert!(ended.fails("no answer"));
        drop(ended);
        assert!(other.fails("no answer"));
    }
}
