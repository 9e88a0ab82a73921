//! The rows of the installation, as Chatwoot's tables hold them.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use crate::rest::files;

/// A JSON object column.
pub(crate) type Json = Map<String, Value>;
/// A timestamp column, exact to the microsecond.
pub(crate) type Time = DateTime<Utc>;

/// What belongs to one account. Contacts, inboxes and users have ids that are unique in the whole
/// installation.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    pub id: i64,
    pub name: String,
    pub conversations: BTreeMap<i64, Conversation>,
    pub next_display_id: i64,
    pub teams: Vec<Team>,
    pub labels: Vec<Label>,
    pub canned_responses: Vec<CannedResponse>,
    pub webhooks: Vec<Webhook>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Agent,
    Administrator,
}

impl Role {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::Administrator => "administrator",
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct User {
    pub id: i64,
    pub account_id: i64,
    pub name: String,
    pub email: String,
    pub role: Role,
    pub token: String,
    pub availability: &'static str,
}

#[derive(Debug, Clone)]
pub(crate) struct Bot {
    pub id: i64,
    pub account_id: i64,
    pub name: String,
    pub token: String,
}

#[derive(Debug, Clone)]
pub(crate) struct Inbox {
    pub id: i64,
    pub account_id: i64,
    pub name: String,
    /// `Channel::WebWidget`, `Channel::Api`, `Channel::Email`, `Channel::Whatsapp`…
    pub channel: String,
    pub members: BTreeSet<i64>,
}

#[derive(Debug, Clone)]
pub(crate) struct Contact {
    pub id: i64,
    pub account_id: i64,
    pub name: String,
    pub email: Option<String>,
    pub phone_number: Option<String>,
    pub identifier: Option<String>,
    pub additional_attributes: Json,
    pub custom_attributes: Json,
    pub blocked: bool,
    pub last_activity_at: Option<Time>,
    pub created_at: Time,
    pub updated_at: Time,
}

#[derive(Debug, Clone)]
pub(crate) struct ContactInbox {
    pub id: i64,
    pub contact_id: i64,
    pub inbox_id: i64,
    pub source_id: String,
    pub pubsub_token: String,
    pub created_at: Time,
    pub updated_at: Time,
}

#[derive(Debug, Clone)]
pub(crate) struct Team {
    pub id: i64,
    pub name: String,
    pub description: String,
    pub members: BTreeSet<i64>,
}

#[derive(Debug, Clone)]
pub(crate) struct Label {
    pub id: i64,
    pub title: String,
    pub description: Option<String>,
    pub color: String,
    pub show_on_sidebar: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct CannedResponse {
    pub id: i64,
    pub short_code: String,
    pub content: String,
    pub created_at: Time,
}

#[derive(Debug, Clone)]
pub(crate) struct Webhook {
    pub id: i64,
    pub url: String,
    pub name: Option<String>,
    pub subscriptions: Vec<String>,
    /// `None` for a webhook from before 4.11.2, whose deliveries are not signed.
    pub secret: Option<String>,
}

#[derive(Debug, Clone)]
pub(crate) struct Conversation {
    pub display_id: i64,
    pub uuid: String,
    pub inbox_id: i64,
    pub contact_id: i64,
    pub contact_inbox_id: i64,
    pub status: String,
    pub priority: Option<String>,
    pub assignee_id: Option<i64>,
    /// The bot in place of a user; never beside one.
    pub assignee_bot_id: Option<i64>,
    pub team_id: Option<i64>,
    pub labels: Vec<String>,
    pub additional_attributes: Json,
    pub custom_attributes: Json,
    pub snoozed_until: Option<Time>,
    pub first_reply_created_at: Option<Time>,
    pub waiting_since: Option<Time>,
    pub agent_last_seen_at: Option<Time>,
    pub contact_last_seen_at: Option<Time>,
    pub last_activity_at: Time,
    pub created_at: Time,
    pub updated_at: Time,
    pub messages: BTreeMap<i64, Message>,
}

impl Conversation {
    /// Whom it is assigned to.
    pub(crate) fn assignee(&self) -> Option<Person> {
        self.assignee_bot_id.map(Person::Bot).or(self.assignee_id.map(Person::User))
    }
}

/// The types of messages, with the database's numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MessageType {
    Incoming = 0,
    Outgoing = 1,
    Activity = 2,
    /// Chatwoot's own words to the customer: a greeting, a form, a survey.
    Template = 3,
}

impl MessageType {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Incoming => "incoming",
            Self::Outgoing => "outgoing",
            Self::Activity => "activity",
            Self::Template => "template",
        }
    }
}

/// Who wrote something. Each of the three kinds has its own ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Person {
    Contact(i64),
    User(i64),
    Bot(i64),
}

#[derive(Debug, Clone)]
#[expect(clippy::struct_field_names, reason = "columns keep their names")]
pub(crate) struct Message {
    pub id: i64,
    pub content: Option<String>,
    pub message_type: MessageType,
    pub content_type: String,
    pub content_attributes: Json,
    pub additional_attributes: Json,
    pub private: bool,
    pub status: &'static str,
    pub source_id: Option<String>,
    pub sender: Option<Person>,
    pub attachments: Vec<Attachment>,
    pub created_at: Time,
    pub updated_at: Time,
}

#[derive(Debug, Clone)]
pub(crate) struct Attachment {
    pub id: i64,
    pub file_type: &'static str,
    pub extension: Option<String>,
    pub content_type: Option<String>,
    pub file_name: String,
    pub file_size: u64,
    /// `None` if it is made up when somebody reads it.
    pub content: Option<Bytes>,
}

impl Attachment {
    pub(crate) fn bytes(&self) -> Bytes {
        let made_up = || files::content(self.content_type.as_deref(), self.file_size);
        self.content.clone().unwrap_or_else(made_up)
    }
}
