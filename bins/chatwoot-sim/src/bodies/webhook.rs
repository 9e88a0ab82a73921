//! Webhook bodies, printed from the state of the moment.

use serde_json::{Value, json};

use super::push;
use super::text::{normalised, rendered};
use super::times::{float, iso, seconds};
use crate::model::{
    Account, Contact, ContactInbox, Conversation, Event, Message, MessageType, Person, Subject,
    World,
};

/// Builds the body of an event. Returns `None` if its record is gone, in which case nothing is sent.
pub(crate) fn event(world: &World, event: &Event) -> Option<Value> {
    let account = world.accounts.get(&event.account)?;
    let mut body = match &event.subject {
        Subject::Conversation { id } => {
            let mut body = conversation(world, account, account.conversations.get(id)?);
            if event.name != "conversation_created" {
                body["changed_attributes"] = json!(event.changed);
            }
            body
        }
        Subject::Message { conversation, id } => {
            let row = account.conversations.get(conversation)?;
            message(world, account, row, row.messages.get(id)?)
        }
        Subject::Contact { id } => {
            let mut body = contact(account, world.contacts.get(id)?);
            if let Some(changed) = &event.changed {
                body["changed_attributes"] = changed.clone();
            }
            body
        }
        Subject::Typing { conversation: id, by, is_private } => json!({
            "user": person(world, account, *by)?,
            "conversation": conversation(world, account, account.conversations.get(id)?),
            "is_private": is_private,
        }),
        Subject::Widget { contact_inbox, conversation: current, info } => {
            let row = world.contact_inboxes.get(contact_inbox)?;
            let inbox = world.inboxes.get(&row.inbox_id)?;
            let current = current.and_then(|id| account.conversations.get(&id));
            json!({
                "id": row.id,
                "contact": contact(account, world.contacts.get(&row.contact_id)?),
                "inbox": { "id": inbox.id, "name": inbox.name },
                "account": account_form(account),
                "current_conversation": current.map(|row| conversation(world, account, row)),
                "source_id": row.source_id,
                "event_info": info,
            })
        }
    };
    body["event"] = json!(event.name);
    Some(body)
}

fn account_form(row: &Account) -> Value {
    json!({ "id": row.id, "name": row.name })
}

/// Has no `type`, but an `account`: that is how a contact is told from users and bots.
pub(crate) fn contact(account: &Account, row: &Contact) -> Value {
    json!({
        "account": account_form(account),
        "additional_attributes": row.additional_attributes,
        "avatar": "",
        "custom_attributes": row.custom_attributes,
        "email": row.email,
        "id": row.id,
        "identifier": row.identifier,
        "name": row.name,
        "phone_number": row.phone_number,
        "thumbnail": "",
        "blocked": row.blocked,
    })
}

fn person(world: &World, account: &Account, person: Person) -> Option<Value> {
    Some(match person {
        Person::Contact(id) => contact(account, world.contacts.get(&id)?),
        Person::User(id) => {
            let row = world.users.get(&id)?;
            json!({ "id": row.id, "name": row.name, "email": row.email, "type": "user" })
        }
        Person::Bot(id) => {
            let row = world.bots.get(&id)?;
            json!({ "id": row.id, "name": row.name, "type": "agent_bot" })
        }
    })
}

fn contact_inbox(row: &ContactInbox) -> Value {
    json!({
        "id": row.id,
        "contact_id": row.contact_id,
        "inbox_id": row.inbox_id,
        "source_id": row.source_id,
        "created_at": iso(row.created_at),
        "updated_at": iso(row.updated_at),
        "hmac_verified": false,
        "pubsub_token": row.pubsub_token,
    })
}

fn message(world: &World, account: &Account, parent: &Conversation, row: &Message) -> Value {
    let inbox = world.inboxes.get(&parent.inbox_id);
    let mut content = row.content.as_ref().map(|text| match inbox {
        Some(inbox) if world.renders => rendered(text, &inbox.channel),
        _ => normalised(text),
    });
    // The widget shows the survey itself.
    if row.content_type == "input_csat"
        && inbox.is_some_and(|inbox| inbox.channel != "Channel::WebWidget")
        && let Some(text) = &mut content
    {
        *text = format!("{text} {}/survey/responses/{}", world.base_url, row.id);
    }
    let mut body = json!({
        "account": account_form(account),
        "additional_attributes": row.additional_attributes,
        "content_attributes": row.content_attributes,
        "content_type": row.content_type,
        "content": content,
        "conversation": conversation(world, account, parent),
        "created_at": iso(row.created_at),
        "id": row.id,
        "inbox": inbox.map(|inbox| json!({ "id": inbox.id, "name": inbox.name })),
        "message_type": row.message_type.as_str(),
        "private": row.private,
        "sender": row.sender.and_then(|who| person(world, account, who)),
        "source_id": row.source_id,
    });
    if let Some(list) = push::attachments(world, account.id, row) {
        body["attachments"] = list;
    }
    body
}

/// An entry of `messages`. Versions that render texts print them here as they are stored.
fn nested(world: &World, account: &Account, parent: &Conversation, row: &Message) -> Value {
    let mut body = push::message(world, account, parent, row);
    for field in ["content", "processed_message_content"] {
        if let Some(text) = body[field].as_str().filter(|_| !world.renders).map(normalised) {
            body[field] = text.into();
        }
    }
    body
}

/// The conversation, at the top of its own events and nested in all others.
fn conversation(world: &World, account: &Account, row: &Conversation) -> Value {
    let newest = row.messages.values().rev();
    let newest = newest.filter(|m| !m.private && m.message_type != MessageType::Activity);
    let messages: Vec<Value> = newest.take(1).map(|m| nested(world, account, row, m)).collect();
    let contact = world.contacts.get(&row.contact_id).map(push::contact);
    let team = account.teams.iter().find(|team| Some(team.id) == row.team_id).map(push::team);
    json!({
        "additional_attributes": row.additional_attributes,
        "can_reply": true,
        "channel": world.inboxes.get(&row.inbox_id).map(|inbox| &inbox.channel),
        "contact_inbox": world.contact_inboxes.get(&row.contact_inbox_id).map(contact_inbox),
        "id": row.display_id,
        "inbox_id": row.inbox_id,
        "messages": messages,
        "labels": row.labels,
        "meta": {
            "sender": contact,
            "assignee_type": row.assignee().map(push::sender_type),
            "assignee": row.assignee().and_then(|who| push::person(world, who)),
            "team": team,
            "hmac_verified": false,
        },
        "status": row.status,
        "custom_attributes": row.custom_attributes,
        "snoozed_until": row.snoozed_until.map(iso),
        "unread_count": push::unread(row, 10),
        "first_reply_created_at": row.first_reply_created_at.map(iso),
        "priority": row.priority,
        "waiting_since": seconds(row.waiting_since),
        "agent_last_seen_at": seconds(row.agent_last_seen_at),
        "contact_last_seen_at": seconds(row.contact_last_seen_at),
        "last_activity_at": row.last_activity_at.timestamp(),
        "timestamp": row.last_activity_at.timestamp(),
        "created_at": row.created_at.timestamp(),
        "updated_at": float(row.updated_at),
        "account": account_form(account),
    })
}
