//! The push form: what nests inside conversations, and `sender` in REST messages.

use serde_json::{Value, json};

use super::times::iso;
use crate::model::{
    Account, Attachment, Bot, Contact, Conversation, Message, MessageType, Person, Team, User,
    World,
};
use crate::rest::files::encoded;

pub(crate) fn contact(row: &Contact) -> Value {
    json!({
        "additional_attributes": row.additional_attributes,
        "custom_attributes": row.custom_attributes,
        "email": row.email,
        "id": row.id,
        "identifier": row.identifier,
        "name": row.name,
        "phone_number": row.phone_number,
        "thumbnail": "",
        "blocked": row.blocked,
        "type": "contact",
    })
}

pub(crate) fn user(row: &User) -> Value {
    json!({
        "id": row.id,
        "name": row.name,
        "available_name": row.name,
        "avatar_url": "",
        "type": "user",
        "availability_status": row.availability,
        "thumbnail": "",
    })
}

pub(crate) fn bot(row: &Bot) -> Value {
    json!({ "id": row.id, "name": row.name, "avatar_url": "", "type": "agent_bot" })
}

pub(crate) fn team(row: &Team) -> Value {
    json!({ "id": row.id, "name": row.name, "icon": null, "icon_color": null })
}

pub(crate) fn person(world: &World, person: Person) -> Option<Value> {
    match person {
        Person::Contact(id) => world.contacts.get(&id).map(contact),
        Person::User(id) => world.users.get(&id).map(user),
        Person::Bot(id) => world.bots.get(&id).map(bot),
    }
}

pub(crate) fn attachment(world: &World, account: i64, message: i64, row: &Attachment) -> Value {
    let url = format!(
        "{}/rails/active_storage/blobs/redirect/{}/{}",
        world.base_url,
        world.sign(&row.id.to_string()),
        encoded(&row.file_name)
    );
    let thumb = if row.file_type == "image" { url.as_str() } else { "" };
    let mut body = json!({
        "id": row.id,
        "message_id": message,
        "file_type": row.file_type,
        "account_id": account,
        "extension": row.extension,
        "content_type": row.content_type,
        "data_url": url,
        "thumb_url": thumb,
        "file_size": row.file_size,
        "width": null,
        "height": null,
    });
    if row.file_type == "audio" {
        body["transcribed_text"] = json!("");
    }
    body
}

pub(crate) fn attachments(world: &World, account: i64, row: &Message) -> Option<Value> {
    let list = row.attachments.iter().map(|file| attachment(world, account, row.id, file));
    (!row.attachments.is_empty()).then(|| list.collect())
}

pub(crate) fn sender_type(person: Person) -> &'static str {
    match person {
        Person::Contact(_) => "Contact",
        Person::User(_) => "User",
        Person::Bot(_) => "AgentBot",
    }
}

pub(crate) fn sender_id(person: Person) -> i64 {
    match person {
        Person::Contact(id) | Person::User(id) | Person::Bot(id) => id,
    }
}

/// Counts incoming messages that no agent has seen, up to `cap`.
pub(crate) fn unread(row: &Conversation, cap: usize) -> usize {
    let seen = row.agent_last_seen_at;
    let unseen = row.messages.values().rev();
    let unseen = unseen.take_while(|m| seen.is_none_or(|seen| m.created_at > seen));
    unseen.filter(|m| m.message_type == MessageType::Incoming).take(cap).count()
}

/// An entry of `messages`.
pub(crate) fn message(
    world: &World,
    account: &Account,
    conversation: &Conversation,
    row: &Message,
) -> Value {
    let source = world.contact_inboxes.get(&conversation.contact_inbox_id);
    let mut body = json!({
        "id": row.id,
        "content": row.content,
        "account_id": account.id,
        "inbox_id": conversation.inbox_id,
        "conversation_id": conversation.display_id,
        "message_type": row.message_type as i32,
        "created_at": row.created_at.timestamp(),
        "updated_at": iso(row.updated_at),
        "private": row.private,
        "status": row.status,
        "source_id": row.source_id,
        "content_type": row.content_type,
        "content_attributes": row.content_attributes,
        "sender_type": row.sender.map(sender_type),
        "sender_id": row.sender.map(sender_id),
        "external_source_ids": {},
        "additional_attributes": row.additional_attributes,
        "processed_message_content": row.content,
        "sentiment": {},
        "conversation": {
            "assignee_id": conversation.assignee_id,
            "unread_count": unread(conversation, 10),
            "last_activity_at": conversation.last_activity_at.timestamp(),
            "contact_inbox": { "source_id": source.map(|row| &row.source_id) },
        },
    });
    if let Some(list) = attachments(world, account.id, row) {
        body["attachments"] = list;
    }
    if let Some(sender) = row.sender.and_then(|who| person(world, who)) {
        body["sender"] = sender;
    }
    body
}
