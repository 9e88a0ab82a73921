//! Counters, registered before anything happens: an alert looks at a counter's growth, and one that
//! is born with its first event has not grown. The counter of requests is not registered, since
//! nobody knows all its labels.

use identity::Refusal;
use metrics::counter;

use crate::limits::Limits;

pub(crate) fn register() {
    let alone = [
        "axis_announcements_left_total",
        "axis_api_requests_uncounted_total",
        "axis_api_streams_cut_total",
        "axis_api_unreadable_events_total",
    ];
    for name in alone {
        counter!(name).increment(0);
    }
    for kind in Limits::KINDS {
        counter!("axis_api_requests_limited_total", "kind" => kind).increment(0);
    }
    for reason in Refusal::REASONS {
        counter!("axis_api_tokens_refused_total", "reason" => reason).increment(0);
    }
}
