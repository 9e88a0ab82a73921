//! What an event says has changed, as the timeline has it.

use chatwoot::Changes;
use serde_json::{Value, json};

/// Columns that change with every message and are of no interest to anybody.
const NOISE: [&str; 5] = [
    "updated_at",
    "last_activity_at",
    "waiting_since",
    "cached_label_list",
    "first_reply_created_at",
];

/// Columns whose values are numbers, times or words of the account's own, and say nothing about a customer.
const IMPERSONAL: [&str; 6] =
    ["assignee_agent_bot_id", "assignee_id", "label_list", "priority", "snoozed_until", "team_id"];

/// The changes that somebody is interested in, with all values.
pub(super) fn told(changes: &Changes, wanted: impl Fn(&str) -> bool) -> Vec<Value> {
    let told =
        changes.iter().filter(|c| !NOISE.contains(&c.attribute.as_str()) && wanted(&c.attribute));
    told.map(|c| json!({ "attribute": c.attribute, "from": c.previous, "to": c.current })).collect()
}

/// The columns that somebody is interested in.
pub(super) fn fields(changes: &Changes) -> Vec<&str> {
    let fields = changes.iter().map(|c| c.attribute.as_str());
    fields.filter(|field| !NOISE.contains(field)).collect()
}

/// What [`told`] returned, without values that may be personal data and may have to be erased.
pub(super) fn impersonal(told: &[Value]) -> Vec<Value> {
    let bare = |change: &Value| match &change["attribute"] {
        Value::String(name) if IMPERSONAL.contains(&name.as_str()) => change.clone(),
        name => json!({ "attribute": name }),
    };
    told.iter().map(bare).collect()
}
