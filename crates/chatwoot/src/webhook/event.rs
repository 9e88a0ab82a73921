//! The events, decoded.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::model::{Account, Changes, Contact, Conversation, Inbox, Message, Sender};

/// A decoded webhook body.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Webhook {
    /// A conversation began; may come after its first message, and after updates.
    ConversationCreated(ConversationEvent),
    /// Something about a conversation changed.
    ConversationUpdated(ConversationEvent),
    /// The status changed. This event may be missing, and then only an update says so.
    ConversationStatusChanged(ConversationEvent),
    /// A message or note was written.
    MessageCreated(MessageEvent),
    /// Status, error, deletion, answers or translation of a message changed.
    MessageUpdated(MessageEvent),
    /// A customer is new.
    ContactCreated(ContactEvent),
    /// A customer changed, if only by writing.
    ContactUpdated(ContactEvent),
    /// An inbox is new.
    InboxCreated(InboxEvent),
    /// An inbox changed.
    InboxUpdated(InboxEvent),
    /// A visitor opened the widget.
    WebwidgetTriggered(WidgetEvent),
    /// Somebody types.
    TypingOn(TypingEvent),
    /// Somebody stopped typing.
    TypingOff(TypingEvent),
    /// An event that this version does not know.
    Unknown {
        /// Its name.
        event: String,
    },
}

/// What happened to a conversation.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ConversationEvent {
    /// The account; absent in old versions.
    pub account: Option<Account>,
    /// The state, moments after the event.
    pub conversation: Conversation,
    /// What changed.
    pub changes: Changes,
}

/// What happened to a message.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MessageEvent {
    /// The account.
    pub account: Option<Account>,
    /// The message. Its status and version are taken from the conversation's newest message if that
    /// is the same one; otherwise the body does not tell them. So is its text, if it is there.
    pub message: Message,
    /// What the body prints as the message's text itself, a string or null, if that is another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub printed: Option<Value>,
    /// A snapshot of its conversation, with a version of its own.
    pub conversation: Conversation,
    /// The inbox.
    pub inbox: Option<Inbox>,
    /// What changed; no released version fills it.
    pub changes: Changes,
}

/// What happened to a contact.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ContactEvent {
    /// The account.
    pub account: Option<Account>,
    /// The contact.
    pub contact: Contact,
    /// What changed.
    pub changes: Changes,
}

/// What happened to an inbox. The body names neither the inbox nor the account, and is full of the
/// channel's tokens: nothing else of it is kept.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct InboxEvent {
    /// The account, should a version name it.
    pub account: Option<Account>,
}

/// A visitor opened the widget.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WidgetEvent {
    /// The account.
    pub account: Option<Account>,
    /// Id of the visitor's contact inbox.
    pub contact_inbox_id: Option<i64>,
    /// The visitor.
    pub contact: Option<Contact>,
    /// The inbox.
    pub inbox: Option<Inbox>,
    /// The visitor's conversation, if one is open.
    pub conversation: Option<Conversation>,
    /// The visitor's id in the channel.
    pub source_id: Option<String>,
    /// Page, language and browser.
    pub event_info: Map<String, Value>,
}

/// Somebody types, or stopped.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TypingEvent {
    /// The account; only the conversation or the contact names it.
    pub account: Option<Account>,
    /// Who.
    pub user: Option<Sender>,
    /// Where.
    pub conversation: Conversation,
    /// Whether it is a note.
    pub private: bool,
}

impl Webhook {
    /// Chatwoot's name of the event.
    pub fn event(&self) -> &str {
        match self {
            Self::ConversationCreated(_) => "conversation_created",
            Self::ConversationUpdated(_) => "conversation_updated",
            Self::ConversationStatusChanged(_) => "conversation_status_changed",
            Self::MessageCreated(_) => "message_created",
            Self::MessageUpdated(_) => "message_updated",
            Self::ContactCreated(_) => "contact_created",
            Self::ContactUpdated(_) => "contact_updated",
            Self::InboxCreated(_) => "inbox_created",
            Self::InboxUpdated(_) => "inbox_updated",
            Self::WebwidgetTriggered(_) => "webwidget_triggered",
            Self::TypingOn(_) => "conversation_typing_on",
            Self::TypingOff(_) => "conversation_typing_off",
            Self::Unknown { event } => event,
        }
    }

    /// Id of the account, if the body names it anywhere.
    pub fn account_id(&self) -> Option<i64> {
        let account = match self {
            Self::ConversationCreated(event)
            | Self::ConversationUpdated(event)
            | Self::ConversationStatusChanged(event) => &event.account,
            Self::MessageCreated(event) | Self::MessageUpdated(event) => &event.account,
            Self::ContactCreated(event) | Self::ContactUpdated(event) => &event.account,
            Self::InboxCreated(event) | Self::InboxUpdated(event) => &event.account,
            Self::WebwidgetTriggered(event) => &event.account,
            Self::TypingOn(event) | Self::TypingOff(event) => &event.account,
            Self::Unknown { .. } => &None,
        };
        account.as_ref().map(|account| account.id)
    }

    /// Display id of the conversation that the event is about.
    pub fn conversation_display_id(&self) -> Option<i64> {
        match self {
            Self::ConversationCreated(event)
            | Self::ConversationUpdated(event)
            | Self::ConversationStatusChanged(event) => Some(event.conversation.display_id),
            Self::MessageCreated(event) | Self::MessageUpdated(event) => {
                Some(event.conversation.display_id)
            }
            Self::TypingOn(event) | Self::TypingOff(event) => Some(event.conversation.display_id),
            Self::WebwidgetTriggered(event) => event.conversation.as_ref().map(|c| c.display_id),
            _ => None,
        }
    }
}
