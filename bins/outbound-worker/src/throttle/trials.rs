//! Bounds how many of one host's accounts are tried at the same time.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use domain::AccountKey;

/// The rested accounts of a host that this process is trying. If the host hangs, each trial keeps a place for as long as
/// a call may take.
#[derive(Debug, Default)]
pub(crate) struct Trials(HashMap<AccountKey, Instant>);

impl Trials {
    /// Whether fewer than `most` are under way. One that nobody has reported on for `longest` was lost.
    pub(crate) fn have_room(&mut self, most: usize, longest: Duration) -> bool {
        self.0.retain(|_, began| began.elapsed() < longest);
        self.0.len() < most
    }

    /// Notes that one begins.
    pub(crate) fn begin(&mut self, account: AccountKey) {
        self.0.insert(account, Instant::now());
    }

    /// Notes that a call ended, or is not made.
    pub(crate) fn end(&mut self, account: AccountKey) {
        self.0.remove(&account);
    }
}
