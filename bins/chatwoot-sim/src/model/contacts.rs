//! Contacts and their place in inboxes.

use serde_json::json;

use super::events::Subject;
use super::rows::{Contact, ContactInbox, Json, Person};
use super::{Denied, World};
use crate::bodies::times::iso;

/// Wanted fields of a contact. On a change, `None` keeps the old value.
#[derive(Debug, Clone, Default)]
pub(crate) struct NewContact {
    pub name: Option<String>,
    pub email: Option<String>,
    pub phone_number: Option<String>,
    pub identifier: Option<String>,
    pub additional_attributes: Option<Json>,
    pub custom_attributes: Option<Json>,
    pub blocked: Option<bool>,
}

impl World {
    fn check_contact(
        &self,
        account: i64,
        own: Option<i64>,
        wanted: &NewContact,
    ) -> Result<(), Denied> {
        if wanted.email.as_ref().is_some_and(|mail| !mail.contains('@')) {
            return Err(Denied::invalid("Email Invalid email", "email"));
        }
        if wanted.phone_number.as_ref().is_some_and(|number| !number.starts_with('+')) {
            let sentence = "Phone number should be in e164 format";
            return Err(Denied::invalid(sentence, "phone_number"));
        }
        let others = || {
            self.contacts.values().filter(|row| row.account_id == account && Some(row.id) != own)
        };
        let taken = |get: fn(&Contact) -> &Option<String>, value: &Option<String>| {
            value.is_some() && others().any(|row| get(row) == value)
        };
        if taken(|row| &row.email, &wanted.email) {
            return Err(Denied::invalid("Email has already been taken", "email"));
        }
        if taken(|row| &row.phone_number, &wanted.phone_number) {
            return Err(Denied::invalid("Phone number has already been taken", "phone_number"));
        }
        if taken(|row| &row.identifier, &wanted.identifier) {
            return Err(Denied::invalid("Identifier has already been taken", "identifier"));
        }
        Ok(())
    }

    pub(crate) fn add_contact(&mut self, account: i64, wanted: NewContact) -> Result<i64, Denied> {
        self.account(account)?;
        self.check_contact(account, None, &wanted)?;
        let (id, now) = (self.next_id(), self.now());
        let contact = Contact {
            id,
            account_id: account,
            name: wanted.name.unwrap_or_default(),
            email: wanted.email,
            phone_number: wanted.phone_number,
            identifier: wanted.identifier,
            additional_attributes: wanted.additional_attributes.unwrap_or_default(),
            custom_attributes: wanted.custom_attributes.unwrap_or_default(),
            blocked: wanted.blocked.unwrap_or_default(),
            last_activity_at: None,
            created_at: now,
            updated_at: now,
        };
        self.contacts.insert(id, contact);
        self.note(account, "contact_created", Subject::Contact { id }, None);
        Ok(id)
    }

    pub(crate) fn change_contact(
        &mut self,
        account: i64,
        id: i64,
        wanted: NewContact,
    ) -> Result<(), Denied> {
        self.contact(account, id)?;
        self.check_contact(account, Some(id), &wanted)?;
        let now = self.now();
        let row = self.contacts.get_mut(&id).ok_or(Denied::NotFound)?;
        let mut changes = Vec::new();
        if let Some(name) = wanted.name.filter(|name| *name != row.name) {
            changes.push(change("name", &json!(row.name), &json!(name)));
            row.name = name;
        }
        let texts = [
            ("email", &mut row.email, wanted.email),
            ("phone_number", &mut row.phone_number, wanted.phone_number),
            ("identifier", &mut row.identifier, wanted.identifier),
        ];
        for (column, old, new) in texts {
            if new.is_some() && *old != new {
                changes.push(change(column, &json!(old), &json!(new)));
                *old = new;
            }
        }
        let objects = [
            ("custom_attributes", &mut row.custom_attributes, wanted.custom_attributes),
            ("additional_attributes", &mut row.additional_attributes, wanted.additional_attributes),
        ];
        for (column, old, new) in objects {
            let Some(new) = new else { continue };
            let mut merged = old.clone();
            merged.extend(new);
            if merged != *old {
                changes.push(change(column, &json!(old), &json!(merged)));
                *old = merged;
            }
        }
        if let Some(blocked) = wanted.blocked.filter(|blocked| *blocked != row.blocked) {
            changes.push(change("blocked", &json!(row.blocked), &json!(blocked)));
            row.blocked = blocked;
        }
        if changes.is_empty() {
            return Ok(());
        }
        changes.push(change("updated_at", &json!(iso(row.updated_at)), &json!(iso(now))));
        row.updated_at = now;
        self.note(account, "contact_updated", Subject::Contact { id }, Some(json!(changes)));
        Ok(())
    }

    /// Does what every incoming message does to its writer.
    pub(crate) fn touch_contact(&mut self, account: i64, id: i64) -> Result<(), Denied> {
        let now = self.now();
        let row = self.contacts.get_mut(&id).ok_or(Denied::NotFound)?;
        let changed = json!([
            change("last_activity_at", &json!(row.last_activity_at.map(iso)), &json!(iso(now))),
            change("updated_at", &json!(iso(row.updated_at)), &json!(iso(now))),
        ]);
        row.last_activity_at = Some(now);
        row.updated_at = now;
        self.note(account, "contact_updated", Subject::Contact { id }, Some(changed));
        Ok(())
    }

    /// Gives what a contact has to another one, and removes the contact. The conversations are
    /// saved, but in no column whose changes are reported.
    pub(crate) fn merge_contacts(
        &mut self,
        account: i64,
        into: i64,
        merged: i64,
    ) -> Result<(), Denied> {
        self.contact(account, into)?;
        self.contact(account, merged)?;
        if into == merged {
            return Err(Denied::Failed("contact does not exist".to_owned()));
        }
        let now = self.now();
        self.contacts.remove(&merged);
        let places = self.contact_inboxes.values_mut();
        places.filter(|row| row.contact_id == merged).for_each(|row| row.contact_id = into);
        for row in self.account_mut(account)?.conversations.values_mut() {
            if row.contact_id == merged {
                row.contact_id = into;
                row.updated_at = now;
            }
            let messages = row.messages.values_mut();
            messages
                .filter(|message| message.sender == Some(Person::Contact(merged)))
                .for_each(|message| message.sender = Some(Person::Contact(into)));
        }
        Ok(())
    }

    /// Returns the contact's place in an inbox, and makes it if there is none.
    pub(crate) fn contact_inbox(
        &mut self,
        contact: i64,
        inbox: i64,
        source_id: Option<String>,
    ) -> i64 {
        let wanted = |row: &&ContactInbox| {
            row.contact_id == contact
                && row.inbox_id == inbox
                && source_id.as_ref().is_none_or(|id| *id == row.source_id)
        };
        if let Some(row) = self.contact_inboxes.values().find(wanted) {
            return row.id;
        }
        let (id, now) = (self.next_id(), self.now());
        let row = ContactInbox {
            id,
            contact_id: contact,
            inbox_id: inbox,
            source_id: source_id.unwrap_or_else(|| self.uuid()),
            pubsub_token: self.token(24),
            created_at: now,
            updated_at: now,
        };
        self.contact_inboxes.insert(id, row);
        id
    }
}

/// One entry of `changed_attributes`.
pub(super) fn change(
    column: &str,
    previous: &serde_json::Value,
    current: &serde_json::Value,
) -> serde_json::Value {
    json!({ column: { "previous_value": previous, "current_value": current } })
}
