//! The reconciler's own events: what was read from Chatwoot, verbatim, and what it was compared with.
//!
//! They take the same way as all events, so they are applied, announced, dead-lettered and replayed like a webhook's.
//! The header `Axis-Origin`, which no webhook can set, tells them apart.

use chrono::{DateTime, SecondsFormat, Utc};
use domain::Version;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::clock;

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
    /// Something that no longer exists.
    #[serde(rename = "reconciled_gone")]
    Gone(Gone),
}

/// A conversation that was read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ConversationRead {
    /// The conversation, as Chatwoot sent it.
    pub conversation: Value,
    /// What its row was like. `None` if it is included only for its messages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found: Option<Found>,
    /// Whether its messages are history, which is not announced.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub quiet: bool,
    /// Messages whose rows are missing or different, read after the conversation.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub messages: Vec<MessageRead>,
}

/// A message that was read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct MessageRead {
    /// The message, as Chatwoot sent it.
    pub message: Value,
    /// What its row was like.
    pub found: Found,
    /// When the newest delivery report in the row was made, in microseconds since 1970, if the response shows another
    /// one; 0 otherwise.
    #[serde(default)]
    pub delivery_over: i64,
    /// Whether its failed delivery is news, because the row did not show it or it was never announced.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub failed: bool,
}

/// A contact that was read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ContactRead {
    /// The contact, as Chatwoot sent it.
    pub contact: Value,
    /// What its row was like.
    pub found: Found,
    /// The latest instant that the response knew of, in microseconds since 1970; 0 if there is none.
    #[serde(default)]
    pub at: i64,
}

/// What a row was like when it was compared.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Found {
    /// Whether there was no row, or it was thought to be gone, or it had never been announced.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub missing: bool,
    /// The row's version, if the row differed or was gone and had not changed since before the request. Then the
    /// response is newer, whatever its timestamps say. Contacts always have it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub over: Option<Version>,
    /// The differences, in the form of a webhook's `changed_attributes`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub changed_attributes: Vec<Value>,
}

impl Found {
    /// There was no row.
    pub(crate) fn missing() -> Self {
        Self { missing: true, ..Self::default() }
    }

    /// The version of what was read, given its `own` version by its timestamps. A row's version that is ahead of when
    /// this was heard of gives way to any.
    pub(crate) fn version(&self, own: Version, heard_at: DateTime<Utc>) -> Version {
        let over = self.over.filter(|over| clock::credible(over.at, heard_at).is_some());
        over.map_or(own, |over| own.max(over.next()))
    }
}

/// A conversation or contact that no longer exists in Chatwoot. Exactly one of the two numbers is set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Gone {
    /// The display id of the conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation: Option<i64>,
    /// When the conversation was created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<DateTime<Utc>>,
    /// The number of the contact.
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

/// Removes from a conversation what is described elsewhere, and the visitor's token. Its version is written as text: a
/// fraction of seconds that is printed and read again may be a microsecond off.
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
