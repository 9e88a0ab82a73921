//! Estimates when a body was built.
//!
//! Chatwoot dates no body, but each body holds instants that only move forward: the conversation's update and last
//! activity, and the newest message. The latest of them orders bodies by when they were built, as finely as can be
//! known. If two bodies have the same, the step and the digest of their [`domain::Version`] decide.

use chatwoot::{Conversation, Message, Webhook};
use chrono::{DateTime, Utc};

/// The latest instant that a conversation's snapshot knows of, in microseconds since 1970; 0 if there is none.
pub fn of_conversation(conversation: &Conversation) -> i64 {
    let newest = conversation.newest_message.as_ref().map_or(0, of_message);
    let activity = conversation.last_activity_at.map_or(0, |at| at.timestamp_micros());
    conversation.updated_at_us.unwrap_or(0).max(activity).max(newest)
}

/// The latest instant that a message knows of itself, in microseconds since 1970; 0 if there is none.
pub fn of_message(message: &Message) -> i64 {
    let created = message.created_at.map_or(0, |at| at.timestamp_micros());
    message.updated_at_us.unwrap_or(0).max(created)
}

/// A time in microseconds, without the part that only some bodies print.
pub fn whole_millis(micros: i64) -> i64 {
    micros - micros.rem_euclid(1000)
}

/// When the event of a webhook happened, if its body says so. The body itself may be newer.
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

/// Converts microseconds since 1970. Returns `None` for 0, or if they are out of range.
pub fn time(micros: i64) -> Option<DateTime<Utc>> {
    if micros == 0 { None } else { DateTime::from_timestamp_micros(micros) }
}
