//! The customers themselves, called from tests.

use serde_json::{Value, json};

use crate::model::{Denied, NewContact, World};
use crate::sim::{Sim, SimError};

/// A customer to create. All fields may be left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Customer {
    /// Name as shown.
    pub name: Option<String>,
    /// E-mail address, unique in the account.
    pub email: Option<String>,
    /// Phone number in E.164, unique in the account.
    pub phone_number: Option<String>,
}

impl Sim {
    /// Adds a contact. Returns its id.
    pub fn create_contact(&self, account: i64, customer: Customer) -> Result<i64, SimError> {
        self.act(|world| add_customer(world, account, customer))
    }

    /// Changes a contact's name.
    pub fn rename_contact(&self, account: i64, id: i64, name: &str) -> Result<(), SimError> {
        let wanted = NewContact { name: Some(name.to_owned()), ..NewContact::default() };
        self.act(|world| world.change_contact(account, id, wanted))
    }

    /// Sets an attribute of a contact.
    pub fn describe_contact(
        &self,
        account: i64,
        id: i64,
        attribute: &str,
        value: &str,
    ) -> Result<(), SimError> {
        let attributes = [(attribute.to_owned(), json!(value))].into_iter().collect();
        let wanted = NewContact { custom_attributes: Some(attributes), ..NewContact::default() };
        self.act(|world| world.change_contact(account, id, wanted))
    }

    /// Blocks a contact, or no longer does.
    pub fn block_contact(&self, account: i64, id: i64, blocked: bool) -> Result<(), SimError> {
        let wanted = NewContact { blocked: Some(blocked), ..NewContact::default() };
        self.act(|world| world.change_contact(account, id, wanted))
    }

    /// Gives all that a contact has to another one, and removes the contact. Nothing is sent.
    pub fn merge_contacts(&self, account: i64, into: i64, merged: i64) -> Result<(), SimError> {
        self.act(|world| world.merge_contacts(account, into, merged))
    }

    /// Removes a contact who has no conversation. Nothing is sent.
    pub fn delete_contact(&self, account: i64, id: i64) -> Result<(), SimError> {
        self.act(|world| {
            world.contact(account, id)?;
            world.contacts.remove(&id);
            world.contact_inboxes.retain(|_, row| row.contact_id != id);
            Ok(())
        })
    }

    /// Returns the contact of a conversation in the form of a REST answer.
    pub fn contact_of(&self, account: i64, conversation: i64) -> Result<Value, SimError> {
        self.read(|world| {
            let id = world.conversation(account, conversation)?.contact_id;
            Ok(crate::bodies::rest::contact(world, world.contact(account, id)?, true))
        })
    }
}

fn add_customer(world: &mut World, account: i64, customer: Customer) -> Result<i64, Denied> {
    let wanted = NewContact {
        name: Some(customer.name.unwrap_or_else(|| "Sam Example".to_owned())),
        email: customer.email,
        phone_number: customer.phone_number,
        ..NewContact::default()
    };
    world.add_contact(account, wanted)
}
