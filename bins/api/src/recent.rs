//! Keys and tickets that were good a moment ago.
//!
//! Whoever shows one is looked up all the same, so that one which was revoked is refused at once; it only says where
//! to wait for that.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long it counts that one was good.
const LATELY: Duration = Duration::from_mins(1);
/// How many are remembered at most; a further one is a stranger's.
const MOST: usize = 20_000;

/// Their digests. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Recent(Arc<Mutex<HashMap<[u8; 32], Instant>>>);

impl Recent {
    /// Notes that one is good.
    pub(crate) fn note(&self, digest: [u8; 32]) {
        let now = Instant::now();
        let mut known = self.known();
        if known.len() >= MOST && !known.contains_key(&digest) {
            known.retain(|_, at| now.duration_since(*at) < LATELY);
            if known.len() >= MOST {
                return;
            }
        }
        known.insert(digest, now);
    }

    /// Notes that one is worth nothing any more.
    pub(crate) fn forget(&self, digest: &[u8; 32]) {
        self.known().remove(digest);
    }

    /// Whether one was good a moment ago.
    pub(crate) fn has(&self, digest: &[u8; 32]) -> bool {
        self.known().get(digest).is_some_and(|at| at.elapsed() < LATELY)
    }

    fn known(&self) -> MutexGuard<'_, HashMap<[u8; 32], Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_are_remembered_than_there_is_room_for() {
        let recent = Recent::default();
        let digest = |number: usize| {
            let mut digest = [0; 32];
            digest[..8].copy_from_slice(&number.to_be_bytes());
            digest
        };
        for number in 0..=MOST {
            recent.note(digest(number));
        }
        assert!(recent.has(&digest(0)) && !recent.has(&digest(MOST)));
        recent.forget(&digest(0));
        recent.note(digest(MOST));
        assert!(recent.has(&digest(MOST)) && !recent.has(&digest(0)));
    }
}
