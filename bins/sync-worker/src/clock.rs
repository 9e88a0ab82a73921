//! Estimates when a body was built.
//!
//! Chatwoot dates no body, but each body holds instants that only move forward: the conversation's update and last
//! activity, and the newest message. The latest of them orders bodies by when they were built, as finely as can be
//! known. If two bodies have the same, the step and the digest of their [`domain::Version`] decide.
//!
//! Nothing happens after it was heard of, so an instant that is ahead of that ([`AHEAD`]) is a clock's mistake and counts
//! as none: it would win over all that happens until then. The receipt's time does not take its place, since a body that
//! is received twice has two of them.

use chatwoot::{Conversation, Message, Webhook};
use chrono::{DateTime, TimeDelta, Utc};

/// A time that is later than the receipt by more than this is a clock's mistake. Earlier versions of this program
/// believed it. The statements that merge snapshots let any snapshot win over a row which is ahead by that much.
pub const AHEAD: TimeDelta = TimeDelta::days(1);

/// Whether something that was heard of at `heard_at` cannot have happened at that time.
pub fn is_ahead(at: DateTime<Utc>, heard_at: DateTime<Utc>) -> bool {
    at - heard_at > AHEAD
}

/// The instant, in microseconds since 1970, unless it is ahead of `heard_at`.
pub fn credible(micros: i64, heard_at: DateTime<Utc>) -> Option<i64> {
    let ahead = time(micros).is_some_and(|at| is_ahead(at, heard_at));
    (!ahead).then_some(micros)
}

/// The latest instant that a conversation's snapshot, heard at `heard_at`, knows of, in microseconds since 1970; 0 if
/// there is none.
pub fn of_conversation(conversation: &Conversation, heard_at: DateTime<Utc>) -> i64 {
    let newest = conversation.newest_message.as_ref().map(|newest| of_message(newest, heard_at));
    let activity = conversation.last_activity_at.map(|at| at.timestamp_micros());
    latest([conversation.updated_at_us, activity, newest], heard_at)
}

/// The latest instant that a message, heard of at `heard_at`, knows of itself, in microseconds since 1970; 0 if there is
/// none.
pub fn of_message(message: &Message, heard_at: DateTime<Utc>) -> i64 {
    let created = message.created_at.map(|at| at.timestamp_micros());
    latest([message.updated_at_us, created], heard_at)
}

fn latest<const N: usize>(instants: [Option<i64>; N], heard_at: DateTime<Utc>) -> i64 {
    let credible = instants.into_iter().flatten().filter_map(|at| credible(at, heard_at));
    credible.max().unwrap_or(0)
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
