//! Snapshots of contacts.

use domain::snapshot::{Contact, ContactState};
use domain::{ContactId, Version};
use store::catalogue::Owner;

/// How a body came to speak of a contact; later ones win within one instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occasion {
    /// It is new. The body has no time at all.
    Created,
    /// It is part of something else, built at that body's time.
    Mentioned,
    /// It changed.
    Updated,
}

/// The snapshot of a contact as it was at `at` (microseconds since 1970, 0 unknown).
pub fn snapshot(owner: &Owner, contact: chatwoot::Contact, occasion: Occasion, at: i64) -> Contact {
    let state = ContactState {
        name: contact.name,
        email: contact.email,
        phone_number: contact.phone_number,
        identifier: contact.identifier,
        thumbnail: contact.thumbnail,
        additional_attributes: contact.additional_attributes.into(),
        custom_attributes: contact.custom_attributes.into(),
    };
    Contact {
        id: ContactId::of(owner.account, contact.id),
        tenant: owner.tenant.clone(),
        account: owner.account,
        chatwoot_id: contact.id,
        version: Version { at, step: occasion as i64, digest: state.digest() },
        state,
    }
}
