//! From bytes to events.

use std::mem;

use super::account;
use super::event::{
    ContactEvent, ConversationEvent, InboxEvent, MessageEvent, TypingEvent, Webhook, WidgetEvent,
};
use crate::json::{Json, MOST_VALUES, Object, are_too_many, parse};
use crate::model::{Account, Changes, Contact, Conversation, Inbox, Message, Sender};

/// Why a body cannot be applied. Trying again changes nothing.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// The bytes are not one JSON document, or it nests beyond 127 levels.
    #[error("the body is not JSON")]
    NotJson(#[source] serde_json::Error),
    /// It has more than [`MOST_VALUES`] values, for which it would need far more memory than it has bytes.
    #[error("the body has more than {MOST_VALUES} values")]
    TooManyValues,
    /// It is JSON, but not an object.
    #[error("the body must be a JSON object")]
    NotAnObject,
    /// There is no event name.
    #[error("the body must name its event in a string `event`")]
    NoEvent,
    /// What the event is about has no id.
    #[error("the {event} body has no integer `{field}`")]
    Missing {
        /// Chatwoot's name of the event.
        event: &'static str,
        /// Path of the absent field.
        field: &'static str,
    },
}

/// Reads a webhook body completely.
///
/// # Errors
/// Only for a body that is not a JSON object with an `event`, that lacks the id of the message, conversation or contact
/// that it is about, or that has more than [`MOST_VALUES`] values.
pub fn decode(body: &[u8]) -> Result<Webhook, DecodeError> {
    if are_too_many(body) {
        return Err(DecodeError::TooManyValues);
    }
    parse(body, event).map_err(DecodeError::NotJson)?
}

fn event(body: Json<'_>) -> Result<Webhook, DecodeError> {
    let mut body = Object::from_json(body).ok_or(DecodeError::NotAnObject)?;
    let Some(Json::Str(event)) = body.take("event") else { return Err(DecodeError::NoEvent) };
    let account = account::find(&body);
    Ok(match &*event {
        "conversation_created" => {
            Webhook::ConversationCreated(conversation(body, account, "conversation_created")?)
        }
        "conversation_updated" => {
            Webhook::ConversationUpdated(conversation(body, account, "conversation_updated")?)
        }
        "conversation_status_changed" => Webhook::ConversationStatusChanged(conversation(
            body,
            account,
            "conversation_status_changed",
        )?),
        "message_created" => Webhook::MessageCreated(message(body, account, "message_created")?),
        "message_updated" => Webhook::MessageUpdated(message(body, account, "message_updated")?),
        "contact_created" => Webhook::ContactCreated(contact(body, account, "contact_created")?),
        "contact_updated" => Webhook::ContactUpdated(contact(body, account, "contact_updated")?),
        "inbox_created" => Webhook::InboxCreated(InboxEvent { account }),
        "inbox_updated" => Webhook::InboxUpdated(InboxEvent { account }),
        "webwidget_triggered" => Webhook::WebwidgetTriggered(widget(body, account)),
        "conversation_typing_on" => {
            Webhook::TypingOn(typing(body, account, "conversation_typing_on")?)
        }
        "conversation_typing_off" => {
            Webhook::TypingOff(typing(body, account, "conversation_typing_off")?)
        }
        _ => Webhook::Unknown { event: event.into_owned() },
    })
}

fn conversation(
    mut body: Object<'_>,
    account: Option<Account>,
    event: &'static str,
) -> Result<ConversationEvent, DecodeError> {
    let changes = changes(&mut body);
    let conversation =
        Conversation::read(body).map(|conversation| belongs(conversation, account.as_ref()));
    let conversation = conversation.ok_or(DecodeError::Missing { event, field: "id" })?;
    Ok(ConversationEvent { account, conversation, changes })
}

fn message(
    mut body: Object<'_>,
    account: Option<Account>,
    event: &'static str,
) -> Result<MessageEvent, DecodeError> {
    let changes = changes(&mut body);
    let inbox = body.object("inbox").as_ref().and_then(Inbox::read);
    let conversation = nested_conversation(&mut body, "conversation", account.as_ref());
    let mut message = Message::read(body).ok_or(DecodeError::Missing { event, field: "id" })?;
    let conversation =
        conversation.ok_or(DecodeError::Missing { event, field: "conversation.id" })?;

    let mut printed = None;
    message.conversation_display_id = Some(conversation.display_id);
    message.inbox_id =
        message.inbox_id.or(inbox.as_ref().map(|inbox| inbox.id)).or(conversation.inbox_id);
    if let Some(same) = conversation.newest_message.as_ref().filter(|m| m.id == message.id) {
        message.status = message.status.or_else(|| same.status.clone());
        message.updated_at_us = message.updated_at_us.or(same.updated_at_us);
        // Some versions print the text here as its channel gets it, and only there as it was written. A survey has its
        // link only here.
        let is_survey = message.content_type.as_deref() == Some("input_csat");
        if same.content.is_some() && same.content != message.content && !is_survey {
            printed = Some(mem::replace(&mut message.content, same.content.clone()).into());
        }
    }
    Ok(MessageEvent { account, message, printed, conversation, inbox, changes })
}

fn contact(
    mut body: Object<'_>,
    account: Option<Account>,
    event: &'static str,
) -> Result<ContactEvent, DecodeError> {
    let changes = changes(&mut body);
    let contact = Contact::read(body).ok_or(DecodeError::Missing { event, field: "id" })?;
    Ok(ContactEvent { account, contact, changes })
}

fn widget(mut body: Object<'_>, account: Option<Account>) -> WidgetEvent {
    WidgetEvent {
        contact_inbox_id: body.int("id"),
        contact: body.object("contact").and_then(Contact::read),
        inbox: body.object("inbox").as_ref().and_then(Inbox::read),
        conversation: nested_conversation(&mut body, "current_conversation", account.as_ref()),
        source_id: body.filled("source_id"),
        event_info: body.map("event_info"),
        account,
    }
}

fn typing(
    mut body: Object<'_>,
    account: Option<Account>,
    event: &'static str,
) -> Result<TypingEvent, DecodeError> {
    let conversation = nested_conversation(&mut body, "conversation", account.as_ref());
    Ok(TypingEvent {
        user: body.object("user").and_then(|user| Sender::read(user, None)),
        private: body.boolean("is_private").unwrap_or(false),
        conversation: conversation
            .ok_or(DecodeError::Missing { event, field: "conversation.id" })?,
        account,
    })
}

fn changes(body: &mut Object<'_>) -> Changes {
    Changes::read(body.take("changed_attributes").map(Into::into))
}

fn nested_conversation(
    body: &mut Object<'_>,
    key: &str,
    account: Option<&Account>,
) -> Option<Conversation> {
    let conversation = body.object(key).and_then(Conversation::read)?;
    Some(belongs(conversation, account))
}

/// Gives a conversation the account that the body names, if it names none itself.
fn belongs(mut conversation: Conversation, account: Option<&Account>) -> Conversation {
    conversation.account_id = conversation.account_id.or(account.map(|account| account.id));
    conversation
}
