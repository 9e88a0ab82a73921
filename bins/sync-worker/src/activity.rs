//! Derives activities, the lines of the timeline, from events.
//!
//! An activity holds only what every report of the same thing agrees on. Its id is derived from the thing, what
//! happened to it, and which time it happened, so two reports of it are one line.

use chatwoot::{MessageStatus, MessageType, Sender, Webhook, webhook};
use chrono::{DateTime, Utc};
use domain::{
    AccountKey, Activity, ActivityId, Actor, ContactId, Conversation, Digest, FreeForm, Message,
    Version, snapshot,
};
use events::Inbound;
use serde_json::{Value, json};

use self::changes::{fields, impersonal, told};
use crate::clock::{self, whole_millis};

mod changes;

/// An activity whose conversation's id is not known yet.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// The activity, without its conversation.
    pub activity: Activity,
    /// The display id of its conversation.
    pub conversation: Option<i64>,
    /// Chatwoot's number of the message that it is about.
    pub message: Option<i64>,
    /// Chatwoot's number of the contact that it is about.
    pub contact: Option<i64>,
    /// Whether its time is only that of its receipt.
    pub undated: bool,
    /// Whether it is history, which is recorded but not announced.
    pub silent: bool,
}

/// The activities of an event, of which there is mostly one.
pub fn drafts(inbound: &Inbound, webhook: &Webhook) -> Vec<Draft> {
    let teller = Teller { inbound };
    match webhook {
        Webhook::MessageCreated(event) => vec![teller.message_created(event)],
        Webhook::MessageUpdated(event) => vec![teller.message_updated(event)],
        Webhook::ConversationCreated(event) => vec![teller.conversation_created(event)],
        Webhook::ConversationUpdated(event) => teller.conversation_updated(event),
        Webhook::ConversationStatusChanged(event) => vec![teller.status_changed(event)],
        Webhook::ContactCreated(event) => vec![teller.contact_created(event)],
        Webhook::ContactUpdated(event) => teller.contact_updated(event, None).into_iter().collect(),
        Webhook::WebwidgetTriggered(event) => vec![teller.widget_opened(event)],
        Webhook::TypingOn(_)
        | Webhook::TypingOff(_)
        | Webhook::InboxCreated(_)
        | Webhook::InboxUpdated(_)
        | Webhook::Unknown { .. } => Vec::new(),
    }
}

/// An announcement, for screens only, that a conversation's row has changed although there is no new line of the
/// timeline: somebody has looked at it, say, or it has another contact now. Its id differs for each state of the row.
pub fn conversation_refreshed(account: AccountKey, row: &Conversation) -> Activity {
    let (kind, look) = ("conversation_refreshed", row.updated_at.timestamp_micros().to_be_bytes());
    Activity {
        id: ActivityId::of(account, kind, row.chatwoot_id, &look),
        kind: kind.to_owned(),
        source: "axis".to_owned(),
        account_id: Some(account),
        conversation_id: Some(row.id),
        about: None,
        actor: None,
        occurred_at: row.updated_at,
        data: json!({ "chatwootConversationId": row.chatwoot_id }).into(),
    }
}

/// An announcement, for screens only, that a message has changed which has no line of the timeline, or whose line was
/// announced before it changed. Its id differs for each state of the row.
pub fn message_refreshed(account: AccountKey, place: &Conversation, row: &Message) -> Activity {
    let refreshed = conversation_refreshed(account, place);
    let at = row.updated_at.timestamp_micros().to_be_bytes();
    let look = [row.id.0.as_bytes().as_slice(), at.as_slice()].concat();
    let id = ActivityId::of(account, &refreshed.kind, place.chatwoot_id, &look);
    Activity { id, occurred_at: row.updated_at, ..refreshed }
}

/// An announcement, for screens only, of which `fields` of a contact have changed, as far as that is known.
/// Announcements do not carry contacts' rows. Its id differs for each state of the contact.
pub fn contact_refreshed(
    look: &snapshot::Contact,
    at: DateTime<Utc>,
    fields: &[String],
) -> Activity {
    let (kind, number) = ("contact_refreshed", look.chatwoot_id);
    let Version { at: known_at, step, digest } = look.version;
    let version: Vec<u8> =
        [known_at, step, digest].into_iter().flat_map(i64::to_be_bytes).collect();
    let mut data = whom(look.account, number);
    data["fields"] = json!(fields);
    Activity {
        id: ActivityId::of(look.account, kind, number, &version),
        kind: kind.to_owned(),
        source: "axis".to_owned(),
        account_id: Some(look.account),
        conversation_id: None,
        about: None,
        actor: None,
        occurred_at: at,
        data: data.into(),
    }
}

/// Identifies a contact by Chatwoot's number and by the id of their row, which is what clients know.
fn whom(account: AccountKey, number: i64) -> Value {
    json!({ "contactId": number, "contact": ContactId::of(account, number) })
}

/// The actor that a sender is.
pub fn actor(sender: &Sender) -> Actor {
    let kind = match sender {
        Sender::Contact(_) => "contact",
        Sender::User { .. } => "user",
        Sender::AgentBot { .. } | Sender::Other { .. } => "agent_bot",
    };
    let name = match sender {
        Sender::Contact(contact) => contact.name.clone(),
        Sender::User { name, .. } | Sender::AgentBot { name, .. } | Sender::Other { name, .. } => {
            name.clone()
        }
    };
    Actor { kind: kind.to_owned(), id: sender.id().map(|id| id.to_string()), name }
}

const BEGUN: &str = "conversation_created";
const CREATED: &str = "message_created";
const DELETED: &str = "message_deleted";
const FAILED: &str = "message_failed";
const STATUS_CHANGED: &str = "conversation_status_changed";

/// The id of the line that says that a conversation is new. Each conversation has one.
pub(crate) fn beginning(account: AccountKey, display_id: i64) -> ActivityId {
    ActivityId::of(account, BEGUN, display_id, &[])
}

/// The id of the line that says that a message is new. Each message has one.
pub(crate) fn creation(account: AccountKey, message: i64) -> ActivityId {
    ActivityId::of(account, CREATED, message, &[])
}

/// The id of the line that says that a message was deleted, which happens once.
pub(crate) fn deletion(account: AccountKey, message: i64) -> ActivityId {
    ActivityId::of(account, DELETED, message, &[])
}

/// The id of the line that says that a message was not delivered. No body says when it failed, so there is one line for
/// each reason that was given, however it is noticed.
pub(crate) fn failure(account: AccountKey, message: &chatwoot::Message) -> ActivityId {
    ActivityId::of(account, FAILED, message.id, &reason(message))
}

/// Whether a message shows that it was not delivered.
pub(crate) fn failed(message: &chatwoot::Message) -> bool {
    let refused = message.external_error().is_some();
    !message.deleted() && (refused || message.status == Some(MessageStatus::Failed))
}

/// Whether a message goes out through a channel, which reports on its delivery.
pub(crate) fn leaves(message: &chatwoot::Message) -> bool {
    let leaving = [MessageType::Outgoing, MessageType::Template];
    !message.private && message.message_type.as_ref().is_some_and(|kind| leaving.contains(kind))
}

fn reason(message: &chatwoot::Message) -> [u8; 8] {
    Digest::of(&json!(message.external_error())).to_be_bytes()
}

/// Makes drafts of what happened according to one event.
pub(crate) struct Teller<'a> {
    /// The event.
    pub(crate) inbound: &'a Inbound,
}

impl Teller<'_> {
    fn tell(&self, kind: &str, entity: i64, version: &[u8], at: Option<DateTime<Utc>>) -> Draft {
        // Months that have yet to come have no partition for what is ahead.
        let at = at.filter(|at| !clock::is_ahead(*at, self.inbound.received_at));
        Draft {
            activity: Activity {
                id: ActivityId::of(self.inbound.account, kind, entity, version),
                kind: kind.to_owned(),
                source: "chatwoot".to_owned(),
                account_id: Some(self.inbound.account),
                conversation_id: None,
                about: None,
                actor: None,
                occurred_at: at.unwrap_or(self.inbound.received_at),
                data: FreeForm::default(),
            },
            conversation: None,
            message: None,
            contact: None,
            undated: at.is_none(),
            silent: false,
        }
    }

    fn whom(&self, number: i64) -> Value {
        whom(self.inbound.account, number)
    }

    pub(crate) fn message_created(&self, event: &webhook::MessageEvent) -> Draft {
        let message = &event.message;
        self.tell(CREATED, message.id, &[], message.created_at).about(event)
    }

    pub(crate) fn message_updated(&self, event: &webhook::MessageEvent) -> Draft {
        let (message, place) = (&event.message, &event.conversation);
        if message.deleted() {
            // Only once. Its time is that of the creation, the only one that every report has.
            let told = self.tell(DELETED, message.id, &[], message.created_at);
            return told.about(event).by_nobody();
        }
        if failed(message) {
            let told = self.tell(FAILED, message.id, &reason(message), None);
            return told.about(event).by_nobody();
        }
        // The body does not say what changed.
        let kind = match &message.status {
            Some(MessageStatus::Delivered) => "message_delivered",
            Some(MessageStatus::Read) => "message_read",
            // That the channel has taken it, or nothing: the body has the status of a conversation's newest message only.
            _ => "message_updated",
        };
        // The message's own version dates the update, however late the body was built.
        let own = message.updated_at_us.map(whole_millis);
        // Ahead or not: it tells this update from others.
        let any = DateTime::<Utc>::MAX_UTC;
        let at = own.unwrap_or_else(|| {
            clock::of_conversation(place, any).max(clock::of_message(message, any))
        });
        // Earlier versions knew only the text that the body prints itself, and a line keeps its id.
        let text = event.printed.clone().unwrap_or_else(|| json!(message.content));
        let what = json!([text, message.content_attributes, message.status]);
        let version = [at.to_be_bytes(), Digest::of(&what).to_be_bytes()].concat();
        self.tell(kind, message.id, &version, clock::time(at)).about(event).by_nobody()
    }

    pub(crate) fn conversation_created(&self, event: &webhook::ConversationEvent) -> Draft {
        let place = &event.conversation;
        self.tell(BEGUN, place.display_id, &[], place.created_at)
            .within(place)
            .with(json!({ "chatwootConversationId": place.display_id }))
    }

    /// The status has a line of its own, the same one that `conversation_status_changed` makes.
    pub(crate) fn conversation_updated(&self, event: &webhook::ConversationEvent) -> Vec<Draft> {
        let place = &event.conversation;
        let status = event.changes.get("status").is_some().then(|| self.status_changed(event));
        let changes: Vec<Value> = told(&event.changes, |attribute| attribute != "status");
        if changes.is_empty() && !event.changes.is_empty() {
            return status.into_iter().collect();
        }
        let at = event_time(event);
        let (changes, digest) = (impersonal(&changes), Digest::of(&Value::Array(changes)));
        let version = [at.to_be_bytes(), digest.to_be_bytes()].concat();
        let updated = self
            .tell("conversation_updated", place.display_id, &version, clock::time(at))
            .within(place)
            .with(json!({ "chatwootConversationId": place.display_id, "changes": changes }));
        status.into_iter().chain([updated]).collect()
    }

    /// One line, whether or not Chatwoot says what the status was before. Of two reports, the one that says so is kept.
    fn status_changed(&self, event: &webhook::ConversationEvent) -> Draft {
        let place = &event.conversation;
        let (from, to) = if let Some(change) = event.changes.get("status") {
            (change.previous.clone(), change.current.clone())
        } else {
            let to = place.status.as_ref().map(|status| status.as_str().into());
            (Value::Null, to.unwrap_or_default())
        };
        let at = event_time(event);
        let version = [at.to_be_bytes(), Digest::of(&to).to_be_bytes()].concat();
        let mut data = json!({ "chatwootConversationId": place.display_id, "to": to });
        if !from.is_null() {
            data["from"] = from;
        }
        let told = self.tell(STATUS_CHANGED, place.display_id, &version, clock::time(at));
        told.within(place).with(data)
    }

    pub(crate) fn contact_created(&self, event: &webhook::ContactEvent) -> Draft {
        let told = self.tell("contact_created", event.contact.id, &[], None);
        told.with_contact(self.whom(event.contact.id), event.contact.id)
    }

    /// Undated: nobody knows when it happened, and the first notice of it is kept.
    pub(crate) fn conversation_deleted(&self, display_id: i64, noticed_at: i64) -> Draft {
        let mut told = self.tell("conversation_deleted", display_id, &[], None);
        told.activity.occurred_at = clock::time(noticed_at).unwrap_or(self.inbound.received_at);
        told.conversation = Some(display_id);
        told.with(json!({ "chatwootConversationId": display_id }))
    }

    /// Undated, like the deletion of a conversation. The contact may have been merged into another one.
    pub(crate) fn contact_deleted(&self, contact: i64, noticed_at: i64) -> Draft {
        let mut told = self.tell("contact_deleted", contact, &[], None);
        told.activity.occurred_at = clock::time(noticed_at).unwrap_or(self.inbound.received_at);
        told.with_contact(self.whom(contact), contact)
    }

    /// Returns `None` if only the last activity changed, which happens with every message. A change that the reconciler
    /// `found` by comparing rows has no date, so the version that the row showed tells which time it happened.
    pub(crate) fn contact_updated(
        &self,
        event: &webhook::ContactEvent,
        found: Option<Version>,
    ) -> Option<Draft> {
        let changes = told(&event.changes, |_| true);
        if changes.is_empty() && !event.changes.is_empty() {
            return None;
        }
        let at = event.changes.updated_at_us().map_or(0, whole_millis);
        let digest = Digest::of(&Value::Array(changes));
        let shown = found.into_iter().flat_map(|shown| [shown.at, shown.step, shown.digest]);
        let version: Vec<u8> =
            [at, digest].into_iter().chain(shown).flat_map(i64::to_be_bytes).collect();
        let told = self.tell("contact_updated", event.contact.id, &version, clock::time(at));
        // The fields' names and not their values, which are personal data and may have to be erased.
        let mut data = self.whom(event.contact.id);
        data["fields"] = json!(fields(&event.changes));
        Some(told.with_contact(data, event.contact.id))
    }

    /// Undated, so the first report is kept. A second one could not say anything different.
    fn widget_opened(&self, event: &webhook::WidgetEvent) -> Draft {
        let place = event.conversation.as_ref();
        let visit = json!([event.source_id, event.event_info, place.map(|p| p.display_id)]);
        let entity = event.contact_inbox_id.unwrap_or(0);
        let version = Digest::of(&visit).to_be_bytes();
        let mut told = self.tell("widget_opened", entity, &version, None);
        if let Some(place) = place {
            told = told.within(place);
        }
        let contact = event.contact.as_ref().map(|contact| contact.id);
        told.activity.actor = contact.map(|id| Actor {
            kind: "contact".to_owned(),
            id: Some(id.to_string()),
            name: None,
        });
        told.with(json!({ "contactId": contact }))
    }
}

impl Draft {
    fn with(mut self, data: Value) -> Self {
        self.activity.data = data.into();
        self
    }

    fn with_contact(self, data: Value, number: i64) -> Self {
        Self { contact: Some(number), ..self.with(data) }
    }

    fn within(mut self, conversation: &chatwoot::Conversation) -> Self {
        self.conversation = Some(conversation.display_id);
        self
    }

    /// Bodies name who wrote a message and not who deleted or changed it: agents delete what customers wrote, Chatwoot
    /// adds translations and transcripts, and channels report on deliveries.
    fn by_nobody(mut self) -> Self {
        self.activity.actor = None;
        self
    }

    fn about(mut self, event: &webhook::MessageEvent) -> Self {
        let message = &event.message;
        self.message = Some(message.id);
        self.activity.actor = message.sender.as_ref().map(actor);
        self.within(&event.conversation).with(json!({
            "chatwootConversationId": event.conversation.display_id,
            "chatwootMessageId": message.id,
            "messageType": message.message_type,
            "private": message.private,
        }))
    }
}

/// The version that the event made: that of its own changes, or else that of the snapshot. In whole milliseconds, since
/// the two are printed with different precision.
fn event_time(event: &webhook::ConversationEvent) -> i64 {
    let own = event.changes.updated_at_us().or(event.conversation.updated_at_us);
    whole_millis(own.unwrap_or(0))
}
