//! Snapshots of contacts.

use domain::snapshot::{Contact, ContactState};
use domain::{ContactId, Version};
use store::catalogue::Owner;

/// Why a body describes a contact. Later variants win within one instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occasion {
    /// The contact is new. The body has no time at all.
    Created,
    /// The contact is part of something else, and was described at that body's time.
    Mentioned,
    /// The contact changed.
    Updated,
}

/// Makes the snapshot of a contact as it was at `at` (in microseconds since 1970; 0 if unknown).
pub fn snapshot(owner: &Owner, contact: chatwoot::Contact, occasion: Occasion, at: i64) -> Contact {
    let state = ContactState {
        name: contact.name,
        email: contact.email,
        phone_number: contact.phone_number,
        identifier: contact.identifier,
        thumbnail: contact.thumbnail,
        additional_attributes: contact.additional_attributes.into(),
        custom_attributes: contact.custom_attributes.into(),
        blocked: contact.blocked.unwrap_or_default(),
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
