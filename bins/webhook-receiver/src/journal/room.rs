//! Makes room: what is published goes for the sake of what comes.

use std::io::{self, ErrorKind};
use std::time::Instant;

use super::Shared;
use super::ledger::{Gone, Ledger};

impl Shared {
    /// Returns whether there is room for this many more bytes, for which published segments may have to go.
    pub(super) fn make_room(&self, needed: u64) -> bool {
        let has_room = || self.ledger().has_room_for(needed);
        has_room() || {
            self.clear(|ledger| ledger.sweep(Instant::now(), needed));
            has_room()
        }
    }

    /// If the disk is full, removes the oldest published segments, of at least this many bytes. Returns whether there
    /// were any.
    pub(super) fn yield_room(&self, error: &io::Error, bytes: u64) -> bool {
        matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded)
            && self.clear(|ledger| ledger.give_up(Instant::now(), bytes))
    }

    /// Removes the segments that are taken out of the ledger, unless the folder is not this receiver's any more. Returns
    /// whether there were any.
    fn clear(&self, take_out: impl FnOnce(&mut Ledger) -> Vec<Gone>) -> bool {
        if self.hold().is_err() {
            return false;
        }
        let gone = take_out(&mut self.ledger());
        self.remove(&gone);
        !gone.is_empty()
    }
}
