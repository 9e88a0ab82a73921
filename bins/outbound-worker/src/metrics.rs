//! The worker's counters, which are registered before anything happens: alerts look at how much a counter grew, and one
//! that first appears with its first event has not grown.

use domain::DeliveryState;
use metrics::counter;

use crate::throttle::HoldCause;

/// How calls to Chatwoot end.
pub(crate) const CALLS: [&str; 4] = ["done", "refused", "retry", "unknown"];
/// The results of looking up a reply of unknown outcome.
pub(crate) const LOOKUPS: [&str; 4] = ["echoed", "found", "concluded", "absent"];
/// The states that commands get here.
pub(crate) const STATES: [DeliveryState; 4] =
    [DeliveryState::Sent, DeliveryState::Retrying, DeliveryState::Failed, DeliveryState::Unknown];

pub(crate) fn register() {
    let alone = [
        "axis_announcements_refused_total",
        "axis_announcements_repaired_total",
        "axis_chatwoot_pauses_total",
        "axis_chatwoot_rests_total",
        "axis_outbound_own_tokens_refused_total",
        "axis_outbound_twice_total",
        "axis_outbox_published_total",
        "axis_uploads_swept_total",
    ];
    for name in alone {
        counter!(name).increment(0);
    }
    for cause in HoldCause::ALL {
        counter!("axis_chatwoot_holds_total", "cause" => cause.as_str()).increment(0);
    }
    for outcome in CALLS {
        counter!("axis_chatwoot_calls_total", "outcome" => outcome).increment(0);
    }
    for result in LOOKUPS {
        counter!("axis_outbound_lookups_total", "result" => result).increment(0);
    }
    for state in STATES {
        counter!("axis_outbound_commands_total", "state" => state.as_str()).increment(0);
    }
}
