//! What happened, as the timeline and live events tell it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{AccountKey, ActivityId, ContactId, Conversation, ConversationId, FreeForm};

/// One line of the timeline. What is stored of it can never change; the state of things, names
/// included, is in their own rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Activity {
    /// The same for every telling of the same thing.
    pub id: ActivityId,
    /// `message_created`, `conversation_status_changed`, …
    #[serde(rename = "type")]
    #[schema(example = "message_created")]
    pub kind: String,
    /// Where it was done: `chatwoot` or `axis`.
    #[schema(example = "chatwoot")]
    pub source: String,
    /// The account it concerns.
    pub account_id: Option<AccountKey>,
    /// The conversation it concerns.
    pub conversation_id: Option<ConversationId>,
    /// Whom it concerns, as the rows are when it is read or announced; null: no conversation and nobody who is known.
    #[serde(default)]
    pub about: Option<About>,
    /// Who did it, where that is known.
    pub actor: Option<Actor>,
    /// When it happened.
    pub occurred_at: DateTime<Utc>,
    /// Facts of this type of activity.
    #[schema(value_type = Object)]
    pub data: FreeForm,
}

impl Activity {
    /// What `actor` did in a conversation by way of this system, under a new id.
    pub fn done_here(
        kind: &str,
        account_id: Option<AccountKey>,
        conversation_id: ConversationId,
        actor: &Actor,
        occurred_at: DateTime<Utc>,
        data: impl Into<FreeForm>,
    ) -> Self {
        Self {
            id: ActivityId::generate(),
            kind: kind.to_owned(),
            source: "axis".to_owned(),
            account_id,
            conversation_id: Some(conversation_id),
            about: None,
            actor: Some(actor.clone()),
            occurred_at,
            data: data.into(),
        }
    }

    /// The contact whose number in Chatwoot its data name: that of a line about a person.
    pub fn contact(&self) -> Option<ContactId> {
        Some(ContactId::of(self.account_id?, self.data.get("contactId")?))
    }
}

/// Whom something concerns. It is read with the thing and never stored with it, so a person who is renamed or deleted
/// does not live on in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct About {
    /// The conversation's number within the Chatwoot account, as agents know it; null: it is about no conversation.
    #[schema(example = 7)]
    pub chatwoot_conversation_id: Option<i64>,
    /// The conversation's channel, `Channel::…`, as Chatwoot names it.
    #[schema(example = "Channel::WebWidget")]
    pub channel: Option<String>,
    /// The customer; null: nobody, or nobody whom Chatwoot still knows.
    pub contact: Option<NamedContact>,
}

/// A customer, by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NamedContact {
    /// Our id.
    pub id: ContactId,
    /// Display name.
    pub name: Option<String>,
}

impl About {
    /// Whom it concerns if something happens in a conversation.
    pub fn conversation(conversation: &Conversation) -> Self {
        let contact = conversation.contact.as_ref();
        Self {
            chatwoot_conversation_id: Some(conversation.chatwoot_id),
            channel: conversation.channel.clone(),
            contact: contact
                .map(|contact| NamedContact { id: contact.id, name: contact.name.clone() }),
        }
    }
}

/// Who did something.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Actor {
    /// `contact`, `user`, `agent_bot`, `member` (a person of this workspace),
    /// `api_key` (a machine of this workspace), `system`.
    #[serde(rename = "type")]
    #[schema(example = "user")]
    pub kind: String,
    /// Id among those of its type.
    pub id: Option<String>,
    /// Display name.
    pub name: Option<String>,
}
