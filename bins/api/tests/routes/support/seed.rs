//! Conversations to ask for.

use std::borrow::Cow;

use domain::snapshot::{
    Contact, ContactState, Conversation, ConversationState, DeliverySighting, Message, MessageState,
};
use domain::{ContactId, ConversationId, MessageId, Version};
use serde_json::{Value, json};
use store::Store;
use testkit::Account;

use super::at;

/// A conversation as Chatwoot would tell of it.
#[derive(Default)]
pub struct Seed {
    pub number: i64,
    pub last_activity: i64,
    pub state: ConversationState,
    pub contact: ContactState,
    /// (type, text); numbered from `number * 100`, a second apart.
    pub messages: Vec<(&'static str, &'static str)>,
    /// (number, attachments) of messages that the customer sent besides.
    pub sent: Vec<(i64, Value)>,
    /// (number, message) of what was written here, as a user of Chatwoot's has it there.
    pub copies: Vec<(i64, MessageId)>,
    /// Chatwoot's `updated_at` of it, microseconds since 1970.
    pub version: i64,
}

impl Seed {
    pub fn open(number: i64) -> Self {
        let empty = Value::Object(serde_json::Map::default());
        Self {
            number,
            last_activity: number,
            state: ConversationState {
                status: "open".to_owned(),
                contact_chatwoot_id: Some(number),
                inbox_id: Some(3),
                channel: Some("Channel::WebWidget".to_owned()),
                custom_attributes: empty.clone(),
                additional_attributes: empty.clone(),
                ..ConversationState::default()
            },
            contact: ContactState {
                name: Some(format!("Customer {number}")),
                additional_attributes: empty.clone(),
                custom_attributes: empty,
                ..ContactState::default()
            },
            messages: Vec::new(),
            sent: Vec::new(),
            copies: Vec::new(),
            version: 1,
        }
    }

    pub async fn write(&self, store: &Store, account: &Account) -> ConversationId {
        let mut transaction = store.worker().await.unwrap();
        let id = self.write_in(&mut transaction, account).await;
        store::commit(transaction).await.unwrap();
        id
    }

    /// In a transaction that began before.
    pub async fn write_in(
        &self,
        transaction: &mut store::PgConnection,
        account: &Account,
    ) -> ConversationId {
        let version = Version { at: self.version, step: 1, digest: 1 };
        let contact = Contact {
            id: ContactId::of(account.key, self.number),
            tenant: account.tenant.clone(),
            account: account.key,
            chatwoot_id: self.number,
            version,
            state: self.contact.clone(),
        };
        let id = ConversationId::of(account.key, self.number, Some(at(0)));
        let conversation = Conversation {
            id,
            tenant: account.tenant.clone(),
            account: account.key,
            display_id: self.number,
            version,
            state: self.state.clone(),
            created_at: Some(at(0)),
            last_activity_at: Some(at(self.last_activity)),
            agent_last_seen_at: None,
            contact_last_seen_at: None,
        };
        let mut messages: Vec<_> = (0..)
            .zip(&self.messages)
            .map(|(index, (kind, text))| Cow::Owned(self.message(account, index, kind, text)))
            .collect();
        for (number, attachments) in &self.sent {
            let mut message = self.message(account, 0, "incoming", "");
            message.id = MessageId::of(account.key, *number, Some(at(0)));
            message.chatwoot_id = *number;
            message.state.attachments = attachments.clone();
            messages.push(Cow::Owned(message));
        }
        for (number, id) in &self.copies {
            let mut message = self.message(account, 0, "outgoing", "");
            message.id = *id;
            message.operation = Some(id.0.into());
            message.chatwoot_id = *number;
            message.version = version;
            message.state.sender_type = Some("user".to_owned());
            message.state.sender_name = Some("Support bot".to_owned());
            messages.push(Cow::Owned(message));
        }
        let (contacts, conversations) = ([Cow::Owned(contact)], [Cow::Owned(conversation)]);
        let applied =
            store::conversations::apply(transaction, &contacts, &conversations).await.unwrap();
        store::messages::apply(transaction, &messages, &applied).await.unwrap();
        id
    }

    fn message(&self, account: &Account, index: i64, kind: &str, text: &str) -> Message {
        let number = self.number * 100 + index;
        Message {
            id: MessageId::of(account.key, number, Some(at(index))),
            tenant: account.tenant.clone(),
            account: account.key,
            conversation_display_id: self.number,
            chatwoot_id: number,
            operation: None,
            version: Version { at: 1, step: 1, digest: 1 },
            state: MessageState {
                message_type: kind.to_owned(),
                content_type: "text".to_owned(),
                content: Some(text.to_owned()),
                content_attributes: json!({}),
                sender_type: (kind == "incoming").then(|| "contact".to_owned()),
                sender_id: Some(self.number),
                attachments: json!([]),
                ..MessageState::default()
            },
            deleted: false,
            created_at: at(index),
            delivery: DeliverySighting::default(),
        }
    }
}
