//! Conversations, in webhook form and in REST's.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Map, Value};

use super::{Assignee, Contact, Message, Priority, Status, Team};
use crate::json::{Json, Object};

/// A snapshot of a conversation.
///
/// Its version is (`updated_at_us`, `last_activity_at`): the newer one wins, equals are the same
/// state, and one without a version never beats one with it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Conversation {
    /// Display id, counted per account. The database id is never shown.
    pub display_id: i64,
    /// Account id, where the body names it.
    pub account_id: Option<i64>,
    /// Inbox id.
    pub inbox_id: Option<i64>,
    /// `Channel::WebWidget`, `Channel::Whatsapp`, …
    pub channel: Option<String>,
    /// Whether the channel's reply window is open.
    pub can_reply: Option<bool>,
    /// State.
    pub status: Option<Status>,
    /// Priority; `None` is a value of its own.
    pub priority: Option<Priority>,
    /// The whole set of labels. Of more than a thousand the first ones in the order of their bytes, and none that is longer
    /// than Chatwoot's can be: it has the same ones, whatever form of the conversation they are read from.
    pub labels: Vec<String>,
    /// Attributes defined by the account.
    pub custom_attributes: Map<String, Value>,
    /// Attributes set by the channel (browser, mail subject).
    pub additional_attributes: Map<String, Value>,
    /// When the snooze ends; absent while snoozed means "when the customer writes".
    pub snoozed_until: Option<DateTime<Utc>>,
    /// When a person first answered.
    pub first_reply_created_at: Option<DateTime<Utc>>,
    /// Since when the customer waits.
    pub waiting_since: Option<DateTime<Utc>>,
    /// When an agent last looked.
    pub agent_last_seen_at: Option<DateTime<Utc>>,
    /// When the customer last looked.
    pub contact_last_seen_at: Option<DateTime<Utc>>,
    /// Time of the newest activity, in whole seconds.
    pub last_activity_at: Option<DateTime<Utc>>,
    /// When it began, in whole seconds.
    pub created_at: Option<DateTime<Utc>>,
    /// Version in microseconds since 1970; absent before Chatwoot 4.0.2.
    pub updated_at_us: Option<i64>,
    /// Unread messages, capped at 10 in webhooks.
    pub unread_count: Option<i64>,
    /// The customer.
    pub contact: Option<Contact>,
    /// The person or bot that it is assigned to.
    pub assignee: Option<Assignee>,
    /// The team that it is assigned to.
    pub team: Option<Team>,
    /// The customer's id in the channel.
    pub contact_source_id: Option<String>,
    /// The newest message when the snapshot was taken, which is **not** the message of the event:
    /// in webhooks the newest public one, in REST of any kind. Use it for its own id only.
    pub newest_message: Option<Message>,
}

/// The most labels that are read of a conversation. Chatwoot keeps a copy of all their names in 20,000 characters, so it
/// has more only if they are shorter than those of people.
const MOST_LABELS: usize = 1_000;
/// The most characters that a label has in Chatwoot.
const LONGEST_LABEL: usize = 255;

impl Conversation {
    /// Reads any form of a conversation; `None` without an id.
    pub fn from_value(value: &Value) -> Option<Self> {
        Self::read(Object::of(value)?)
    }

    pub(crate) fn read(mut object: Object<'_>) -> Option<Self> {
        let display_id = object.int("id")?;
        let account = object.object("account").and_then(|account| account.int("id"));
        let mut meta = object.object("meta").unwrap_or_default();
        let assignee_class = meta.filled("assignee_type");
        let channel = object.filled("channel").or_else(|| meta.filled("channel"));
        // The object around `source_id` also holds the token of the visitor's live session, which is not kept.
        let contact_source_id =
            object.object("contact_inbox").and_then(|row| row.filled("source_id"));
        let newest_message = object.list("messages").into_iter().next();
        let newest_message = newest_message
            .and_then(Object::from_json)
            .and_then(Message::read)
            .map(|mut message| {
                message.conversation_display_id = Some(display_id);
                message
            });
        Some(Self {
            display_id,
            account_id: account.or_else(|| object.int("account_id")),
            inbox_id: object.int("inbox_id"),
            channel,
            can_reply: object.boolean("can_reply"),
            status: Status::read(object.get("status")),
            priority: Priority::read(object.get("priority")),
            labels: labels(&mut object),
            custom_attributes: object.map("custom_attributes"),
            additional_attributes: object.map("additional_attributes"),
            snoozed_until: object.time("snoozed_until"),
            first_reply_created_at: object.time("first_reply_created_at"),
            waiting_since: object.time("waiting_since"),
            agent_last_seen_at: object.time("agent_last_seen_at"),
            contact_last_seen_at: object.time("contact_last_seen_at"),
            last_activity_at: object.time("last_activity_at").or_else(|| object.time("timestamp")),
            created_at: object.time("created_at"),
            updated_at_us: object.micros("updated_at"),
            unread_count: object.int("unread_count"),
            contact: meta.object("sender").and_then(Contact::read),
            assignee: meta
                .object("assignee")
                .and_then(|assignee| Assignee::read(&assignee, assignee_class.as_deref())),
            team: meta.object("team").as_ref().and_then(Team::read),
            contact_source_id,
            newest_message,
        })
    }
}

fn labels(object: &mut Object<'_>) -> Vec<String> {
    let fits = |text: &str| !text.is_empty() && text.chars().nth(LONGEST_LABEL).is_none();
    let texts = object.list("labels").into_iter().filter_map(|label| match label {
        Json::Str(text) if fits(&text) => Some(text.into_owned()),
        _ => None,
    });
    let mut labels: Vec<String> = texts.collect();
    if labels.len() > MOST_LABELS {
        labels.sort_unstable();
        labels.dedup();
        labels.truncate(MOST_LABELS);
    }
    labels
}
