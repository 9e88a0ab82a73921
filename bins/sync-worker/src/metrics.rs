//! The worker's counters, which are there before anything happens: an alert sees what a counter grew by, and
//! one that is born with its first event has not grown.

use metrics::counter;

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
}
