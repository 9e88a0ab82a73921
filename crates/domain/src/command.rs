//! Commands: what Chatwoot is asked to do. In an outbox row a command is a name and a payload, which is the full wanted
//! state.
//!
//! All but [`Command::SendMessage`] and [`Command::RetryMessage`] may be repeated without harm.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{MessageId, Upload};

/// What is to be done in Chatwoot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "command", content = "payload", rename_all = "snake_case")]
pub enum Command {
    /// Send a reply, or write a note.
    SendMessage(SendMessage),
    /// Set the status.
    SetStatus(SetStatus),
    /// Set or remove the priority.
    SetPriority(SetPriority),
    /// Assign to an agent, or to nobody.
    Assign(Assign),
    /// Assign to a team, or to none.
    SetTeam(SetTeam),
    /// Replace the labels.
    SetLabels(SetLabels),
    /// Replace the custom attributes.
    SetCustomAttributes(SetCustomAttributes),
    /// Delete a message.
    DeleteMessage(DeleteMessage),
    /// Hand a message once more to the customer's channel, which did not deliver it.
    RetryMessage(RetryMessage),
    /// Show that somebody types.
    Typing(Typing),
    /// Say that somebody has seen the conversation.
    MarkRead(MarkRead),
}

/// A reply or a note.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SendMessage {
    /// The text.
    pub content: String,
    /// Only the team sees it.
    pub private: bool,
    /// Chatwoot's number of the message that it replies to.
    pub in_reply_to: Option<i64>,
    /// Its files, in their order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub uploads: Vec<Upload>,
}

/// See [`Command::SetStatus`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SetStatus {
    /// `open`, `resolved`, `pending` or `snoozed`.
    pub status: String,
    /// For `snoozed`: until when; `None` means until the customer writes.
    pub snoozed_until: Option<DateTime<Utc>>,
}

/// See [`Command::SetPriority`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SetPriority {
    /// `low`, `medium`, `high` or `urgent`; `None` removes the priority.
    pub priority: Option<String>,
}

/// See [`Command::Assign`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Assign {
    /// The agent's number in Chatwoot; `None` assigns nobody.
    pub assignee_id: Option<i64>,
}

/// See [`Command::SetTeam`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SetTeam {
    /// The team's number in Chatwoot; `None` assigns no team.
    pub team_id: Option<i64>,
}

/// See [`Command::SetLabels`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SetLabels {
    /// The whole new set.
    pub labels: Vec<String>,
}

/// See [`Command::SetCustomAttributes`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SetCustomAttributes {
    /// The whole new set.
    pub custom_attributes: Map<String, Value>,
}

/// See [`Command::DeleteMessage`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeleteMessage {
    /// Our own id of the message.
    pub message_id: MessageId,
}

/// See [`Command::RetryMessage`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RetryMessage {
    /// Our own id of the message.
    pub message_id: MessageId,
}

/// See [`Command::Typing`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Typing {
    /// Whether somebody began to type, or stopped.
    pub on: bool,
    /// Whether it is a note that is being typed.
    pub private: bool,
}

/// See [`Command::MarkRead`].
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MarkRead {
    /// Chatwoot's number of the customer's newest message that was there to be read, 0 if there was none. Commands of
    /// older programs lack it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub up_to: Option<i64>,
}

/// An outbox row that this program cannot carry out.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// A newer program asked for it, so a newer worker will know it.
    #[error("this program does not know the command {0:?}")]
    UnknownCommand(String),
    /// The payload does not fit the command.
    #[error("the payload of {command} cannot be read")]
    Payload {
        /// Which command.
        command: String,
        /// Why not.
        source: serde_json::Error,
    },
}

impl Command {
    /// The name of [`Command::SendMessage`].
    pub const SEND_MESSAGE: &'static str = "send_message";
    /// The name of [`Command::DeleteMessage`].
    pub const DELETE_MESSAGE: &'static str = "delete_message";
    /// The name of [`Command::RetryMessage`].
    pub const RETRY_MESSAGE: &'static str = "retry_message";
    /// The name of [`Command::Typing`].
    pub const TYPING: &'static str = "typing";
    /// The name of [`Command::MarkRead`].
    pub const MARK_READ: &'static str = "mark_read";

    const SET_STATUS: &'static str = "set_status";
    const SET_PRIORITY: &'static str = "set_priority";
    const ASSIGN: &'static str = "assign";
    const SET_TEAM: &'static str = "set_team";
    const SET_LABELS: &'static str = "set_labels";
    const SET_CUSTOM_ATTRIBUTES: &'static str = "set_custom_attributes";

    const NAMES: [&'static str; 11] = [
        Self::SEND_MESSAGE,
        Self::SET_STATUS,
        Self::SET_PRIORITY,
        Self::ASSIGN,
        Self::SET_TEAM,
        Self::SET_LABELS,
        Self::SET_CUSTOM_ATTRIBUTES,
        Self::DELETE_MESSAGE,
        Self::RETRY_MESSAGE,
        Self::TYPING,
        Self::MARK_READ,
    ];

    /// The command's name in an outbox row.
    pub fn name(&self) -> &'static str {
        match self {
            Self::SendMessage(_) => Self::SEND_MESSAGE,
            Self::SetStatus(_) => Self::SET_STATUS,
            Self::SetPriority(_) => Self::SET_PRIORITY,
            Self::Assign(_) => Self::ASSIGN,
            Self::SetTeam(_) => Self::SET_TEAM,
            Self::SetLabels(_) => Self::SET_LABELS,
            Self::SetCustomAttributes(_) => Self::SET_CUSTOM_ATTRIBUTES,
            Self::DeleteMessage(_) => Self::DELETE_MESSAGE,
            Self::RetryMessage(_) => Self::RETRY_MESSAGE,
            Self::Typing(_) => Self::TYPING,
            Self::MarkRead(_) => Self::MARK_READ,
        }
    }

    /// The command's payload in an outbox row.
    pub fn payload(&self) -> Value {
        match self {
            Self::SendMessage(wanted) => json!(wanted),
            Self::SetStatus(wanted) => json!(wanted),
            Self::SetPriority(wanted) => json!(wanted),
            Self::Assign(wanted) => json!(wanted),
            Self::SetTeam(wanted) => json!(wanted),
            Self::SetLabels(wanted) => json!(wanted),
            Self::SetCustomAttributes(wanted) => json!(wanted),
            Self::DeleteMessage(wanted) => json!(wanted),
            Self::RetryMessage(wanted) => json!(wanted),
            Self::Typing(wanted) => json!(wanted),
            Self::MarkRead(wanted) => json!(wanted),
        }
    }

    /// Whether a command is of use only at its moment. Such a command is tried once, and nobody is told what became of
    /// it.
    pub fn is_momentary(name: &str) -> bool {
        matches!(name, Self::TYPING | Self::MARK_READ)
    }

    /// Reads a command from the name and the payload of an outbox row.
    pub fn read(name: &str, payload: &Value) -> Result<Self, Unreadable> {
        if !Self::NAMES.contains(&name) {
            return Err(Unreadable::UnknownCommand(name.to_owned()));
        }
        let row = json!({ "command": name, "payload": payload });
        serde_json::from_value(row)
            .map_err(|source| Unreadable::Payload { command: name.to_owned(), source })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The form of rows that wait while programs are updated: changing it breaks the older or the newer ones.
    #[test]
    fn each_command_is_written_and_read_in_the_form_that_it_has_always_had() {
        let id = MessageId::generate();
        let until = "2026-10-07T08:00:00Z";
        let upload = json!({ "id": id, "key": "t/k", "fileName": "a.png", "contentType": "image/png",
                             "fileSize": 7 });
        for (name, payload) in [
            ("send_message", json!({ "content": "Hello", "inReplyTo": 9, "private": false })),
            (
                "send_message",
                json!({ "content": "", "inReplyTo": null, "private": true, "uploads": [upload] }),
            ),
            ("set_status", json!({ "status": "snoozed", "snoozedUntil": until })),
            ("set_status", json!({ "status": "open", "snoozedUntil": null })),
            ("set_priority", json!({ "priority": null })),
            ("assign", json!({ "assigneeId": 3 })),
            ("set_team", json!({ "teamId": null })),
            ("set_labels", json!({ "labels": ["vip"] })),
            ("set_custom_attributes", json!({ "customAttributes": { "tier": 2 } })),
            ("delete_message", json!({ "messageId": id })),
            ("retry_message", json!({ "messageId": id })),
            ("typing", json!({ "on": true, "private": false })),
            ("mark_read", json!({ "upTo": 17 })),
            ("mark_read", json!({})),
        ] {
            let command = Command::read(name, &payload).unwrap();
            assert_eq!((command.name(), command.payload()), (name, payload));
        }
    }

    #[test]
    fn what_is_unknown_is_told_from_what_is_malformed() {
        let unknown = Command::read("set_mood", &json!({})).unwrap_err();
        assert!(matches!(unknown, Unreadable::UnknownCommand(_)));
        let malformed = Command::read("set_labels", &json!({ "labels": 7 })).unwrap_err();
        assert!(matches!(malformed, Unreadable::Payload { .. }));
    }
}
