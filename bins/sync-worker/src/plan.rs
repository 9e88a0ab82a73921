//! What an event asks for: rows to merge, activities to tell, somebody's typing to show.

use chatwoot::{Sender, Webhook, webhook};
use domain::snapshot;
use events::Inbound;

use crate::activity::{self, Draft};
use crate::apply::{Owner, contact, conversation, message};
use crate::{clock, reconcile};

/// All that one event asks for.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Plan {
    /// Contacts it describes.
    pub contacts: Vec<snapshot::Contact>,
    /// Conversations it describes.
    pub conversations: Vec<snapshot::Conversation>,
    /// Messages it describes.
    pub messages: Vec<snapshot::Message>,
    /// What happened.
    pub activities: Vec<Draft>,
    /// Who types.
    pub typing: Option<Typing>,
    /// What Chatwoot does not know any more.
    pub gone: Vec<GoneRow>,
}

/// Something that Chatwoot does not know any more.
#[derive(Debug, Clone, PartialEq)]
pub enum GoneRow {
    /// A conversation.
    Conversation(store::conversations::mirror::Gone),
    /// A contact.
    Contact(store::contacts::mirror::Gone),
}

/// Somebody began or stopped to type.
#[derive(Debug, Clone, PartialEq)]
pub struct Typing {
    /// Display id of the conversation.
    pub conversation: i64,
    /// `contact`, `user`, `agent_bot`.
    pub actor_type: String,
    /// The typist's name.
    pub name: Option<String>,
    /// Began, or stopped.
    pub on: bool,
    /// It is a note.
    pub private: bool,
}

/// Why an event can never be applied.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The body is not what it says it is.
    #[error(transparent)]
    Undecodable(#[from] chatwoot::DecodeError),
    /// A body of our own is not one.
    #[error("the body is none of the reconciler's: {0}")]
    Foreign(#[from] serde_json::Error),
    /// A body of our own does not say what it is about.
    #[error("the body has no id of the {what} that was read")]
    Nameless {
        /// What was read.
        what: &'static str,
    },
}

/// Reads a body. Depends on nothing but its arguments, so the same event always asks for the same.
pub fn plan(inbound: &Inbound, body: &[u8]) -> Result<Plan, Refusal> {
    if inbound.origin == reconcile::ORIGIN {
        return reconcile::plan(inbound, body);
    }
    let webhook = chatwoot::decode(body)?;
    let owner = Owner { tenant: inbound.tenant.clone(), account: inbound.account };
    let mut plan = Plan { activities: activity::drafts(inbound, &webhook), ..Plan::default() };
    let at = inbound.received_at;
    match &webhook {
        Webhook::ConversationCreated(event)
        | Webhook::ConversationUpdated(event)
        | Webhook::ConversationStatusChanged(event) => {
            plan.conversation(&owner, &event.conversation, None, at);
        }
        Webhook::MessageCreated(event) => {
            plan.message(&owner, event, message::Occasion::Created, at);
        }
        Webhook::MessageUpdated(event) => {
            plan.message(&owner, event, message::Occasion::Updated, at);
        }
        Webhook::ContactCreated(event) => {
            let created = contact::Occasion::Created;
            plan.contacts.push(contact::snapshot(&owner, &event.contact, created, 0));
        }
        Webhook::ContactUpdated(event) => {
            let version = event.changes.updated_at_us().unwrap_or(0);
            let updated = contact::Occasion::Updated;
            plan.contacts.push(contact::snapshot(&owner, &event.contact, updated, version));
        }
        Webhook::WebwidgetTriggered(event) => {
            let now = event.conversation.as_ref().map_or(0, clock::of_conversation);
            if let Some(person) = &event.contact {
                plan.mention(&owner, person, now);
            }
            if let Some(current) = &event.conversation {
                plan.conversation(&owner, current, None, at);
            }
        }
        Webhook::TypingOn(event) => plan.typing(&owner, event, true, at),
        Webhook::TypingOff(event) => plan.typing(&owner, event, false, at),
        Webhook::InboxCreated(_) | Webhook::InboxUpdated(_) | Webhook::Unknown { .. } => {}
    }
    Ok(plan)
}

impl Plan {
    /// Whether the event asks for nothing.
    pub fn is_empty(&self) -> bool {
        self.contacts.is_empty()
            && self.conversations.is_empty()
            && self.messages.is_empty()
            && self.activities.is_empty()
            && self.typing.is_none()
            && self.gone.is_empty()
    }

    fn mention(&mut self, owner: &Owner, person: &chatwoot::Contact, at: i64) {
        self.contacts.push(contact::snapshot(owner, person, contact::Occasion::Mentioned, at));
    }

    /// A conversation with its contact and its newest message, unless that is the `own` one of the
    /// event, which the body describes better elsewhere.
    fn conversation(
        &mut self,
        owner: &Owner,
        described: &chatwoot::Conversation,
        own: Option<i64>,
        received_at: chrono::DateTime<chrono::Utc>,
    ) {
        let now = clock::of_conversation(described);
        if let Some(person) = &described.contact {
            self.mention(owner, person, now);
        }
        self.conversations.push(conversation::snapshot(owner, described));
        if let Some(newest) = described.newest_message.as_ref().filter(|m| Some(m.id) != own) {
            self.messages.push(message::snapshot(
                owner,
                newest,
                described.display_id,
                message::Occasion::Mentioned,
                now,
                received_at,
            ));
        }
    }

    fn message(
        &mut self,
        owner: &Owner,
        event: &webhook::MessageEvent,
        occasion: message::Occasion,
        received_at: chrono::DateTime<chrono::Utc>,
    ) {
        let (described, place) = (&event.message, &event.conversation);
        let now = clock::of_conversation(place).max(clock::of_message(described));
        self.conversation(owner, place, Some(described.id), received_at);
        if let Some(Sender::Contact(person)) = &described.sender {
            self.mention(owner, person, now);
        }
        self.messages.push(message::snapshot(
            owner,
            described,
            place.display_id,
            occasion,
            now,
            received_at,
        ));
    }

    fn typing(
        &mut self,
        owner: &Owner,
        event: &webhook::TypingEvent,
        on: bool,
        received_at: chrono::DateTime<chrono::Utc>,
    ) {
        self.conversation(owner, &event.conversation, None, received_at);
        let actor = event.user.as_ref().map(activity::actor);
        self.typing = Some(Typing {
            conversation: event.conversation.display_id,
            actor_type: actor.as_ref().map_or("user", |a| a.kind.as_str()).to_owned(),
            name: actor.and_then(|a| a.name),
            on,
            private: event.private,
        });
    }
}
