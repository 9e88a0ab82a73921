//! Notes which records the stream has.
//!
//! The file is written from time to time and without syncing. A mark that is too old, torn or missing only makes
//! records be published again, which their message ids make harmless. One that is ahead of the journal, whose end was lost
//! with the host's power before it was acknowledged, does no harm: later records have higher sequences.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Confirmed;

const FILE: &str = "published.json";

/// The records that are published: all below a sequence, except for some.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Mark {
    /// Every record with a lower sequence is settled.
    pub(super) below: u64,
    /// Records that are settled but not published, since the stream refused them for good. Tried again at every start.
    pub(super) refused: BTreeSet<u64>,
    /// The run of the NATS server that was published to last.
    #[serde(default)]
    pub(super) server: Option<String>,
    /// The events that this server confirmed and that were still to be looked for in the stream, with the furthest.
    #[serde(default)]
    pub(super) looked_for: Vec<Confirmed>,
    /// Since when everything in a segment has been published or refused, by the segment's first sequence.
    #[serde(default)]
    pub(super) settled: BTreeMap<u64, DateTime<Utc>>,
    /// When the stream took events that it had refused before.
    #[serde(default)]
    pub(super) retaken: BTreeMap<u64, DateTime<Utc>>,
    /// The segments, by their first sequence, of which a part could not be read and whose file could have no second
    /// name. It is renamed when it would be removed.
    #[serde(default)]
    pub(super) to_keep: BTreeSet<u64>,
    /// Until when this server was known to have everything.
    #[serde(default)]
    pub(super) sound_until: Option<DateTime<Utc>>,
    /// The name of the lock under which it was written.
    #[serde(default)]
    pub(super) lock: Option<Uuid>,
}

impl Default for Mark {
    fn default() -> Self {
        Self {
            below: 1,
            refused: BTreeSet::new(),
            server: None,
            looked_for: Vec::new(),
            settled: BTreeMap::new(),
            retaken: BTreeMap::new(),
            to_keep: BTreeSet::new(),
            sound_until: None,
            lock: None,
        }
    }
}

impl Mark {
    pub(super) fn read(dir: &Path) -> Self {
        std::fs::read(dir.join(FILE))
            .ok()
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .unwrap_or_default()
    }

    /// Returns it if it was written under this lock, and otherwise none: it may be about other files than there are.
    pub(super) fn of(self, lock: Option<Uuid>) -> Self {
        if self.lock == lock {
            return self;
        }
        tracing::warn!(
            "how far the journal is published was not noted under the lock that is in its folder: all \
             of it is published again"
        );
        Self::default()
    }

    pub(super) fn write(&self, dir: &Path) -> io::Result<()> {
        let fresh = dir.join("published.json.new");
        std::fs::write(&fresh, serde_json::to_vec(self)?)?;
        std::fs::rename(fresh, dir.join(FILE))
    }

    pub(super) fn is_published(&self, sequence: u64) -> bool {
        sequence < self.below && !self.refused.contains(&sequence)
    }

    /// Whether all of `first..end` is published.
    pub(super) fn covers(&self, first: u64, end: u64) -> bool {
        end <= self.below && self.refused.range(first..end).next().is_none()
    }
}
