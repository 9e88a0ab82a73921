//! Messages and what they do to their conversation.

use bytes::Bytes;
use chrono::TimeDelta;
use serde_json::json;

use super::events::Subject;
use super::rows::{Attachment, Json, Message, MessageType, Person};
use super::{Denied, World};

/// Longest text, in characters.
const MAX_CONTENT: usize = 150_000;
const MAX_ATTACHMENTS: usize = 15;
/// Most bytes of one attachment in inboxes of the widget.
const MAX_FILE: u64 = 40 * 1024 * 1024;
const DELETED: &str = "This message was deleted";

#[derive(Debug)]
pub(crate) struct NewMessage {
    pub content: Option<String>,
    pub message_type: MessageType,
    pub content_type: String,
    pub content_attributes: Json,
    pub additional_attributes: Json,
    pub private: bool,
    pub source_id: Option<String>,
    pub sender: Option<Person>,
    pub attachments: Vec<NewAttachment>,
}

impl NewMessage {
    pub(crate) fn of(message_type: MessageType) -> Self {
        Self {
            content: None,
            message_type,
            content_type: "text".to_owned(),
            content_attributes: Json::new(),
            additional_attributes: Json::new(),
            private: false,
            source_id: None,
            sender: None,
            attachments: Vec::new(),
        }
    }
}

/// A file to attach.
#[derive(Debug, Clone)]
pub(crate) struct NewAttachment {
    pub file_name: String,
    pub content_type: Option<String>,
    pub file_size: u64,
    /// `None` if it is made up when somebody reads it.
    pub content: Option<Bytes>,
}

impl NewAttachment {
    fn into_row(self, id: i64) -> Attachment {
        let kind = self.content_type.as_deref().and_then(|kind| kind.split('/').next());
        let file_type = match kind {
            Some("image") => "image",
            Some("audio") => "audio",
            Some("video") => "video",
            _ => "file",
        };
        let extension = self.file_name.rsplit_once('.').map(|(_, end)| end.to_owned());
        let Self { file_name, content_type, file_size, content } = self;
        Attachment { id, file_type, extension, content_type, file_name, file_size, content }
    }
}

impl World {
    /// Checks the model's validations. If one fails, the create answers 422.
    pub(crate) fn check_message(
        &self,
        account: i64,
        conversation: i64,
        message: &NewMessage,
    ) -> Result<(), Denied> {
        let failed = |why: String| Err(Denied::Failed(format!("Validation failed: {why}")));
        if message.content.as_ref().is_some_and(|text| text.chars().count() > MAX_CONTENT) {
            return failed(format!("Content is too long (maximum is {MAX_CONTENT} characters)"));
        }
        let inbox = self.conversation(account, conversation)?.inbox_id;
        let widget = self.inbox(account, inbox)?.channel == "Channel::WebWidget";
        if widget && message.attachments.iter().any(|file| file.file_size > MAX_FILE) {
            return failed("Attachments size is too big".to_owned());
        }
        if message.attachments.len() > MAX_ATTACHMENTS {
            return failed("Attachments exceeded maximum allowed".to_owned());
        }
        let minute_ago = self.now() - TimeDelta::minutes(1);
        let row = self.conversation(account, conversation)?;
        let recent = row.messages.values().rev().take_while(|row| row.created_at > minute_ago);
        if recent.count() >= self.messages_per_minute {
            return failed("Too many messages".to_owned());
        }
        Ok(())
    }

    pub(crate) fn add_message(
        &mut self,
        account: i64,
        conversation: i64,
        wanted: NewMessage,
    ) -> Result<i64, Denied> {
        self.conversation(account, conversation)?;
        let (id, now) = (self.next_id(), self.now());
        let attachments = wanted.attachments.into_iter().map(|file| file.into_row(self.next_id()));
        let message = Message {
            id,
            content: wanted.content,
            message_type: wanted.message_type,
            content_type: wanted.content_type,
            content_attributes: wanted.content_attributes,
            additional_attributes: wanted.additional_attributes,
            private: wanted.private,
            status: "sent",
            source_id: wanted.source_id,
            sender: wanted.sender,
            attachments: attachments.collect(),
            created_at: now,
            updated_at: now,
        };
        let (kind, private) = (message.message_type, message.private);
        let row = self.conversation_mut(account, conversation)?;
        row.messages.insert(id, message);
        // Written past the model: `updated_at` does not move.
        row.last_activity_at = now;
        if kind != MessageType::Activity {
            self.note(account, "message_created", Subject::Message { conversation, id }, None);
        }
        match (kind, wanted.sender) {
            (MessageType::Incoming, sender) => {
                if let Some(Person::Contact(contact)) = sender {
                    self.touch_contact(account, contact)?;
                }
                self.update(account, conversation, sender, |row| {
                    if row.status == "resolved" || row.status == "snoozed" {
                        "open".clone_into(&mut row.status);
                        row.snoozed_until = None;
                    }
                    row.waiting_since.get_or_insert(now);
                })?;
            }
            (MessageType::Outgoing, sender @ Some(Person::User(_))) if !private => {
                self.update(account, conversation, sender, |row| {
                    row.first_reply_created_at.get_or_insert(now);
                    row.waiting_since = None;
                })?;
            }
            _ => {}
        }
        Ok(id)
    }

    /// Saves a change of a message. Activities change without an event.
    pub(crate) fn update_message(
        &mut self,
        account: i64,
        conversation: i64,
        id: i64,
        apply: impl FnOnce(&mut Message),
    ) -> Result<(), Denied> {
        let now = self.now();
        let row = self.message_mut(account, conversation, id)?;
        apply(row);
        row.updated_at = now;
        if row.message_type != MessageType::Activity {
            self.note(account, "message_updated", Subject::Message { conversation, id }, None);
        }
        Ok(())
    }

    /// Deletes a message. The row stays; text, attributes and attachments go.
    pub(crate) fn delete_message(
        &mut self,
        account: i64,
        conversation: i64,
        id: i64,
    ) -> Result<(), Denied> {
        self.update_message(account, conversation, id, |row| {
            row.content = Some(DELETED.to_owned());
            "text".clone_into(&mut row.content_type);
            row.content_attributes = Json::from_iter([("deleted".to_owned(), json!(true))]);
            row.attachments.clear();
        })
    }

    /// Sends a failed message again. Any other is left as it is, except by `old` versions.
    pub(crate) fn retry_message(
        &mut self,
        account: i64,
        conversation: i64,
        id: i64,
        old: bool,
    ) -> Result<(), Denied> {
        if old {
            return self.update_message(account, conversation, id, |row| {
                row.status = "sent";
                row.content_attributes.clear();
            });
        }
        if self.message(account, conversation, id)?.status != "failed" {
            return Ok(());
        }
        let inbox = self.conversation(account, conversation)?.inbox_id;
        let channel = &self.inbox(account, inbox)?.channel;
        let keeps_source = channel == "Channel::Api" || channel == "Channel::WebWidget";
        self.update_message(account, conversation, id, |row| {
            row.status = "sent";
            row.content_attributes.remove("external_error");
            if !keeps_source {
                row.source_id = None;
            }
        })
    }

    pub(crate) fn set_message_status(
        &mut self,
        account: i64,
        conversation: i64,
        id: i64,
        status: &str,
        external_error: Option<&str>,
    ) -> Result<(), Denied> {
        let known = ["sent", "delivered", "read", "failed"];
        let Some(status) = known.into_iter().find(|name| *name == status) else {
            return Err(Denied::Failed(format!("'{status}' is not a valid status")));
        };
        self.update_message(account, conversation, id, |row| {
            row.status = status;
            if let Some(error) = external_error {
                row.content_attributes.insert("external_error".to_owned(), json!(error));
            }
        })
    }
}
