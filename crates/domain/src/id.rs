//! Ids: one newtype per kind, so that a conversation's id is never taken for a message's.
//!
//! Rows that mirror Chatwoot have ids that anyone can compute again: a UUID of version 8 that hashes the natural key,
//! with the time where version 7 has it. A database rebuilt by replay therefore has the same ids, and links keep
//! working; the leading time keeps the indexes' inserts close together. So does what a client writes under an id of its
//! own: a database that has lost it writes it again under the same id.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[derive(utoipa::ToSchema)]
        #[serde(transparent)]
        #[schema(value_type = Uuid)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A new id; ids sort by the time at which they were generated.
            pub fn generate() -> Self {
                Self(Uuid::now_v7())
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }
    )+};
}

ids! {
    /// One Chatwoot account of one installation. Opaque: it is in subjects and webhook addresses.
    AccountKey;
    /// A conversation.
    ConversationId;
    /// A message, ours or Chatwoot's.
    MessageId;
    /// A contact.
    ContactId;
    /// One line of the activity timeline.
    ActivityId;
    /// An approval.
    ApprovalId;
    /// A file, a place or a card of a message.
    AttachmentId;
    /// An API key; not the key itself, which is a secret.
    ApiKeyId;
    /// One row of the audit.
    AuditId;
    /// One command that a client asked for in Chatwoot; it is also the marker inside a reply.
    OperationId;
    /// One event received from Chatwoot; the same body of the same account has the same id.
    EventId;
}

impl AccountKey {
    /// The key as one token of a subject: 32 lower-case hex digits.
    pub fn token(&self) -> String {
        self.0.simple().to_string()
    }
}

impl ConversationId {
    /// The id of the conversation with this display id in this account.
    pub fn of(account: AccountKey, display_id: i64, created_at: Option<DateTime<Utc>>) -> Self {
        Self(derive(
            created_at,
            &[b"conversation", account.0.as_bytes(), &display_id.to_be_bytes()],
        ))
    }
}

impl MessageId {
    /// The id of the message that has this number in this account's installation.
    ///
    /// Among messages of one second, those with higher numbers have higher ids. So lists by time and id show them in
    /// Chatwoot's order, although its REST API gives times in whole seconds only.
    pub fn of(account: AccountKey, chatwoot_id: i64, created_at: Option<DateTime<Utc>>) -> Self {
        let parts = [b"message".as_slice(), account.0.as_bytes(), &chatwoot_id.to_be_bytes()];
        let hashed = derive(created_at, &parts).as_u128();
        // The lower 26 bits of the number: 12 before and 14 after the two bits of the UUID's variant. They would wrap
        // around only if one second brought 67 million messages.
        let number = u128::from(chatwoot_id.cast_unsigned());
        let (upper, lower) = (number >> 14 & 0xfff, number & 0x3fff);
        Self(Uuid::from_u128(hashed & !(0xfff << 64 | 0x3fff << 48) | upper << 64 | lower << 48))
    }
}

impl AttachmentId {
    /// The id of the attachment that has this number in this account's installation.
    pub fn of(account: AccountKey, chatwoot_id: i64) -> Self {
        Self(derive(None, &[b"attachment", account.0.as_bytes(), &chatwoot_id.to_be_bytes()]))
    }
}

impl ContactId {
    /// The id of the contact that has this number in this account's installation.
    pub fn of(account: AccountKey, chatwoot_id: i64) -> Self {
        Self(derive(None, &[b"contact", account.0.as_bytes(), &chatwoot_id.to_be_bytes()]))
    }
}

impl ActivityId {
    /// The id of something that happened, the same for every telling of it.
    ///
    /// `entity` names the row, `kind` what happened to it, and `version` which time it happened.
    pub fn of(account: AccountKey, kind: &str, entity: i64, version: &[u8]) -> Self {
        Self(derive(
            None,
            &[b"activity", account.0.as_bytes(), kind.as_bytes(), &entity.to_be_bytes(), version],
        ))
    }
}

impl OperationId {
    /// The id of the command that sends what a client wrote in this conversation under this id of its own: whoever writes
    /// it again, though nothing is known of it here any more, writes the message whose marker Chatwoot has.
    ///
    /// It begins as the conversation's id does, which keeps the indexes' inserts close together, but with a first bit
    /// that no time has. So among messages of one second it sorts behind what it answers.
    pub fn of(conversation: ConversationId, client_id: &str) -> Self {
        let place = conversation.0.as_bytes();
        let mut bytes = *derive(None, &[b"operation", place, client_id.as_bytes()]).as_bytes();
        bytes[..6].copy_from_slice(&place[..6]);
        bytes[0] |= 0x80;
        Self(Uuid::new_v8(bytes))
    }
}

impl EventId {
    /// The id of a body received for an account. `occurrence` tells apart events whose bodies may
    /// be equal although they happened twice (typing), and is empty for all others.
    pub fn of(account: AccountKey, body: &[u8], occurrence: &[u8]) -> Self {
        Self(derive(None, &[b"event", account.0.as_bytes(), body, occurrence]))
    }
}

/// A UUID of version 8: the time in whole seconds (the one precision all of Chatwoot's forms share) in the
/// place where a UUID of version 7 has it, then a hash of the parts, each with its length.
fn derive(at: Option<DateTime<Utc>>, parts: &[&[u8]]) -> Uuid {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let mut bytes = [0u8; 16];
    bytes.copy_from_slice(&hash.finalize()[..16]);
    if let Some(at) = at {
        let millis = u64::try_from(at.timestamp()).unwrap_or(0) * 1000;
        bytes[..6].copy_from_slice(&millis.to_be_bytes()[2..]);
    }
    Uuid::new_v8(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derived_ids_repeat_and_do_not_collide_across_kinds_or_accounts() {
        let (a, b) = (AccountKey(Uuid::from_u128(1)), AccountKey(Uuid::from_u128(2)));
        let at = DateTime::from_timestamp(1_790_000_000, 0);
        assert_eq!(ConversationId::of(a, 42, at), ConversationId::of(a, 42, at));
        assert_ne!(ConversationId::of(a, 42, at), ConversationId::of(b, 42, at));
        assert_ne!(ConversationId::of(a, 42, at).0, MessageId::of(a, 42, at).0);
    }

    #[test]
    fn what_is_written_again_has_its_id_again_and_sorts_behind_what_it_answers() {
        let account = AccountKey(Uuid::from_u128(1));
        let at = DateTime::from_timestamp(1_790_000_000, 0);
        let (here, there) =
            (ConversationId::of(account, 1, at), ConversationId::of(account, 2, at));
        let id = OperationId::of(here, "a");
        assert_eq!(id, OperationId::of(here, "a"));
        assert_ne!(id, OperationId::of(here, "b"));
        assert_ne!(id, OperationId::of(there, "a"));
        assert!(id.0 > MessageId::of(account, i64::MAX, at).0);
        assert!(id.0 > MessageId::generate().0);
    }

    #[test]
    fn precision_of_the_creation_time_does_not_change_the_id() {
        let account = AccountKey(Uuid::from_u128(1));
        let seconds = DateTime::from_timestamp(1_790_000_000, 0);
        let millis = DateTime::from_timestamp(1_790_000_000, 188_000_000);
        assert_eq!(MessageId::of(account, 7, seconds), MessageId::of(account, 7, millis));
    }

    #[test]
    fn ids_of_later_rows_sort_later() {
        let account = AccountKey(Uuid::from_u128(1));
        let earlier = MessageId::of(account, 9, DateTime::from_timestamp(1_790_000_000, 0));
        let later = MessageId::of(account, 8, DateTime::from_timestamp(1_790_000_001, 0));
        assert!(earlier < later);
    }

    #[test]
    fn messages_of_one_second_sort_by_number() {
        let account = AccountKey(Uuid::from_u128(1));
        let at = DateTime::from_timestamp(1_790_000_000, 0);
        for start in [1, 16_380, 1 << 20, (1 << 40) + 5] {
            let ids: Vec<_> = (start..start + 40).map(|n| MessageId::of(account, n, at)).collect();
            assert!(ids.is_sorted(), "{start}");
            assert!(ids.iter().all(|id| id.0.get_version_num() == 8), "{start}");
        }
    }
}
