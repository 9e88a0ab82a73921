//! Once a second, saves how far the journal is published, removes old segments, checks whether several tenants share
//! the journal, and updates its metrics.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bus::Bus;
use domain::in_words;
use metrics::{describe_gauge, gauge};
use service::joined;
use tokio::time::MissedTickBehavior;

use crate::journal::Shared;
use crate::sources::Sources;

const PERIOD: Duration = Duration::from_secs(1);

/// Maintains the journal for ever.
pub(crate) async fn run(
    journal: Arc<Shared>,
    sources: Arc<Sources>,
    bus: Bus,
    refused: Arc<AtomicUsize>,
) {
    describe_gauge!("axis_journal_bytes", metrics::Unit::Bytes, "Size of the journal");
    describe_gauge!(
        "axis_journal_limit_bytes",
        metrics::Unit::Bytes,
        "How large the journal may grow (JOURNAL_MAX_MIB)"
    );
    gauge!("axis_journal_limit_bytes").set(float(journal.limit()));
    describe_gauge!(
        "axis_journal_unpublished_bytes",
        metrics::Unit::Bytes,
        "Size of the journal's segments that hold an unpublished event"
    );
    describe_gauge!("axis_journal_segments", "Files of the journal");
    describe_gauge!(
        "axis_journal_waiting_events",
        "Events of the journal from the oldest on that is not published"
    );
    describe_gauge!("axis_journal_refused_events", "Events that the stream refused for good");
    let mut ticks = tokio::time::interval(PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut failing = false;
    loop {
        ticks.tick().await;
        journal.divide(sources.present().is_some_and(|sources| sources.several_tenants));
        let journal = Arc::clone(&journal);
        // A server that has gone away may come back without its newest messages.
        let server = bus.server_id().filter(|_| bus.connected());
        let maintained = tokio::task::spawn_blocking(move || journal.maintain(server.as_deref()));
        let (size, noted) = joined(maintained).await;
        refused.store(size.refused, Ordering::Relaxed);
        gauge!("axis_journal_bytes").set(float(size.bytes));
        gauge!("axis_journal_unpublished_bytes").set(float(size.unpublished));
        gauge!("axis_journal_segments").set(float(size.segments as u64));
        gauge!("axis_journal_waiting_events").set(float(size.waiting));
        gauge!("axis_journal_refused_events").set(float(size.refused as u64));
        if let Err(error) = &noted
            && !failing
        {
            tracing::warn!(error = in_words(error), "cannot save how far the journal is published");
        }
        failing = noted.is_err();
    }
}

#[expect(clippy::cast_precision_loss, reason = "gauges are floats; beyond 2^53 bytes who cares")]
fn float(value: u64) -> f64 {
    value as f64
}
