//! What a row must be, given what Chatwoot has: column by column, from an answer of REST.

use std::collections::BTreeMap;

use chrono::DateTime;
use serde_json::{Value, json};

/// Columns with a time. Chatwoot tells of most of them in whole seconds, in one form or the other.
const TIMES: [&str; 7] = [
    "created_at",
    "last_activity_at",
    "agent_last_seen_at",
    "contact_last_seen_at",
    "snoozed_until",
    "first_reply_at",
    "waiting_since",
];

/// Columns of a row and what they must show.
pub type Columns = BTreeMap<&'static str, Value>;

/// Those of a conversation's row.
pub fn conversation(has: &Value) -> Columns {
    let meta = &has["meta"];
    let (assignee, team) = (&meta["assignee"], &meta["team"]);
    let assignee_type = match (assignee, &meta["assignee_type"]) {
        (Value::Null, _) => Value::Null,
        (_, kind) if kind == "AgentBot" => json!("agent_bot"),
        _ => json!("user"),
    };
    let mut labels = has["labels"].as_array().unwrap().clone();
    labels.sort_by_key(Value::to_string);
    [
        ("status", has["status"].clone()),
        ("priority", has["priority"].clone()),
        ("inbox_id", has["inbox_id"].clone()),
        ("channel", meta["channel"].clone()),
        ("contact_chatwoot_id", meta["sender"]["id"].clone()),
        ("assignee_id", assignee["id"].clone()),
        ("assignee_type", assignee_type),
        ("assignee_name", assignee["name"].clone()),
        ("team_id", team["id"].clone()),
        ("team_name", team["name"].clone()),
        ("labels", Value::from(labels)),
        ("can_reply", has["can_reply"].clone()),
        ("snoozed_until", has["snoozed_until"].clone()),
        ("first_reply_at", has["first_reply_created_at"].clone()),
        ("waiting_since", has["waiting_since"].clone()),
        ("custom_attributes", has["custom_attributes"].clone()),
        ("additional_attributes", has["additional_attributes"].clone()),
        ("created_at", has["created_at"].clone()),
        ("last_activity_at", has["last_activity_at"].clone()),
        ("agent_last_seen_at", has["agent_last_seen_at"].clone()),
        ("contact_last_seen_at", has["contact_last_seen_at"].clone()),
    ]
    .into()
}

/// Those of a contact's row.
pub fn contact(has: &Value) -> Columns {
    let text = |name: &str| filled(&has[name]);
    [
        ("name", text("name")),
        ("email", text("email")),
        ("phone_number", text("phone_number")),
        ("identifier", text("identifier")),
        ("thumbnail", text("thumbnail")),
        ("custom_attributes", has["custom_attributes"].clone()),
        ("additional_attributes", has["additional_attributes"].clone()),
        ("blocked", has["blocked"].clone()),
    ]
    .into()
}

/// Those of a message's row, but for how far it got. Of one that was deleted its other attributes are gone.
pub fn message(has: &Value) -> Columns {
    let kinds = ["incoming", "outgoing", "activity", "template"];
    let kind = usize::try_from(has["message_type"].as_i64().unwrap()).unwrap();
    let (sender, deleted) = (&has["sender"], is_deleted(has));
    let files = has["attachments"].as_array().into_iter().flatten();
    let mut columns = Columns::from([
        ("message_type", json!(kinds[kind])),
        ("content_type", has["content_type"].clone()),
        (
            "content",
            has["content"].as_str().map_or(Value::Null, |text| domain::plain_text(text).into()),
        ),
        ("private", has["private"].clone()),
        ("deleted", json!(deleted)),
        ("sender_type", sender["type"].clone()),
        ("sender_id", sender["id"].clone()),
        ("source_id", has["source_id"].clone()),
        ("inbox_id", has["inbox_id"].clone()),
        ("attachments", files.map(attachment).collect()),
        ("created_at", has["created_at"].clone()),
    ]);
    if !deleted {
        columns.insert("content_attributes", has["content_attributes"].clone());
    }
    // A customer's name may have changed since, and the message has not.
    if sender["type"] != "contact" {
        columns.insert("sender_name", sender["name"].clone());
    }
    columns
}

/// Whether the row shows how far a message got. The furthest step stays, whatever the channel says later.
pub fn shows_delivery(row: &Value, has: &Value) -> bool {
    let sent = has["message_type"] == 1 || has["message_type"] == 3;
    if !sent || is_deleted(has) {
        return true;
    }
    let steps = ["sent", "delivered", "read"];
    let step = steps.iter().zip(1..).find(|(step, _)| has["status"] == **step);
    let failed = row["delivery_failed_at"].as_i64() > row["delivery_succeeded_at"].as_i64();
    failed == (has["status"] == "failed")
        && row["delivery_rank"].as_i64().unwrap_or(0).max(1) >= step.map_or(0, |(_, rank)| rank)
}

/// Whether somebody deleted the message.
pub fn is_deleted(message: &Value) -> bool {
    message["content_attributes"]["deleted"] == true
}

fn attachment(has: &Value) -> Value {
    json!({
        "id": has["id"],
        "fileType": has["file_type"],
        "contentType": has["content_type"],
        "fileSize": has["file_size"],
        "title": has["fallback_title"],
        "width": has["width"],
        "height": has["height"],
        "latitude": has["coordinates_lat"],
        "longitude": has["coordinates_long"],
        "transcript": filled(&has["transcribed_text"]),
        "dataUrl": filled(&has["data_url"]),
        "thumbUrl": filled(&has["thumb_url"]),
    })
}

/// The columns in which a row is not what it must be.
pub fn otherwise(row: &Value, must: &Columns) -> Vec<String> {
    let differing =
        must.iter().filter(|(name, wanted)| plain(name, &row[**name]) != plain(name, wanted));
    differing.map(|(name, wanted)| format!("{name} is {}, not {wanted}", row[*name])).collect()
}

fn plain(column: &str, value: &Value) -> Value {
    if TIMES.contains(&column) { seconds(value) } else { value.clone() }
}

fn filled(text: &Value) -> Value {
    text.as_str().filter(|text| !text.is_empty()).map_or(Value::Null, Value::from)
}

/// A time in whole seconds, whatever its form; zero is none.
fn seconds(time: &Value) -> Value {
    let seconds = match time {
        Value::String(text) => Some(DateTime::parse_from_rfc3339(text).unwrap().timestamp()),
        number => number.as_i64(),
    };
    seconds.filter(|seconds| *seconds != 0).map_or(Value::Null, Value::from)
}
