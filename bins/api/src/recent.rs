//! Keys and tickets of a moment ago.
//!
//! A caller who shows one is looked up all the same, so that a revoked one is refused at once. This
//! only decides which queue the caller waits in.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long a moment is.
pub(crate) const LATELY: Duration = Duration::from_mins(1);
/// How many are remembered at most. Further ones are not noted.
const MOST: usize = 20_000;

/// Digests of these keys and tickets. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Recent(Arc<Mutex<HashMap<[u8; 32], Instant>>>);

impl Recent {
    /// Notes a key or ticket. Returns whether it was noted a moment ago already.
    pub(crate) fn note(&self, digest: [u8; 32]) -> bool {
        let now = Instant::now();
        let mut known = self.known();
        if known.len() >= MOST && !known.contains_key(&digest) {
            known.retain(|_, at| now.duration_since(*at) < LATELY);
            if known.len() >= MOST {
                return false;
            }
        }
        known.insert(digest, now).is_some_and(|at| now.duration_since(at) < LATELY)
    }

    /// Forgets it.
    pub(crate) fn forget(&self, digest: &[u8; 32]) {
        self.known().remove(digest);
    }

    /// Whether it was noted a moment ago.
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
        assert!(recent.note(digest(0)) && !recent.note(digest(MOST)));
        recent.forget(&digest(0));
        recent.note(digest(MOST));
        assert!(recent.has(&digest(MOST)) && !recent.has(&digest(0)));
    }
}
