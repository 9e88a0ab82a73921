//! REST answers.

use serde_json::{Value, json};

use super::push;
use super::times::{float, iso, seconds};
use crate::model::{
    Account, Bot, CannedResponse, Contact, ContactInbox, Conversation, Inbox, Label, Message,
    MessageType, Team, User, Webhook, World,
};

pub(crate) fn message(world: &World, account: i64, parent: &Conversation, row: &Message) -> Value {
    let mut body = json!({
        "id": row.id,
        "content": row.content,
        "inbox_id": parent.inbox_id,
        "conversation_id": parent.display_id,
        "message_type": row.message_type as i32,
        "content_type": row.content_type,
        "status": row.status,
        "content_attributes": row.content_attributes,
        "created_at": row.created_at.timestamp(),
        "private": row.private,
        "source_id": row.source_id,
    });
    if let Some(sender) = row.sender.and_then(|who| push::person(world, who)) {
        body["sender"] = sender;
    }
    if let Some(list) = push::attachments(world, account, row) {
        body["attachments"] = list;
    }
    body
}

pub(crate) fn conversation(world: &World, account: &Account, row: &Conversation) -> Value {
    let newest = row.messages.values().next_back();
    let messages: Vec<Value> =
        newest.map(|m| push::message(world, account, row, m)).into_iter().collect();
    let spoken = row.messages.values().rev().find(|m| m.message_type != MessageType::Activity);
    let contact = world.contacts.get(&row.contact_id).map(contact_in_meta);
    let mut meta = json!({
        "sender": contact,
        "channel": world.inboxes.get(&row.inbox_id).map(|inbox| &inbox.channel),
        "hmac_verified": false,
    });
    if let Some(user) = row.assignee_id.and_then(|id| world.users.get(&id)) {
        meta["assignee"] = agent(user);
    }
    if let Some(bot) = row.assignee_bot_id.and_then(|id| world.bots.get(&id)) {
        meta["assignee"] = bot_form(bot);
        meta["assignee_type"] = json!("AgentBot");
    }
    if let Some(team) = account.teams.iter().find(|team| Some(team.id) == row.team_id) {
        meta["team"] = push::team(team);
    }
    json!({
        "meta": meta,
        "id": row.display_id,
        "messages": messages,
        "account_id": account.id,
        "uuid": row.uuid,
        "additional_attributes": row.additional_attributes,
        "agent_last_seen_at": seconds(row.agent_last_seen_at),
        "assignee_last_seen_at": 0,
        "contact_last_seen_at": seconds(row.contact_last_seen_at),
        "can_reply": true,
        "custom_attributes": row.custom_attributes,
        "inbox_id": row.inbox_id,
        "labels": row.labels,
        "muted": false,
        "snoozed_until": row.snoozed_until.map(iso),
        "status": row.status,
        "created_at": row.created_at.timestamp(),
        "updated_at": float(row.updated_at),
        "timestamp": row.last_activity_at.timestamp(),
        "first_reply_created_at": seconds(row.first_reply_created_at),
        "unread_count": push::unread(row, usize::MAX),
        "last_non_activity_message": spoken.map(|m| message(world, account.id, row, m)),
        "last_activity_at": row.last_activity_at.timestamp(),
        "priority": row.priority,
        "waiting_since": seconds(row.waiting_since),
        "sla_policy_id": null,
    })
}

fn contact_in_meta(row: &Contact) -> Value {
    json!({
        "additional_attributes": row.additional_attributes,
        "availability_status": "offline",
        "email": row.email,
        "id": row.id,
        "name": row.name,
        "phone_number": row.phone_number,
        "blocked": row.blocked,
        "identifier": row.identifier,
        "thumbnail": "",
        "custom_attributes": row.custom_attributes,
        "last_activity_at": seconds(row.last_activity_at),
        "created_at": row.created_at.timestamp(),
    })
}

pub(crate) fn contact(world: &World, row: &Contact, with_inboxes: bool) -> Value {
    let mut body = contact_in_meta(row);
    if with_inboxes {
        let places = world.contact_inboxes.values().filter(|place| place.contact_id == row.id);
        body["contact_inboxes"] = places.map(|place| contact_inbox(world, place)).collect();
    }
    body
}

pub(crate) fn contact_inbox(world: &World, row: &ContactInbox) -> Value {
    let inbox = world.inboxes.get(&row.inbox_id);
    json!({ "source_id": row.source_id, "inbox": inbox.map(inbox_form) })
}

pub(crate) fn agent(row: &User) -> Value {
    json!({
        "id": row.id,
        "account_id": row.account_id,
        "availability_status": row.availability,
        "auto_offline": true,
        "confirmed": true,
        "email": row.email,
        "available_name": row.name,
        "name": row.name,
        "role": row.role.as_str(),
        "thumbnail": "",
    })
}

/// Has no `type`: what it is stands beside it.
pub(crate) fn bot_form(row: &Bot) -> Value {
    json!({ "id": row.id, "name": row.name, "thumbnail": "" })
}

pub(crate) fn team(account: i64, row: &Team, caller: i64) -> Value {
    json!({
        "id": row.id,
        "name": row.name,
        "description": row.description,
        "allow_auto_assign": true,
        "account_id": account,
        "is_member": row.members.contains(&caller),
    })
}

pub(crate) fn inbox_form(row: &Inbox) -> Value {
    json!({
        "id": row.id,
        "name": row.name,
        "channel_type": row.channel,
        "channel_id": row.id,
        "avatar_url": "",
        "greeting_enabled": false,
        "enable_auto_assignment": false,
        "working_hours_enabled": false,
        "timezone": "UTC",
    })
}

pub(crate) fn label(row: &Label) -> Value {
    json!({
        "id": row.id,
        "title": row.title,
        "description": row.description,
        "color": row.color,
        "show_on_sidebar": row.show_on_sidebar,
    })
}

pub(crate) fn canned_response(account: i64, row: &CannedResponse) -> Value {
    json!({
        "id": row.id,
        "account_id": account,
        "short_code": row.short_code,
        "content": row.content,
        "created_at": iso(row.created_at),
        "updated_at": iso(row.created_at),
    })
}

pub(crate) fn webhook(account: i64, row: &Webhook) -> Value {
    let mut body = json!({
        "id": row.id,
        "name": row.name,
        "url": row.url,
        "account_id": account,
        "subscriptions": row.subscriptions,
    });
    // An installation from before 4.11.2 does not know the field.
    if let Some(secret) = &row.secret {
        body["secret"] = json!(secret);
    }
    body
}

pub(crate) fn profile(world: &World, row: &User) -> Value {
    let name = world.accounts.get(&row.account_id).map(|account| &account.name);
    json!({
        "id": row.id,
        "account_id": row.account_id,
        "name": row.name,
        "display_name": row.name,
        "available_name": row.name,
        "email": row.email,
        "role": row.role.as_str(),
        "avatar_url": "",
        "access_token": row.token,
        "pubsub_token": format!("pubsub-{}", row.id),
        "accounts": [{
            "id": row.account_id,
            "name": name,
            "role": row.role.as_str(),
            "status": "active",
            "availability": row.availability,
        }],
    })
}
