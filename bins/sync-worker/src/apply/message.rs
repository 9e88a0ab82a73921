//! Snapshots of messages.

use chatwoot::{MessageStatus, MessageType, Sender};
use chrono::{DateTime, Utc};
use domain::snapshot::{DeliverySighting, Message, MessageState};
use domain::{MessageId, MirroredAttachment, OperationId, Version};
use serde_json::Value;
use store::catalogue::Owner;

use crate::clock;

/// Why a body describes a message. Later variants win within one instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occasion {
    /// It is the newest message of a conversation that the body is about.
    Mentioned,
    /// It is new.
    Created,
    /// It is in a response to the reconciler, which has no time of its own.
    Read,
    /// It changed.
    Updated,
}

/// Makes the snapshot of a message as it was at `at` (in microseconds since 1970), in the conversation with this
/// display id. `received_at` stands in for a creation time that the body lacks. A creation time that is ahead stays: it
/// is Chatwoot's, and part of the row's id.
pub fn snapshot(
    owner: &Owner,
    message: chatwoot::Message,
    conversation_display_id: i64,
    occasion: Occasion,
    at: i64,
    received_at: DateTime<Utc>,
) -> Message {
    let deleted = message.deleted();
    let operation = message.marker().and_then(|marker| marker.parse::<OperationId>().ok());
    let (number, created_at) = (message.id, message.created_at.unwrap_or(received_at));
    // What a customer submitted is never removed, so within one instant a body that has it is newer.
    let step = 2 * (occasion as i64) + i64::from(message.submitted_values().is_some());
    let delivery = delivery(&message, at, received_at);
    let state = state(message);
    Message {
        id: match operation {
            Some(operation) => MessageId(operation.0),
            None => MessageId::of(owner.account, number, Some(created_at)),
        },
        tenant: owner.tenant.clone(),
        account: owner.account,
        conversation_display_id,
        chatwoot_id: number,
        operation,
        version: Version { at, step, digest: state.digest() },
        state,
        deleted,
        created_at,
        delivery,
    }
}

fn state(message: chatwoot::Message) -> MessageState {
    let sender_id = message.sender.as_ref().and_then(Sender::id);
    let (sender_type, sender_name) = match message.sender {
        Some(Sender::Contact(contact)) => (Some("contact"), contact.name),
        Some(Sender::User { name, .. }) => (Some("user"), name),
        // An unknown kind is taken for a bot, never for a person.
        Some(Sender::AgentBot { name, .. } | Sender::Other { name, .. }) => {
            (Some("agent_bot"), name)
        }
        None => (None, None),
    };
    let attachments: Vec<Value> = message
        .attachments
        .into_iter()
        .filter_map(|a| serde_json::to_value(attachment(a)).ok())
        .collect();
    MessageState {
        message_type: message
            .message_type
            .as_ref()
            .map_or("unknown", MessageType::as_str)
            .to_owned(),
        content_type: message.content_type.unwrap_or_else(|| "text".to_owned()),
        content: message.content.as_deref().map(domain::plain_text),
        content_attributes: message.content_attributes.into(),
        private: message.private,
        sender_type: sender_type.map(str::to_owned),
        sender_id,
        sender_name,
        source_id: message.source_id,
        inbox_id: message.inbox_id,
        attachments: Value::Array(attachments),
    }
}

fn attachment(attachment: chatwoot::Attachment) -> MirroredAttachment {
    let title = title(&attachment);
    MirroredAttachment {
        id: attachment.id,
        file_type: attachment.file_type.unwrap_or_else(|| "file".to_owned()),
        content_type: attachment.content_type,
        file_size: attachment.file_size,
        title,
        width: attachment.width,
        height: attachment.height,
        latitude: attachment.coordinates_lat,
        longitude: attachment.coordinates_long,
        transcript: attachment.transcribed_text,
        data_url: attachment.data_url,
        thumb_url: attachment.thumb_url,
    }
}

/// The text in an attachment's place. A contact's card has only its number there, and its names apart.
fn title(attachment: &chatwoot::Attachment) -> Option<String> {
    let names = ["first_name", "last_name"].map(|name| attachment.meta.get(name)?.as_str());
    let names =
        names.into_iter().flatten().filter(|_| attachment.file_type.as_deref() == Some("contact"));
    let words = names.chain(attachment.fallback_title.as_deref()).filter(|word| !word.is_empty());
    let title = words.collect::<Vec<_>>().join(" ");
    (!title.is_empty()).then_some(title)
}

/// Reads the delivery status of a message, heard of at `heard_at`. It is dated by the message's own update if the body
/// has that. Otherwise it is dated by the body's time, `at` (in microseconds since 1970).
pub fn delivery(message: &chatwoot::Message, at: i64, heard_at: DateTime<Utc>) -> DeliverySighting {
    let own = message.updated_at_us.and_then(|us| clock::credible(us, heard_at));
    let seen_at = own.unwrap_or(at);
    let mut sighting = match &message.status {
        Some(MessageStatus::Sent) => success(1, seen_at),
        Some(MessageStatus::Delivered) => success(2, seen_at),
        Some(MessageStatus::Read) => success(3, seen_at),
        Some(MessageStatus::Failed) => {
            DeliverySighting { failed_at: seen_at, ..DeliverySighting::default() }
        }
        Some(MessageStatus::Other(_)) | None => DeliverySighting::default(),
    };
    if message.external_error().is_some() {
        sighting.failed_at = sighting.failed_at.max(seen_at);
    }
    sighting
}

fn success(rank: i16, succeeded_at: i64) -> DeliverySighting {
    DeliverySighting { rank, succeeded_at, failed_at: 0 }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    #[test]
    fn a_card_is_titled_with_its_names_and_number_and_a_file_as_it_is() {
        let title = |attachment: Value| {
            let message = json!({ "id": 9, "attachments": [attachment] });
            let message = chatwoot::Message::from_value(&message).unwrap();
            super::state(message).attachments[0]["title"].clone()
        };
        let card = |meta: Value| {
            title(json!({ "file_type": "contact", "fallback_title": "+4912", "meta": meta }))
        };
        assert_eq!(card(json!({ "first_name": "Ada", "last_name": "King" })), "Ada King +4912");
        assert_eq!(card(json!({ "first_name": "Ada", "last_name": null })), "Ada +4912");
        assert_eq!(card(json!({ "first_name": "" })), "+4912");
        let names = json!({ "first_name": "Ada" });
        let place = json!({ "file_type": "location", "fallback_title": "Pier", "meta": names });
        assert_eq!(title(place), "Pier");
        assert_eq!(title(json!({ "file_type": "file" })), Value::Null);
    }
}
