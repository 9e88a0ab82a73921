//! What an event asks for: rows to merge, activities to announce, somebody's typing to show.

use chatwoot::{Sender, Webhook, webhook};
use chrono::{DateTime, Utc};
use domain::snapshot;
use events::Inbound;
use store::catalogue::Owner;

use crate::activity::{self, Draft};
use crate::apply::{contact, conversation, message};
use crate::{clock, reconcile};

/// Everything that one event asks for.
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
    /// Who began or stopped to type.
    pub typing: Option<Typing>,
    /// The message that the event says was updated, without giving its delivery status.
    pub unheard: Option<Unheard>,
    /// What no longer exists in Chatwoot.
    pub gone: Vec<GoneRow>,
    /// When it happened by Chatwoot's clock, if a webhook says so.
    pub happened_at: Option<DateTime<Utc>>,
}

/// Something that no longer exists in Chatwoot.
#[derive(Debug, Clone, PartialEq)]
pub enum GoneRow {
    /// A conversation.
    Conversation(store::conversations::mirror::Gone),
    /// A contact.
    Contact(store::contacts::mirror::Gone),
}

/// Identifies a message by its conversation's number and its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unheard {
    /// Display id of the conversation.
    pub conversation: i64,
    /// Number of the message.
    pub message: i64,
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
    /// Whether they began or stopped.
    pub on: bool,
    /// Whether it is a private note.
    pub private: bool,
}

/// Why an event can never be applied.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The body is not the event that it claims to be.
    #[error(transparent)]
    Undecodable(#[from] chatwoot::DecodeError),
    /// A body marked as our own is not in our form.
    #[error("the body is none of the reconciler's: {0}")]
    Foreign(#[from] serde_json::Error),
    /// A body of our own does not identify what it is about.
    #[error("the body has no id of the {what} that was read")]
    Nameless {
        /// What was read.
        what: &'static str,
    },
}

/// Reads a body. Depends only on its arguments, so the same event always yields the same plan.
pub fn plan(inbound: &Inbound, body: &[u8]) -> Result<Plan, Refusal> {
    if inbound.origin == reconcile::ORIGIN {
        return reconcile::plan(inbound, body);
    }
    let webhook = chatwoot::decode(body)?;
    let owner = Owner { tenant: inbound.tenant.clone(), account: inbound.account };
    let mut plan = Plan {
        activities: activity::drafts(inbound, &webhook),
        happened_at: clock::of_webhook(&webhook),
        ..Plan::default()
    };
    let at = inbound.received_at;
    match webhook {
        Webhook::ConversationCreated(event)
        | Webhook::ConversationUpdated(event)
        | Webhook::ConversationStatusChanged(event) => {
            plan.conversation(&owner, event.conversation, None, 0, at);
        }
        Webhook::MessageCreated(event) => {
            plan.message(&owner, event, message::Occasion::Created, at);
        }
        Webhook::MessageUpdated(event) => {
            plan.unheard = unheard(&event);
            plan.message(&owner, event, message::Occasion::Updated, at);
        }
        Webhook::ContactCreated(event) => {
            let created = contact::Occasion::Created;
            plan.contacts.push(contact::snapshot(&owner, event.contact, created, 0));
        }
        Webhook::ContactUpdated(event) => {
            let version = event.changes.updated_at_us().and_then(|us| clock::credible(us, at));
            let updated = contact::Occasion::Updated;
            plan.contacts.push(contact::snapshot(
                &owner,
                event.contact,
                updated,
                version.unwrap_or(0),
            ));
        }
        Webhook::WebwidgetTriggered(event) => {
            let now = event.conversation.as_ref();
            let now = now.map_or(0, |place| clock::of_conversation(place, at));
            if let Some(person) = event.contact {
                plan.mention(&owner, person, now);
            }
            if let Some(current) = event.conversation {
                plan.conversation(&owner, current, None, 0, at);
            }
        }
        Webhook::TypingOn(event) => plan.typing(&owner, event, true, at),
        Webhook::TypingOff(event) => plan.typing(&owner, event, false, at),
        Webhook::InboxCreated(_) | Webhook::InboxUpdated(_) | Webhook::Unknown { .. } => {}
    }
    Ok(plan)
}

/// Returns the message of an update that does not say how far the message got. A deletion or a failure does say so.
fn unheard(event: &webhook::MessageEvent) -> Option<Unheard> {
    let (message, conversation) = (&event.message, event.conversation.display_id);
    let told = message.status.is_some() || message.deleted() || activity::failed(message);
    let unheard = Unheard { conversation, message: message.id };
    (activity::leaves(message) && !told).then_some(unheard)
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

    fn mention(&mut self, owner: &Owner, person: chatwoot::Contact, at: i64) {
        self.contacts.push(contact::snapshot(owner, person, contact::Occasion::Mentioned, at));
    }

    /// Adds a conversation, its contact, who is known to have been like this at `known_at`, and its newest message,
    /// unless that is the event's `own` one, which the body describes better elsewhere.
    fn conversation(
        &mut self,
        owner: &Owner,
        mut described: chatwoot::Conversation,
        own: Option<i64>,
        known_at: i64,
        received_at: DateTime<Utc>,
    ) {
        let now = clock::of_conversation(&described, received_at);
        let display_id = described.display_id;
        if let Some(newest) = described.newest_message.take().filter(|m| Some(m.id) != own) {
            let mentioned = message::Occasion::Mentioned;
            let snapshot =
                message::snapshot(owner, newest, display_id, mentioned, now, received_at);
            self.messages.push(snapshot);
        }
        let person = described.contact.take();
        let contact = person.as_ref().map(|person| person.id);
        self.conversations.push(conversation::snapshot(owner, described, contact, received_at));
        if let Some(person) = person {
            self.mention(owner, person, now.max(known_at));
        }
    }

    fn message(
        &mut self,
        owner: &Owner,
        event: webhook::MessageEvent,
        occasion: message::Occasion,
        received_at: DateTime<Utc>,
    ) {
        let (described, place) = (event.message, event.conversation);
        let (own, display_id) = (described.id, place.display_id);
        let now = clock::of_conversation(&place, received_at)
            .max(clock::of_message(&described, received_at));
        let mut known_at = 0;
        match &described.sender {
            // The conversation describes the same contact in the same words, as it nearly always does.
            Some(Sender::Contact(person)) if place.contact.as_ref() == Some(person) => {
                known_at = now;
            }
            Some(Sender::Contact(person)) => self.mention(owner, person.clone(), now),
            _ => {}
        }
        self.messages.push(message::snapshot(
            owner,
            described,
            display_id,
            occasion,
            now,
            received_at,
        ));
        self.conversation(owner, place, Some(own), known_at, received_at);
    }

    fn typing(
        &mut self,
        owner: &Owner,
        event: webhook::TypingEvent,
        on: bool,
        received_at: DateTime<Utc>,
    ) {
        let display_id = event.conversation.display_id;
        self.conversation(owner, event.conversation, None, 0, received_at);
        let actor = event.user.as_ref().map(activity::actor);
        self.typing = Some(Typing {
            conversation: display_id,
            actor_type: actor.as_ref().map_or("user", |a| a.kind.as_str()).to_owned(),
            name: actor.and_then(|a| a.name),
            on,
            private: event.private,
        });
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use domain::{AccountKey, EventId};
    use events::TraceParent;
    use serde_json::{Value, json};

    use super::*;

    /// The head of an event of this account.
    pub(crate) fn inbound(account: AccountKey) -> Inbound {
        Inbound {
            id: EventId::generate(),
            account,
            tenant: "acme".parse().unwrap(),
            event: "message_created".to_owned(),
            received_at: Utc::now(),
            delivery: None,
            origin: "webhook".to_owned(),
            trace: TraceParent::generate(),
        }
    }

    #[test]
    fn all_that_is_read_here_has_a_subject_of_its_own() {
        for event in chatwoot::client::SUBSCRIPTIONS {
            assert!(events::subject::has_its_own(event), "{event}");
        }
        for kind in ["conversation", "contact", "gone"] {
            assert!(events::subject::has_its_own(&format!("reconciled_{kind}")), "{kind}");
        }
    }

    fn contacts(change: impl Fn(&mut Value)) -> Vec<snapshot::Contact> {
        let example = chatwoot::examples().iter().find(|(name, _)| *name == "message_created");
        let mut body: Value = serde_json::from_str(example.unwrap().1).unwrap();
        // The message is newer than what its conversation knows of.
        body["created_at"] = json!("2030-01-01T00:00:00.000Z");
        change(&mut body);
        let received_at = "2030-01-01T00:00:01Z".parse().unwrap();
        let inbound = Inbound { received_at, ..inbound(AccountKey::generate()) };
        plan(&inbound, body.to_string().as_bytes()).unwrap().contacts
    }

    /// A replay makes no second line of what an earlier version has told, which knew only the text at the top.
    #[test]
    fn the_line_of_an_update_keeps_its_id_whichever_of_two_texts_the_row_has() {
        let name = "message_updated";
        let example = chatwoot::examples().iter().find(|(one, _)| *one == name);
        let mut body: Value = serde_json::from_str(example.unwrap().1).unwrap();
        let message = body["conversation"]["messages"][0].as_object_mut().unwrap();
        message.insert("content".to_owned(), "It is **on its way**.".into());
        let inbound = inbound(AccountKey(uuid::Uuid::nil()));
        let printed =
            [json!("<p>It is <b>on its way</b>.</p>"), json!("It is **on its way**."), Value::Null];
        let ids = printed.map(|printed| {
            body["content"] = printed;
            let mut planned = plan(&inbound, body.to_string().as_bytes()).unwrap();
            let text = planned.messages.remove(0).state.content;
            (planned.activities.remove(0).activity.id.to_string(), text)
        });
        let expected = [
            "93c3b187-c11a-84f1-aef5-4b07aed39bd1",
            "7834df6c-70e7-8dcf-b8d1-fb2a28e8af35",
            "6529f594-4779-8276-9c89-847109412a67",
        ];
        let expected = expected.map(|id| (id.to_owned(), Some("It is **on its way**.".to_owned())));
        assert_eq!(ids, expected);
    }

    #[test]
    fn a_contact_described_twice_alike_is_one_that_was_so_when_the_message_came() {
        let mut twice = contacts(|body| body["sender"]["name"] = json!("Another"));
        assert_eq!(twice.len(), 2);
        let once = contacts(|_| {});
        twice.retain(|contact| contact.state.name.as_deref() == Some("Another"));
        assert_eq!((once.len(), twice.len()), (1, 1));
        assert_eq!(once[0].version.at, twice[0].version.at);
        assert_eq!(once[0].version.at, 1_893_456_000_000_000);
    }
}
