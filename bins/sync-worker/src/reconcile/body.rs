//! Events of our own: what was read in Chatwoot, in its own words, and what it was compared with.
//!
//! They take the way of all events, so that they are applied, announced, dead-lettered and replayed
//! like a webhook's; the header `Axis-Origin` tells them apart, which no webhook can set.

use chrono::{DateTime, SecondsFormat, Utc};
use domain::Version;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The origin of these events.
pub const ORIGIN: &str = "reconciler";

/// What was found in Chatwoot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event")]
pub(crate) enum Body {
    /// A conversation, and messages of it.
    #[serde(rename = "reconciled_conversation")]
    Conversation(ConversationRead),
    /// A contact.
    #[serde(rename = "reconciled_contact")]
    Contact(ContactRead),
    /// Something is not there any more.
    #[serde(rename = "reconciled_gone")]
    Gone(Gone),
}

/// A conversation as it was read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ConversationRead {
    /// Chatwoot's words.
    pub conversation: Value,
    /// What its row was like; none: it is here because its messages are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found: Option<Found>,
    /// Its messages are history, and no news to anybody.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub quiet: bool,
    /// Messages whose rows are missing or different, read after the conversation.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub messages: Vec<MessageRead>,
}

/// A message as it was read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct MessageRead {
    /// Chatwoot's words.
    pub message: Value,
    /// What its row was like.
    pub found: Found,
    /// Microseconds since 1970 of the newest report on its delivery that the row shows, where the
    /// answer shows another one.
    #[serde(default)]
    pub delivery_over: i64,
    /// That it was not delivered is news: the row did not show it, or nobody was told.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub failed: bool,
}

/// A contact as it was read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ContactRead {
    /// Chatwoot's words.
    pub contact: Value,
    /// What its row was like.
    pub found: Found,
    /// The newest instant that the answer knew of, in microseconds since 1970; 0: none.
    #[serde(default)]
    pub at: i64,
}

/// What a row was like when it was compared.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Found {
    /// There was none, it was held to be gone, or nobody had been told of it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub missing: bool,
    /// The row's version, if the row differed or was gone and had been stable for longer than the request took; then the
    /// answer is newer, whatever its timestamps. Contacts always carry it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub over: Option<Version>,
    /// What was different, as a webhook's `changed_attributes`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub changed_attributes: Vec<Value>,
}

impl Found {
    /// There was no row.
    pub(crate) fn missing() -> Self {
        Self { missing: true, ..Self::default() }
    }

    /// The version of what was read, given the one that its instants amount to.
    pub(crate) fn version(&self, own: Version) -> Version {
        self.over.map_or(own, |over| own.max(over.next()))
    }
}

/// Chatwoot does not know it any more. Exactly one of the numbers is there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Gone {
    /// Display id of a conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation: Option<i64>,
    /// When the conversation was created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<DateTime<Utc>>,
    /// Number of a contact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<i64>,
    /// When it was noticed, in microseconds since 1970.
    pub at: i64,
}

impl Body {
    /// The event's name, which has a subject of its own (`events::subject`).
    pub(crate) fn event(&self) -> &'static str {
        match self {
            Self::Conversation(_) => "reconciled_conversation",
            Self::Contact(_) => "reconciled_contact",
            Self::Gone(_) => "reconciled_gone",
        }
    }
}

/// Takes out of a conversation's words what is told elsewhere, and the visitor's token. Its version is
/// written as text: a fraction of seconds that is printed and read again may be a microsecond off.
pub(crate) fn trimmed(mut conversation: Value, updated_at_us: Option<i64>) -> Value {
    if let Some(fields) = conversation.as_object_mut() {
        for told_elsewhere in ["messages", "last_non_activity_message", "contact_inbox"] {
            fields.remove(told_elsewhere);
        }
        if let Some(time) = updated_at_us.and_then(DateTime::from_timestamp_micros) {
            let text = time.to_rfc3339_opts(SecondsFormat::Micros, true);
            fields.insert("updated_at".to_owned(), text.into());
        }
    }
    conversation
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_body_names_its_event_and_reads_back() {
        let over = Some(Version { at: 1, step: 2, digest: -3 });
        let body = Body::Conversation(ConversationRead {
            conversation: json!({ "id": 7 }),
            found: Some(Found { over, ..Found::default() }),
            quiet: true,
            messages: vec![MessageRead {
                message: json!({ "id": 9 }),
                found: Found::missing(),
                delivery_over: 0,
                failed: true,
            }],
        });
        let written = serde_json::to_value(&body).unwrap();
        assert_eq!(written["event"], body.event());
        assert_eq!(serde_json::from_value::<Body>(written).unwrap(), body);
    }
}
