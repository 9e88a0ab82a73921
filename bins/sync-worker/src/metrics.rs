//! The worker's metrics, which are registered before anything happens: alerts look at how much a counter grew, and one
//! that first appears with its first event has not grown.

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
