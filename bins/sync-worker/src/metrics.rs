//! The worker's counters and what it says of Chatwoot, which are there before anything happens: an alert sees what a counter grew by, and
//! one that is born with its first event has not grown.

use metrics::{counter, describe_histogram, histogram};

/// How late Chatwoot sends its webhooks.
pub(crate) const CHATWOOT_LAG: &str = "axis_chatwoot_lag_seconds";

pub(crate) fn register() {
    let all = [
        "axis_announcements_refused_total",
        "axis_reconcile_drift_found_total",
        "axis_reconcile_drift_repaired_total",
        "axis_reconcile_failures_total",
        "axis_reconcile_pauses_total",
        "axis_reconcile_requests_total",
        "axis_reconcile_unread_total",
    ];
    for name in all {
        counter!(name).increment(0);
    }
    describe_histogram!(
        CHATWOOT_LAG,
        metrics::Unit::Seconds,
        "From when something happened in Chatwoot until its webhook was received"
    );
    let _there_from_the_start = histogram!(CHATWOOT_LAG);
}
