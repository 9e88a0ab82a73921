//! The receiver's metrics. They are registered at the start, and the routes' are looked up once and not per request.

use std::time::Duration;

use metrics::{Counter, Histogram, counter, describe_counter, describe_histogram, histogram};

use crate::routes::Reason;

/// The metrics of the routes.
pub(crate) struct Metrics {
    accepted: Counter,
    acknowledge: Histogram,
    refused_of_known: Refused,
    refused_of_unknown: Refused,
}

/// Indexed by the reason's number.
type Refused = [Counter; Reason::ALL.len()];

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Metrics")
    }
}

impl Metrics {
    pub(crate) fn register() -> Self {
        describe_counter!("axis_webhook_accepted_total", "Webhooks that were made durable");
        describe_counter!(
            "axis_webhook_refused_total",
            "Webhooks that were refused, by reason and whether the account is known"
        );
        describe_histogram!(
            "axis_webhook_acknowledge_seconds",
            metrics::Unit::Seconds,
            "From a webhook's first byte to its acknowledgement"
        );
        describe_counter!(
            "axis_journal_set_aside_total",
            "Segments that could not be read, or not all of them, and are kept aside"
        );
        describe_counter!(
            "axis_journal_healed_total",
            "Events that the stream had lost and got again from the journal"
        );
        // Alerts look at how much a counter grew, and one that first appears with its first event has not grown.
        counter!("axis_journal_set_aside_total").increment(0);
        counter!("axis_journal_healed_total").increment(0);
        Self {
            accepted: counter!("axis_webhook_accepted_total"),
            acknowledge: histogram!("axis_webhook_acknowledge_seconds"),
            refused_of_known: refused("yes"),
            refused_of_unknown: refused("no"),
        }
    }

    pub(crate) fn accepted(&self, took: Duration) {
        self.accepted.increment(1);
        self.acknowledge.record(took);
    }

    /// `known`: whether the account is. It is if the request has its address, which outsiders cannot guess, or its
    /// signature. Everything else anybody may have sent, and no alert may come of it.
    pub(crate) fn refused(&self, reason: Reason, known: bool) {
        let refused = if known { &self.refused_of_known } else { &self.refused_of_unknown };
        refused[reason as usize].increment(1);
    }
}

fn refused(known: &'static str) -> Refused {
    Reason::ALL.map(|reason| {
        counter!("axis_webhook_refused_total", "reason" => reason.as_str(), "known" => known)
    })
}
