//! Masking messages, so that they show their structure but no personal data.
//!
//! Whatever is not known to be harmless is masked, since Chatwoot's bodies gain new fields, and dead letters hold what
//! nobody foresaw.

use bus::StoredDeadLetter;
use chatwoot::webhook::{MOST_VALUES, values};
use serde_json::{Map, Value};

/// Fields whose values come from a short list, or are ids or times.
const HARMLESS: [&str; 30] = [
    "account_key",
    "assignee_type",
    "availability_status",
    "blocked",
    "browser_language",
    "channel",
    "command",
    "content_type",
    "conversation_id",
    "created_at",
    "event",
    "file_type",
    "first_reply_created_at",
    "initiated_at",
    "kind",
    "last_activity_at",
    "message_type",
    "operation_id",
    "priority",
    "role",
    "sender_type",
    "snoozed_until",
    "status",
    "tenant",
    "timestamp",
    "traceparent",
    "tenant_id",
    "type",
    "updated_at",
    "waiting_since",
];
/// Fields in which anybody may have put anything under any name. Numbers in them are masked too.
const FREE: [&str; 5] = [
    "additional_attributes",
    "custom_attributes",
    "submitted_values",
    "submitted_email",
    "external_source_ids",
];
/// The longest text, in bytes, that counts as harmless.
const SHORT: usize = 40;

/// The body with its structure kept and its texts masked. Of one with more values than are read of an event, which would
/// take far more memory than its bytes, the beginning and length alone.
pub fn payload(bytes: &[u8]) -> Value {
    if values(bytes) > MOST_VALUES {
        return unreadable(bytes, format!("more than {MOST_VALUES} values"));
    }
    match serde_json::from_slice(bytes) {
        Ok(value) => body(value, "", false),
        Err(error) => {
            let (kind, line, column) = (error.classify(), error.line(), error.column());
            unreadable(bytes, format!("{kind:?}, line {line}, column {column}"))
        }
    }
}

fn unreadable(bytes: &[u8], why: String) -> Value {
    let text = text(&String::from_utf8_lossy(bytes));
    Value::Object(Map::from_iter([
        ("unreadable".to_owned(), why.into()),
        ("text".to_owned(), text.into()),
    ]))
}

/// The body as it is.
pub fn unmasked(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes)
        .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(bytes).into_owned()))
}

/// The headers. If they are to be masked, those that our own programs and NATS write stay as they are.
pub fn headers(stored: &StoredDeadLetter, masked: bool) -> Value {
    let ours = |name: &str| {
        ["Axis-", "Nats-"].iter().any(|prefix| name.starts_with(prefix)) || name == "traceparent"
    };
    let shown = |(name, value): (&str, &str)| {
        let value = match name {
            _ if !masked => value.to_owned(),
            "Axis-Dead-Detail" => quotations(value),
            name if ours(name) => value.to_owned(),
            _ => text(value),
        };
        (name.to_owned(), Value::String(value))
    };
    Value::Object(stored.headers.iter().map(shown).collect())
}

/// A failure's description with its quotations masked, except names of constraints and columns.
pub fn quotations(words: &str) -> String {
    let mut shown = String::with_capacity(words.len());
    for (index, part) in words.split('"').enumerate() {
        if index > 0 {
            shown.push('"');
        }
        let name = part.contains('_') && part.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        if index % 2 == 0 || name {
            shown.push_str(part);
        } else {
            shown.push_str(&text(part));
        }
    }
    shown
}

fn body(value: Value, field: &str, free: bool) -> Value {
    match value {
        Value::Object(fields) => Value::Object(
            fields
                .into_iter()
                .map(|(name, value)| {
                    let free = free || FREE.contains(&name.as_str());
                    // A change holds the old and the new value of the field that it is under.
                    let change = name == "previous_value" || name == "current_value";
                    let value = body(value, if change { field } else { &name }, free);
                    (name, value)
                })
                .collect(),
        ),
        Value::Array(items) => {
            Value::Array(items.into_iter().map(|item| body(item, field, free)).collect())
        }
        Value::String(words) if !free && HARMLESS.contains(&field) && is_word(&words) => {
            Value::String(words)
        }
        Value::String(words) => Value::String(text(&words)),
        Value::Number(number) if free || field.contains("phone") => {
            Value::String(text(&number.to_string()))
        }
        other => other,
    }
}

fn is_word(text: &str) -> bool {
    text.len() <= SHORT && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_:.+".contains(&b))
}

/// Masks a text: its first character and its length.
fn text(words: &str) -> String {
    match words.chars().next() {
        None => String::new(),
        Some(first) => format!("{first}… ({} characters)", words.chars().count()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_addresses_and_contents_are_masked_and_the_structure_stays() {
        let masked = payload(
            json!({
                "event": "message_created", "id": 901, "private": false, "content": "Where is it?",
                "status": "Ana Example wrote", "labels": ["angry"], "snoozed_until": null,
                "sender": { "name": "Ana Example", "email": "", "phone_number": 351_210 },
                "custom_attributes": { "card": 4111, "status": "gold" },
                "changed_attributes": [
                    { "status": { "previous_value": "open", "current_value": "resolved" } },
                    { "email": { "previous_value": "a@b.example", "current_value": null } },
                ],
            })
            .to_string()
            .as_bytes(),
        );
        let expected = json!({
            "event": "message_created", "id": 901, "private": false,
            "content": "W… (12 characters)", "status": "A… (17 characters)",
            "labels": ["a… (5 characters)"], "snoozed_until": null,
            "sender": {
                "name": "A… (11 characters)", "email": "", "phone_number": "3… (6 characters)",
            },
            "custom_attributes": { "card": "4… (4 characters)", "status": "g… (4 characters)" },
            "changed_attributes": [
                { "status": { "previous_value": "open", "current_value": "resolved" } },
                { "email": { "previous_value": "a… (11 characters)", "current_value": null } },
            ],
        });
        assert_eq!(masked, expected);
    }

    #[test]
    fn what_is_no_json_shows_where_it_goes_wrong_and_nothing_else() {
        let masked = payload(b"{\"name\":\"Ana\" oops");
        assert_eq!(masked["unreadable"], "Syntax, line 1, column 15");
        assert_eq!(masked["text"], "{… (18 characters)");
    }

    #[test]
    fn what_is_little_else_than_values_shows_its_length_alone() {
        let list = |values| format!("[{}]", vec!["{}"; values].join(","));
        assert!(payload(list(MOST_VALUES / 2 - 1).as_bytes()).is_array());
        let dense = list(MOST_VALUES / 2 + 1);
        let masked = payload(dense.as_bytes());
        assert_eq!(masked["unreadable"], "more than 50000 values");
        assert_eq!(masked["text"], format!("[… ({} characters)", dense.len()));
    }

    #[test]
    fn a_failure_quotes_names_of_the_schema_only() {
        let told = r#"violates "messages_account_fk": invalid input "Ana Example" for "x_1"#;
        let shown = r#"violates "messages_account_fk": invalid input "A… (11 characters)" for "x… (3 characters)"#;
        assert_eq!(quotations(told), shown);
    }

    #[test]
    fn no_sentence_survives_under_any_name_nor_a_person_in_any_event() {
        for field in HARMLESS.into_iter().chain(FREE).chain(["name", "unheard_of"]) {
            let secret = "Ana wrote: call me";
            let nested = json!({ field: [{ field: { "current_value": secret } }, secret] });
            let masked = payload(nested.to_string().as_bytes()).to_string();
            assert!(!masked.contains("wrote"), "{field}: {masked}");
        }
        for (event, body) in chatwoot::examples() {
            let masked = payload(body.as_bytes()).to_string();
            assert!(masked.contains(event), "{masked}");
            for secret in ["Ana", "@", "example", "351", "my order", "Harbour", "gold", "Lisbon"] {
                assert!(!masked.contains(secret), "{event}, {secret}: {masked}");
            }
        }
    }
}
