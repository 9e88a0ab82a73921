//! What people do, called from tests: customers write, agents answer.

use std::time::Duration;

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::contacts::Customer;
use crate::faults::Millis;
use crate::model::{
    Denied, MessageType, NewAttachment, NewConversation, NewMessage, Person, Subject, World,
};
use crate::sim::{Sim, SimError};

/// A file that comes with a message; only its description exists.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct File {
    /// Its name, with the extension.
    pub name: String,
    /// Its media type, such as `image/png`.
    pub content_type: Option<String>,
    /// Its size, in bytes.
    pub size: u64,
}

impl Sim {
    /// Adds an empty conversation. Returns its display id.
    pub fn create_conversation(
        &self,
        account: i64,
        inbox: i64,
        contact: i64,
    ) -> Result<i64, SimError> {
        let wanted =
            NewConversation { inbox_id: inbox, contact_id: contact, ..NewConversation::default() };
        self.act(|world| world.add_conversation(account, wanted))
    }

    /// Has a new customer write by the web widget. Returns the conversation and the message.
    pub fn start_conversation(&self, account: i64, text: &str) -> Result<(i64, i64), SimError> {
        let inbox = self.inbox(account, "Channel::WebWidget")?;
        let contact = self.create_contact(account, Customer::default())?;
        let conversation = self.create_conversation(account, inbox, contact)?;
        Ok((conversation, self.customer_writes(account, conversation, text)?))
    }

    /// Has the customer of a conversation write. Returns the id of the message.
    pub fn customer_writes(
        &self,
        account: i64,
        conversation: i64,
        text: &str,
    ) -> Result<i64, SimError> {
        self.customer_sends(account, conversation, text, Vec::new())
    }

    /// Has the customer write and attach files.
    pub fn customer_sends(
        &self,
        account: i64,
        conversation: i64,
        text: &str,
        files: Vec<File>,
    ) -> Result<i64, SimError> {
        let attachments = files.into_iter().map(|file| NewAttachment {
            file_name: file.name,
            content_type: file.content_type,
            file_size: file.size,
            content: None,
        });
        let attachments = attachments.collect();
        self.act(|world| {
            let contact = world.conversation(account, conversation)?.contact_id;
            let message = NewMessage {
                content: Some(text.to_owned()),
                sender: Some(Person::Contact(contact)),
                attachments,
                ..NewMessage::of(MessageType::Incoming)
            };
            world.add_message(account, conversation, message)
        })
    }

    /// Has the customer write an e-mail, which the message holds whole among its attributes.
    pub fn customer_mails(
        &self,
        account: i64,
        conversation: i64,
        subject: &str,
        text: &str,
    ) -> Result<i64, SimError> {
        self.act(|world| {
            let contact = world.conversation(account, conversation)?.contact_id;
            let from = world.contact(account, contact)?.email.clone();
            let message_id = format!("{}@mail.example", world.uuid());
            let html = format!("<div>{text}</div>");
            let email = json!({
                "subject": subject,
                "from": [from],
                "to": ["support@shop.example"],
                "cc": null,
                "bcc": null,
                "date": world.now().to_rfc3339(),
                "message_id": message_id,
                "in_reply_to": null,
                "multipart": true,
                "content_type": "multipart/alternative; boundary=b1",
                "number_of_attachments": 0,
                "html_content": { "full": html, "reply": text, "quoted": html },
                "text_content": { "full": text, "reply": text, "quoted": text },
            });
            let message = NewMessage {
                content: Some(text.to_owned()),
                content_type: "incoming_email".to_owned(),
                content_attributes: [("email".to_owned(), email)].into_iter().collect(),
                source_id: Some(message_id),
                sender: Some(Person::Contact(contact)),
                ..NewMessage::of(MessageType::Incoming)
            };
            world.add_message(account, conversation, message)
        })
    }

    /// Has the account's first agent answer.
    pub fn agent_writes(
        &self,
        account: i64,
        conversation: i64,
        text: &str,
    ) -> Result<i64, SimError> {
        self.agent_says(account, conversation, text, false)
    }

    /// Has the account's first agent leave a private note.
    pub fn agent_notes(
        &self,
        account: i64,
        conversation: i64,
        text: &str,
    ) -> Result<i64, SimError> {
        self.agent_says(account, conversation, text, true)
    }

    fn agent_says(
        &self,
        account: i64,
        conversation: i64,
        text: &str,
        private: bool,
    ) -> Result<i64, SimError> {
        self.act(|world| {
            let message = NewMessage {
                content: Some(text.to_owned()),
                sender: Some(first_agent(world, account)?),
                private,
                ..NewMessage::of(MessageType::Outgoing)
            };
            world.add_message(account, conversation, message)
        })
    }

    /// Has Chatwoot itself write to the customer, as when it greets one: nobody is the sender.
    pub fn chatwoot_writes(
        &self,
        account: i64,
        conversation: i64,
        text: &str,
    ) -> Result<i64, SimError> {
        self.act(|world| {
            let content = Some(text.to_owned());
            let message = NewMessage { content, ..NewMessage::of(MessageType::Template) };
            world.add_message(account, conversation, message)
        })
    }

    /// Has Chatwoot ask the customer how satisfied they were.
    pub fn chatwoot_surveys(
        &self,
        account: i64,
        conversation: i64,
        text: &str,
    ) -> Result<i64, SimError> {
        self.act(|world| {
            let (content, content_type) = (Some(text.to_owned()), "input_csat".to_owned());
            let survey = NewMessage::of(MessageType::Template);
            let message = NewMessage { content, content_type, ..survey };
            world.add_message(account, conversation, message)
        })
    }

    /// Gives a message another text, as where a channel lets its customers edit what they wrote.
    pub fn edit_message(
        &self,
        account: i64,
        conversation: i64,
        message: i64,
        text: &str,
    ) -> Result<(), SimError> {
        self.act(|world| {
            world.update_message(account, conversation, message, |row| {
                row.content = Some(text.to_owned());
            })
        })
    }

    /// Has the customer answer what a message asks for.
    pub fn customer_answers(
        &self,
        account: i64,
        conversation: i64,
        message: i64,
        answer: &str,
    ) -> Result<(), SimError> {
        let values = json!([{ "name": "answer", "title": answer, "value": answer }]);
        self.act(|world| {
            world.update_message(account, conversation, message, |row| {
                row.content_attributes.insert("submitted_values".to_owned(), values);
            })
        })
    }

    /// Deletes a message, as somebody does in Chatwoot's own screen.
    pub fn delete_message(
        &self,
        account: i64,
        conversation: i64,
        message: i64,
    ) -> Result<(), SimError> {
        self.act(|world| world.delete_message(account, conversation, message))
    }

    /// Dates a message ahead, as if a node wrote it whose clock is ahead by this.
    pub fn date_ahead(
        &self,
        account: i64,
        conversation: i64,
        message: i64,
        by: Duration,
    ) -> Result<(), SimError> {
        let by = TimeDelta::from_std(by).unwrap_or_default();
        self.act(|world| {
            world.message_mut(account, conversation, message)?.created_at += by;
            Ok(())
        })
    }

    /// Has the provider report on a message: `sent`, `delivered`, `read` or `failed`.
    pub fn set_message_status(
        &self,
        account: i64,
        conversation: i64,
        message: i64,
        status: &str,
        external_error: Option<&str>,
    ) -> Result<(), SimError> {
        self.act(|world| {
            world.set_message_status(account, conversation, message, status, external_error)
        })
    }

    /// Sends a message again as older versions do: whatever its state, and without its attributes.
    pub fn forgetful_retry(
        &self,
        account: i64,
        conversation: i64,
        message: i64,
    ) -> Result<(), SimError> {
        self.act(|world| world.retry_message(account, conversation, message, true))
    }

    /// Removes a conversation. Nothing is sent.
    pub fn delete_conversation(&self, account: i64, conversation: i64) -> Result<(), SimError> {
        self.act(|world| {
            let removed = world.account_mut(account)?.conversations.remove(&conversation);
            removed.map(|_| ()).ok_or(Denied::NotFound)
        })
    }

    /// Has the customer start or stop typing.
    pub fn customer_types(
        &self,
        account: i64,
        conversation: i64,
        on: bool,
    ) -> Result<(), SimError> {
        self.act(|world| {
            let by = Person::Contact(world.conversation(account, conversation)?.contact_id);
            types(world, account, conversation, by, on, json!(false))
        })
    }

    /// Has the account's first agent start or stop typing in Chatwoot's own screen.
    pub fn agent_types(&self, account: i64, conversation: i64, on: bool) -> Result<(), SimError> {
        self.act(|world| {
            let by = first_agent(world, account)?;
            types(world, account, conversation, by, on, json!(false))
        })
    }

    /// Has the customer of a conversation open the widget again.
    pub fn widget_opened(&self, account: i64, conversation: i64) -> Result<(), SimError> {
        self.act(|world| {
            let contact_inbox = world.conversation(account, conversation)?.contact_inbox_id;
            let browser_date = world.now().format("%a %b %d %Y %H:%M:%S GMT+0000").to_string();
            let info = json!({
                "initiated_at": { "timestamp": browser_date },
                "referer": "https://shop.example/checkout",
                "widget_language": "en",
                "browser_language": "en",
                "browser": {
                    "browser_name": "Firefox",
                    "browser_version": "140.0",
                    "device_name": "Unknown",
                    "platform_name": "Linux",
                    "platform_version": "0",
                },
            });
            let conversation = Some(conversation);
            let subject = Subject::Widget { contact_inbox, conversation, info };
            world.note(account, "webwidget_triggered", subject, None);
            Ok(())
        })
    }
}

/// Times that receipts take when they come promptly, for [`crate::Options::delivery_receipts`].
pub const PROMPT_RECEIPTS: Millis = Millis::between(1, 5);

pub(crate) fn first_agent(world: &World, account: i64) -> Result<Person, Denied> {
    let first = world.agents_of(account).first().copied();
    first.map(Person::User).ok_or(Denied::NotFound)
}

pub(crate) fn types(
    world: &mut World,
    account: i64,
    conversation: i64,
    by: Person,
    on: bool,
    is_private: Value,
) -> Result<(), Denied> {
    world.conversation(account, conversation)?;
    let name = if on { "conversation_typing_on" } else { "conversation_typing_off" };
    world.note(account, name, Subject::Typing { conversation, by, is_private }, None);
    Ok(())
}
