//! Metrics of the journal: how long writing takes, and how many events are written at once.

use std::time::Duration;

use metrics::{Histogram, Unit, describe_histogram, histogram};

/// How long appending takes from a request's point of view.
pub(super) struct Latency(Histogram);

impl Latency {
    pub(super) fn register() -> Self {
        describe_histogram!(
            "axis_journal_append_seconds",
            Unit::Seconds,
            "From asking for an event to be appended until it is on disk"
        );
        Self(histogram!("axis_journal_append_seconds"))
    }

    pub(super) fn record(&self, took: Duration) {
        self.0.record(took);
    }
}

impl std::fmt::Debug for Latency {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Latency")
    }
}

/// How many events the writer syncs at once, and how long that takes.
pub(super) struct Groups {
    records: Histogram,
    took: Histogram,
}

impl Groups {
    pub(super) fn register() -> Self {
        describe_histogram!(
            "axis_journal_group_records",
            "Events that were written and synced together"
        );
        describe_histogram!(
            "axis_journal_sync_seconds",
            Unit::Seconds,
            "Writing and syncing one group"
        );
        let (records, took) = ("axis_journal_group_records", "axis_journal_sync_seconds");
        Self { records: histogram!(records), took: histogram!(took) }
    }

    pub(super) fn synced(&self, records: usize, took: Duration) {
        self.records.record(u32::try_from(records).unwrap_or(u32::MAX));
        self.took.record(took);
    }
}
