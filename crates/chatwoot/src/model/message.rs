//! Messages: the top level of message events, the entries of `messages[]`, and REST's.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Map, Value};

use super::{Attachment, MessageStatus, MessageType, Sender};
use crate::json::{Json, Object, PRINTED};

/// A message, private notes included.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Message {
    /// Message id, unique in one installation and growing.
    pub id: i64,
    /// Display id of its conversation.
    pub conversation_display_id: Option<i64>,
    /// Inbox id.
    pub inbox_id: Option<i64>,
    /// Direction or kind.
    pub message_type: Option<MessageType>,
    /// Text, as it is printed: webhooks and REST print breaks, escapes and the end of it otherwise.
    pub content: Option<String>,
    /// `text`, `input_select`, `cards`, `form`, `incoming_email`, `input_csat`, …
    pub content_type: Option<String>,
    /// Everything else about it: replies, mail, forms, errors, and our marker.
    pub content_attributes: Map<String, Value>,
    /// Whether it is a note among colleagues; false if absent.
    pub private: bool,
    /// Delivery state; message events do not have it themselves.
    pub status: Option<MessageStatus>,
    /// Who wrote it; absent for what Chatwoot wrote.
    pub sender: Option<Sender>,
    /// The channel's own id of it.
    pub source_id: Option<String>,
    /// When it was written.
    pub created_at: Option<DateTime<Utc>>,
    /// Version in microseconds since 1970; only entries of `messages[]` have one.
    pub updated_at_us: Option<i64>,
    /// Files, places and cards.
    pub attachments: Vec<Attachment>,
    /// Campaign and template parameters.
    pub additional_attributes: Map<String, Value>,
}

impl Message {
    /// Reads any form of a message; `None` without an id.
    pub fn from_value(value: &Value) -> Option<Self> {
        Self::read(Object::of(value)?)
    }

    pub(crate) fn read(mut object: Object<'_>) -> Option<Self> {
        let class = object.filled("sender_type");
        let sender = object.object("sender");
        let inbox_id = object.int("inbox_id");
        Some(Self {
            id: object.int("id")?,
            conversation_display_id: object.int("conversation_id"),
            inbox_id,
            message_type: MessageType::read(object.get("message_type")),
            content: object.text("content"),
            content_type: object.filled("content_type"),
            content_attributes: content_attributes(&mut object),
            private: object.boolean("private").unwrap_or(false),
            status: MessageStatus::read(object.get("status")),
            sender: sender.and_then(|sender| Sender::read(sender, class.as_deref())),
            source_id: object.filled("source_id"),
            created_at: object.time("created_at"),
            updated_at_us: object.micros("updated_at"),
            attachments: object
                .list("attachments")
                .into_iter()
                .filter_map(Object::from_json)
                .map(Attachment::read)
                .collect(),
            additional_attributes: object.map("additional_attributes"),
        })
    }

    /// Whether somebody deleted it. Then its text is a fixed sentence, and every other attribute,
    /// the marker too, is gone.
    pub fn deleted(&self) -> bool {
        matches!(self.content_attributes.get("deleted"), Some(Value::Bool(true)))
    }

    /// Why the channel refused it.
    pub fn external_error(&self) -> Option<&str> {
        self.content_attributes.get("external_error")?.as_str().filter(|text| !text.is_empty())
    }

    /// The operation of ours that made it: `content_attributes.axis.op`.
    pub fn marker(&self) -> Option<&str> {
        self.content_attributes.get("axis")?.get("op")?.as_str()
    }

    /// What the customer answered: a list of `{name, title, value}` for forms and selections, an
    /// object with `csat_survey_response` for surveys.
    pub fn submitted_values(&self) -> Option<&Value> {
        self.content_attributes.get("submitted_values").filter(|value| !value.is_null())
    }

    /// Id of the message that it replies to.
    pub fn in_reply_to(&self) -> Option<i64> {
        crate::json::int(&self.content_attributes.get("in_reply_to")?.into())
    }
}

/// The object, which some versions print as the text of an object. What is in that text was counted with the body
/// ([`crate::json::all_values`]), if the object is the first thing in it.
fn content_attributes(object: &mut Object<'_>) -> Map<String, Value> {
    if let Some(Json::Str(text)) = object.get(PRINTED)
        && text.starts_with('{')
    {
        let object = crate::json::parse(text.as_bytes(), |read| {
            Object::from_json(read).map(Object::into_map)
        });
        return object.ok().flatten().unwrap_or_default();
    }
    object.map(PRINTED)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The content attributes of a message with this object, as an object and as the text of one.
    fn both(object: &str) -> [Map<String, Value>; 2] {
        let text = json!(object);
        [object, &text.to_string()].map(|attributes| {
            let body = format!(r#"{{"id":7,"content_attributes":{attributes}}}"#);
            let message = crate::json::parse(body.as_bytes(), |value| {
                Message::read(Object::from_json(value).unwrap()).unwrap()
            });
            message.unwrap().content_attributes
        })
    }

    #[test]
    fn attributes_within_a_text_are_repaired_like_others() {
        for (object, expected) in [
            (r#"{"deleted":true}"#, json!({ "deleted": true })),
            (r#"{"deleted":true,"a":"\u0000b"}"#, json!({ "deleted": true, "a": "\u{FFFD}b" })),
            (r#"{"in_reply_to":9,"a":"\ud83dx"}"#, json!({ "in_reply_to": 9, "a": "\u{FFFD}x" })),
            (
                r#"{"a":1e999,"a\u0000":[{"b":"\ud83d\ude00"}]}"#,
                json!({ "a": null, "a\u{FFFD}": [{ "b": "😀" }] }),
            ),
        ] {
            let [printed, within_a_text] = both(object);
            assert_eq!(Value::Object(printed), expected, "{object}");
            assert_eq!(Value::Object(within_a_text), expected, "{object}");
        }
    }
}
