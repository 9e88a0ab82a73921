//! What happened, by reference: bodies are built later, from the state of that moment.

use std::time::Duration;

use serde_json::Value;

use super::rows::Person;

/// One event on its way to the listeners.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    pub account: i64,
    /// The name that webhooks subscribe to, such as `message_created`.
    pub name: &'static str,
    pub subject: Subject,
    /// The `changed_attributes`, recorded when the event happened.
    pub changed: Option<Value>,
    /// How long to wait, beyond the usual time, before the body is built.
    pub held: Duration,
}

#[derive(Debug, Clone)]
pub(crate) enum Subject {
    Conversation { id: i64 },
    Message { conversation: i64, id: i64 },
    Contact { id: i64 },
    Typing { conversation: i64, by: Person, is_private: Value },
    Widget { contact_inbox: i64, conversation: Option<i64>, info: Value },
}

impl Subject {
    /// The record's id or, for typing, its conversation's.
    pub(crate) fn id(&self) -> i64 {
        match self {
            Self::Conversation { id } | Self::Message { id, .. } | Self::Contact { id } => *id,
            Self::Typing { conversation, .. } => *conversation,
            Self::Widget { contact_inbox, .. } => *contact_inbox,
        }
    }
}

/// The twelve names that a webhook may subscribe to.
pub(crate) const SUBSCRIPTIONS: [&str; 12] = [
    "conversation_created",
    "conversation_updated",
    "conversation_status_changed",
    "message_created",
    "message_updated",
    "contact_created",
    "contact_updated",
    "inbox_created",
    "inbox_updated",
    "webwidget_triggered",
    "conversation_typing_on",
    "conversation_typing_off",
];

/// The subscriptions of a webhook that is created without `subscriptions`.
pub(crate) const DEFAULT_SUBSCRIPTIONS: [&str; 8] = [
    "conversation_status_changed",
    "conversation_updated",
    "conversation_created",
    "contact_created",
    "contact_updated",
    "message_created",
    "message_updated",
    "webwidget_triggered",
];
