//! How much memory Chatwoot's answers take in a program, counted by owner; the API counts its own in the same way.
//!
//! Whoever connects an account decides what its Chatwoot answers, and may connect several. So no owner may have more in
//! hand than is left: one owner gets half of the whole, two get a third each, and however many take their share, the
//! next one's small answers still find room. Nobody waits for room, since whoever has some may ask for more. An answer
//! that finds none fails, and is asked for again later.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many bytes a program may have in hand by default.
const MOST: usize = 256 << 20;

/// Counts the bytes of answers in hand. Clones count together.
#[derive(Debug, Clone)]
pub struct InHand {
    most: usize,
    taken: Arc<Mutex<Taken>>,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    /// Each owner's share of them.
    shares: HashMap<Arc<str>, usize>,
}

impl Default for InHand {
    fn default() -> Self {
        Self::new(MOST)
    }
}

impl InHand {
    /// Counts up to this many bytes.
    pub fn new(most: usize) -> Self {
        Self { most, taken: Arc::default() }
    }

    /// Starts counting an answer of this owner's.
    pub fn room(&self, owner: &Arc<str>) -> Room {
        Room { in_hand: self.clone(), owner: Arc::clone(owner), bytes: 0 }
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The bytes that an answer takes, until this is dropped.
#[derive(Debug)]
pub struct Room {
    in_hand: InHand,
    owner: Arc<str>,
    bytes: usize,
}

impl Room {
    /// Takes this many more bytes. Returns false, and takes none, if the owner would then have more than is left.
    pub fn grow(&mut self, bytes: usize) -> bool {
        let mut taken = self.in_hand.taken();
        let all = taken.all.saturating_add(bytes);
        let own = taken.shares.get(&self.owner).copied().unwrap_or_default().saturating_add(bytes);
        if self.in_hand.most.checked_sub(all).is_none_or(|left| own > left) {
            return false;
        }
        taken.all = all;
        taken.shares.insert(Arc::clone(&self.owner), own);
        self.bytes += bytes;
        true
    }

    /// Keeps the bytes counted for as long as anything of the answer is in hand.
    pub(super) fn hold(self) -> Held {
        Held(Arc::new(self))
    }
}

/// Keeps the bytes of an answer counted until all clones are dropped. Two of them are always equal, since they say
/// nothing about what was answered.
#[derive(Debug, Clone)]
pub struct Held(#[expect(dead_code, reason = "counted until it is dropped")] Arc<Room>);

impl PartialEq for Held {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let mut taken = self.in_hand.taken();
        taken.all -= self.bytes;
        if let Some(own) = taken.shares.get_mut(&self.owner) {
            *own -= self.bytes;
            if *own == 0 {
                taken.shares.remove(&self.owner);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_has_more_in_hand_than_is_left() {
        let in_hand = InHand::new(120);
        let [acme, zeta, late] = ["acme", "zeta", "late"].map(Arc::<str>::from);
        let mut flood: Vec<Room> = (0..6).map(|_| in_hand.room(&acme)).collect();
        assert!(flood.iter_mut().all(|room| room.grow(10)));
        assert!(!flood[0].grow(1), "half of it");
        let mut second = in_hand.room(&zeta);
        assert!(second.grow(30));
        assert!(!second.grow(1));
        assert!(in_hand.room(&late).grow(15));
        drop(flood);
        assert!(second.grow(30));
        drop(second);
        assert!(in_hand.taken().shares.is_empty());
        assert_eq!(in_hand.taken().all, 0);
        assert!(!in_hand.room(&late).grow(usize::MAX));
    }
}
