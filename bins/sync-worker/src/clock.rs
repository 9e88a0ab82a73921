//! When a body was built.
//!
//! Chatwoot dates no body, but each holds instants that only move forward: the conversation's
//! update and last activity, the newest message. The newest of them orders bodies by the time of
//! their building, as finely as can be known; where two have the same, the step and the digest of
//! their [`domain::Version`] decide.

use chatwoot::{Conversation, Message, Webhook};
use chrono::{DateTime, Utc};

/// The newest instant that a conversation's snapshot knows of, in microseconds since 1970; 0: none.
pub fn of_conversation(conversation: &Conversation) -> i64 {
    let newest = conversation.newest_message.as_ref().map_or(0, of_message);
    let activity = conversation.last_activity_at.map_or(0, |at| at.timestamp_micros());
    conversation.updated_at_us.unwrap_or(0).max(activity).max(newest)
}

/// The newest instant that a message knows of itself.
pub fn of_message(message: &Message) -> i64 {
    let created = message.created_at.map_or(0, |at| at.timestamp_micros());
    message.updated_at_us.unwrap_or(0).max(created)
}

/// When what a webhook tells of happened, as far as its body says: the body itself may be younger.
pub fn of_webhook(webhook: &Webhook) -> Option<DateTime<Utc>> {
    let micros = match webhook {
        Webhook::ConversationCreated(event)
        | Webhook::ConversationUpdated(event)
        | Webhook::ConversationStatusChanged(event) => {
            event.changes.updated_at_us().or(event.conversation.updated_at_us)
        }
        Webhook::MessageCreated(event) => event.message.created_at.map(|at| at.timestamp_micros()),
        Webhook::MessageUpdated(event) => event.message.updated_at_us,
        Webhook::ContactUpdated(event) => event.changes.updated_at_us(),
        Webhook::ContactCreated(_)
        | Webhook::WebwidgetTriggered(_)
        | Webhook::TypingOn(_)
        | Webhook::TypingOff(_)
        | Webhook::InboxCreated(_)
        | Webhook::InboxUpdated(_)
        | Webhook::Unknown { .. } => None,
    };
    micros.and_then(time)
}

/// An instant of a clock as a time; none for 0.
pub fn time(micros: i64) -> Option<DateTime<Utc>> {
    if micros == 0 { None } else { DateTime::from_timestamp_micros(micros) }
}
