//! What the reconciler's own events ask for.

use chatwoot::{Changes, Contact, Conversation, Message, webhook};
use domain::snapshot;
use events::Inbound;
use serde_json::Value;
use store::catalogue::Owner;
use store::{contacts, conversations};

use super::body::{Body, ContactRead, ConversationRead, Found, Gone, MessageRead};
use crate::activity::{Draft, Teller, failed};
use crate::apply::{contact, conversation, message};
use crate::clock;
use crate::plan::{GoneRow, Plan, Refusal};

/// Reads a body of our own. Like [`crate::plan()`], this depends only on its arguments.
pub(crate) fn plan(inbound: &Inbound, body: &[u8]) -> Result<Plan, Refusal> {
    let owner = Owner { tenant: inbound.tenant.clone(), account: inbound.account };
    let reader = Reader { owner, teller: Teller { inbound } };
    match serde_json::from_slice(body)? {
        Body::Conversation(read) => reader.conversation(read),
        Body::Contact(read) => reader.contact(read),
        Body::Gone(gone) => reader.gone(&gone),
    }
}

struct Reader<'a> {
    owner: Owner,
    teller: Teller<'a>,
}

impl Reader<'_> {
    fn conversation(&self, read: ConversationRead) -> Result<Plan, Refusal> {
        let mut plan = Plan::default();
        let described = Conversation::from_value(&read.conversation)
            .ok_or(Refusal::Nameless { what: "conversation" })?;
        let heard_at = self.teller.inbound.received_at;
        let at = clock::of_conversation(&described, heard_at);
        if let Some(person) = &described.contact {
            let mentioned = contact::Occasion::Mentioned;
            plan.contacts.push(contact::snapshot(&self.owner, person.clone(), mentioned, at));
        }
        let contact = described.contact.as_ref().map(|person| person.id);
        let mut snapshot =
            conversation::snapshot(&self.owner, described.clone(), contact, heard_at);
        if let Some(found) = &read.found {
            snapshot.version = found.version(snapshot.version, heard_at);
            plan.activities = self.told_of(&described, found);
        }
        plan.conversations.push(snapshot);
        for one in read.messages {
            let (snapshot, told) = self.message(one, &described, at, read.quiet)?;
            plan.messages.push(snapshot);
            plan.activities
                .extend(told.into_iter().map(|told| Draft { silent: read.quiet, ..told }));
        }
        Ok(plan)
    }

    /// The activities that the missed webhooks would have made, as far as that can be known.
    fn told_of(&self, described: &Conversation, found: &Found) -> Vec<Draft> {
        let event = webhook::ConversationEvent {
            account: None,
            conversation: described.clone(),
            changes: changes(found),
        };
        let mut told = Vec::new();
        if found.missing {
            told.push(self.teller.conversation_created(&event));
        }
        if !found.changed_attributes.is_empty() {
            told.extend(self.teller.conversation_updated(&event));
        }
        told
    }

    fn message(
        &self,
        read: MessageRead,
        place: &Conversation,
        at: i64,
        quiet: bool,
    ) -> Result<(snapshot::Message, Vec<Draft>), Refusal> {
        let MessageRead { message: words, found, delivery_over, failed: failure_is_news } = read;
        let described = Message::from_value(&words).ok_or(Refusal::Nameless { what: "message" })?;
        let read = message::Occasion::Read;
        let received_at = self.teller.inbound.received_at;
        let mut snapshot = message::snapshot(
            &self.owner,
            described.clone(),
            place.display_id,
            read,
            at,
            received_at,
        );
        snapshot.version = found.version(snapshot.version, received_at);
        // A report is newer than a different one that the row has shown since before the request. One that is dated
        // ahead is set back by any.
        let delivery_over = clock::credible(delivery_over, received_at).unwrap_or(0);
        let reported_at = at.max(delivery_over.saturating_add(i64::from(delivery_over > 0)));
        snapshot.delivery = message::delivery(&described, reported_at, received_at);
        let event = webhook::MessageEvent {
            account: None,
            message: described,
            printed: None,
            conversation: place.clone(),
            inbox: None,
            changes: Changes::default(),
        };
        let mut told = Vec::new();
        if found.missing {
            told.push(self.teller.message_created(&event));
        }
        // Nobody can say any more when a failure of long ago happened. And a message whose failure has its line may
        // differ in something else.
        let is_told = if failed(&event.message) {
            failure_is_news && !quiet
        } else {
            !found.missing || event.message.deleted()
        };
        if is_told {
            told.push(self.teller.message_updated(&event));
        }
        Ok((snapshot, told))
    }

    fn contact(&self, read: ContactRead) -> Result<Plan, Refusal> {
        let ContactRead { contact: words, found, at } = read;
        let described = Contact::from_value(&words).ok_or(Refusal::Nameless { what: "contact" })?;
        let mentioned = contact::Occasion::Mentioned;
        let mut snapshot = contact::snapshot(&self.owner, described.clone(), mentioned, at);
        snapshot.version = found.version(snapshot.version, self.teller.inbound.received_at);
        let changes = changes(&found);
        let event = webhook::ContactEvent { account: None, contact: described, changes };
        let told = if found.missing {
            Some(self.teller.contact_created(&event))
        } else {
            self.teller.contact_updated(&event, found.over)
        };
        let activities = told.into_iter().collect();
        Ok(Plan { contacts: vec![snapshot], activities, ..Plan::default() })
    }

    fn gone(&self, gone: &Gone) -> Result<Plan, Refusal> {
        let Owner { tenant, account } = &self.owner;
        let (row, told) = match (gone.conversation, gone.created_at, gone.contact) {
            (Some(display_id), Some(created_at), None) => {
                let row = conversations::mirror::Gone {
                    tenant: tenant.clone(),
                    account: *account,
                    display_id,
                    created_at,
                    at: gone.at,
                };
                let told = self.teller.conversation_deleted(display_id, gone.at);
                (GoneRow::Conversation(row), told)
            }
            (None, None, Some(chatwoot_id)) => {
                let row = contacts::mirror::Gone {
                    tenant: tenant.clone(),
                    account: *account,
                    chatwoot_id,
                    at: gone.at,
                };
                (GoneRow::Contact(row), self.teller.contact_deleted(chatwoot_id, gone.at))
            }
            _ => return Err(Refusal::Nameless { what: "thing that is gone" }),
        };
        Ok(Plan { gone: vec![row], activities: vec![told], ..Plan::default() })
    }
}

fn changes(found: &Found) -> Changes {
    Changes::read(Some(Value::Array(found.changed_attributes.clone())))
}

#[cfg(test)]
mod tests {
    use domain::AccountKey;
    use serde_json::json;

    use super::*;
    use crate::plan::tests::inbound;

    #[test]
    fn a_failure_is_told_with_its_message_unless_it_is_history() {
        let told = |quiet: bool, missing: bool, failed: bool| {
            let words = json!({ "id": 9, "message_type": 1, "status": "failed" });
            let found = Found { missing, ..Found::default() };
            let body = Body::Conversation(ConversationRead {
                conversation: json!({ "id": 7, "updated_at": 1.5 }),
                found: None,
                quiet,
                messages: vec![MessageRead { message: words, found, delivery_over: 0, failed }],
            });
            let body = serde_json::to_vec(&body).unwrap();
            let account = AccountKey(uuid::Uuid::from_u128(7));
            let drafts = plan(&inbound(account), &body).unwrap().activities;
            drafts.into_iter().map(|draft| draft.activity.kind).collect::<Vec<_>>()
        };
        assert_eq!(told(false, true, true), ["message_created", "message_failed"]);
        assert_eq!(told(false, true, false), ["message_created"]);
        assert_eq!(told(true, true, true), ["message_created"]);
        assert_eq!(told(false, false, true), ["message_failed"]);
        assert_eq!(told(false, false, false), [""; 0]);
    }

    #[test]
    fn a_beginning_that_nobody_was_told_of_hides_nothing_else_that_was_missed() {
        let change = json!({ "status": { "previous_value": "open", "current_value": "resolved" } });
        let found = Found { missing: true, changed_attributes: vec![change], ..Found::default() };
        let told = |found: Found| {
            let body = Body::Conversation(ConversationRead {
                conversation: json!({ "id": 7, "status": "resolved", "updated_at": 1.5 }),
                found: Some(found),
                quiet: false,
                messages: Vec::new(),
            });
            let body = serde_json::to_vec(&body).unwrap();
            let account = AccountKey(uuid::Uuid::from_u128(7));
            let drafts = plan(&inbound(account), &body).unwrap().activities;
            drafts.into_iter().map(|draft| draft.activity.kind).collect::<Vec<_>>()
        };
        assert_eq!(told(found.clone()), ["conversation_created", "conversation_status_changed"]);
        assert_eq!(told(Found { missing: false, ..found }), ["conversation_status_changed"]);
        assert_eq!(told(Found::missing()), ["conversation_created"]);
        assert!(told(Found::default()).is_empty());
    }
}
