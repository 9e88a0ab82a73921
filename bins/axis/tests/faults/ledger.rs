//! What was done, by those who did it.

use chrono::{DateTime, TimeDelta, Utc};

use crate::chaos::Fault;
use crate::load::Posted;

/// How long after a fault things are not quiet yet.
const AFTERMATH: TimeDelta = TimeDelta::seconds(5);

pub struct Ledger {
    /// The replies that the API took, in each conversation in the order of their writing.
    pub posted: Vec<Posted>,
    pub timeline: Vec<Fault>,
}

impl Ledger {
    /// Whether no fault had anything to do with what happened in this time.
    pub fn was_quiet(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> bool {
        self.timeline.iter().all(|fault| to < fault.from || from > fault.to + AFTERMATH)
    }
}
