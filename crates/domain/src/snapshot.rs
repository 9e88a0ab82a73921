//! Snapshots: what one look at Chatwoot says about a row, ready to be merged into the database.
//!
//! Merging is a join: every field either belongs to the winning snapshot (the one with the greatest [`Version`]) or
//! only ever grows. So any order of the same snapshots, with repetitions, ends in the same row.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;

use crate::{
    AccountKey, ContactId, ConversationId, Digest, MessageId, OperationId, TenantId, Version,
};

/// A contact as seen once.
#[derive(Debug, Clone, PartialEq)]
pub struct Contact {
    /// The id for a new row; an existing row keeps its own.
    pub id: ContactId,
    /// The tenant of the account.
    pub tenant: TenantId,
    /// The account that knows the contact.
    pub account: AccountKey,
    /// Number in the Chatwoot installation.
    pub chatwoot_id: i64,
    /// Which snapshot this is in the order of all.
    pub version: Version,
    /// The fields that move together.
    pub state: ContactState,
}

/// The fields of a contact; all of them belong to one snapshot.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct ContactState {
    /// Display name.
    pub name: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// E.164 number.
    pub phone_number: Option<String>,
    /// The company's own id of the person.
    pub identifier: Option<String>,
    /// Address of a picture.
    pub thumbnail: Option<String>,
    /// Chatwoot's attributes (an object).
    pub additional_attributes: Value,
    /// The company's attributes (an object).
    pub custom_attributes: Value,
    /// The company blocked the person. Left out if not, so that the digest is the one of before it was read.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub blocked: bool,
}

impl ContactState {
    /// Digest for [`Version::digest`].
    pub fn digest(&self) -> i64 {
        digest(self)
    }
}

/// A conversation as seen once.
#[derive(Debug, Clone, PartialEq)]
pub struct Conversation {
    /// The id for a new row; an existing row keeps its own.
    pub id: ConversationId,
    /// The tenant of the account.
    pub tenant: TenantId,
    /// The account that holds it.
    pub account: AccountKey,
    /// Number within the account.
    pub display_id: i64,
    /// Which snapshot this is in the order of all: (`updated_at`, `last_activity_at`, digest).
    pub version: Version,
    /// The fields that move together.
    pub state: ConversationState,
    /// When Chatwoot created it; never changes.
    pub created_at: Option<DateTime<Utc>>,
    /// Only grows.
    pub last_activity_at: Option<DateTime<Utc>>,
    /// Only grows.
    pub agent_last_seen_at: Option<DateTime<Utc>>,
    /// Only grows.
    pub contact_last_seen_at: Option<DateTime<Utc>>,
}

/// The fields of a conversation that move together.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct ConversationState {
    /// `open`, `resolved`, `pending`, `snoozed`, or what Chatwoot says.
    pub status: String,
    /// `low`, `medium`, `high`, `urgent`.
    pub priority: Option<String>,
    /// Number of the inbox.
    pub inbox_id: Option<i64>,
    /// `Channel::…`.
    pub channel: Option<String>,
    /// Number of the contact.
    pub contact_chatwoot_id: Option<i64>,
    /// Number of the user or bot it is assigned to.
    pub assignee_id: Option<i64>,
    /// `user` or `agent_bot`.
    pub assignee_type: Option<String>,
    /// The assignee's name.
    pub assignee_name: Option<String>,
    /// Number of the team.
    pub team_id: Option<i64>,
    /// The team's name.
    pub team_name: Option<String>,
    /// Labels, sorted.
    pub labels: Vec<String>,
    /// The channel's reply window is open.
    pub can_reply: Option<bool>,
    /// Snoozed until then.
    pub snoozed_until: Option<DateTime<Utc>>,
    /// An agent's first answer.
    pub first_reply_at: Option<DateTime<Utc>>,
    /// The customer waits since then.
    pub waiting_since: Option<DateTime<Utc>>,
    /// The company's attributes (an object).
    pub custom_attributes: Value,
    /// Chatwoot's attributes (an object).
    pub additional_attributes: Value,
}

impl ConversationState {
    /// Digest for [`Version::digest`].
    pub fn digest(&self) -> i64 {
        digest(self)
    }
}

/// A message as seen once.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// The id for a new row; an existing row keeps its own.
    pub id: MessageId,
    /// The tenant of the account.
    pub tenant: TenantId,
    /// The account that holds it.
    pub account: AccountKey,
    /// Display id of its conversation.
    pub conversation_display_id: i64,
    /// Number in the Chatwoot installation.
    pub chatwoot_id: i64,
    /// Our operation, if the message bears our marker: then its row exists already.
    pub operation: Option<OperationId>,
    /// Which snapshot this is in the order of all.
    pub version: Version,
    /// The fields that move together.
    pub state: MessageState,
    /// Whether it was deleted, which is final.
    pub deleted: bool,
    /// When Chatwoot created it. The finest precision seen stays.
    pub created_at: DateTime<Utc>,
    /// What was seen of its delivery.
    pub delivery: DeliverySighting,
}

/// The fields of a message that move together.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct MessageState {
    /// `incoming`, `outgoing`, `activity`, `template`, or what Chatwoot says.
    pub message_type: String,
    /// `text`, `incoming_email`, `cards`, …
    pub content_type: String,
    /// The text.
    pub content: Option<String>,
    /// Chatwoot's attributes of the content (an object).
    pub content_attributes: Value,
    /// Only the team sees it.
    pub private: bool,
    /// `contact`, `user`, `agent_bot`, or what Chatwoot says.
    pub sender_type: Option<String>,
    /// Number among those of its type.
    pub sender_id: Option<i64>,
    /// The sender's name at the time.
    pub sender_name: Option<String>,
    /// The channel's own id.
    pub source_id: Option<String>,
    /// Number of the inbox.
    pub inbox_id: Option<i64>,
    /// Files and places, as [`crate::MirroredAttachment`] objects.
    pub attachments: Value,
}

impl MessageState {
    /// Digest for [`Version::digest`].
    pub fn digest(&self) -> i64 {
        digest(self)
    }
}

/// What a snapshot tells about a message's delivery. Each field only grows when merged. The message shows as `failed`
/// if the last failure is newer than the last success, else as the furthest success.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DeliverySighting {
    /// The furthest success seen: 0 none, 1 sent, 2 delivered, 3 read.
    pub rank: i16,
    /// When a success was last seen, in microseconds since 1970; 0 for never.
    pub succeeded_at: i64,
    /// When a failure was last seen, in microseconds since 1970; 0 for never.
    pub failed_at: i64,
}

fn digest(state: &impl Serialize) -> i64 {
    // These structs have only string keys and finite numbers, which always serialise. Equal ones have equal text:
    // fields come in declaration order, and the keys of free-form objects are sorted.
    serde_json::to_vec(state).as_deref().map_or(0, Digest::of_text)
}

/// Snapshots of one row can be joined; the join of many does not depend on their order.
pub trait Snapshot: Clone {
    /// What identifies a row.
    type Key: Ord + Copy;
    /// The row it is a snapshot of.
    fn key(&self) -> Self::Key;
    /// The newer of both snapshots, with the growing fields of both.
    #[must_use]
    fn join(self, other: Self) -> Self;
}

/// Joins the snapshots of each row, and copies only those of rows that have several. The result is sorted by row, so
/// transactions that touch the same rows lock them in the same order.
pub fn merge<'a, S: Snapshot>(snapshots: impl IntoIterator<Item = &'a S>) -> Vec<Cow<'a, S>> {
    let mut snapshots: Vec<&S> = snapshots.into_iter().collect();
    snapshots.sort_by_key(|snapshot| snapshot.key());
    let mut merged: Vec<Cow<'a, S>> = Vec::with_capacity(snapshots.len());
    for snapshot in snapshots {
        match merged.pop() {
            Some(last) if last.key() == snapshot.key() => {
                merged.push(Cow::Owned(last.into_owned().join(snapshot.clone())));
            }
            Some(last) => merged.extend([last, Cow::Borrowed(snapshot)]),
            None => merged.push(Cow::Borrowed(snapshot)),
        }
    }
    merged
}

impl Snapshot for Contact {
    type Key = (AccountKey, i64);

    fn key(&self) -> Self::Key {
        (self.account, self.chatwoot_id)
    }

    fn join(self, other: Self) -> Self {
        if other.version > self.version { other } else { self }
    }
}

impl Snapshot for Conversation {
    type Key = (AccountKey, i64);

    fn key(&self) -> Self::Key {
        (self.account, self.display_id)
    }

    fn join(self, other: Self) -> Self {
        let (mut newer, older) =
            if other.version > self.version { (other, self) } else { (self, other) };
        newer.created_at = newer.created_at.or(older.created_at);
        newer.last_activity_at = newer.last_activity_at.max(older.last_activity_at);
        newer.agent_last_seen_at = newer.agent_last_seen_at.max(older.agent_last_seen_at);
        newer.contact_last_seen_at = newer.contact_last_seen_at.max(older.contact_last_seen_at);
        newer
    }
}

impl Message {
    /// The snapshot's place in the order: a deletion is final, whatever the clock says.
    pub fn order(&self) -> (bool, Version) {
        (self.deleted, self.version)
    }
}

impl Snapshot for Message {
    type Key = (AccountKey, i64);

    fn key(&self) -> Self::Key {
        (self.account, self.chatwoot_id)
    }

    fn join(self, other: Self) -> Self {
        let (mut newer, older) =
            if other.order() > self.order() { (other, self) } else { (self, other) };
        // A deletion wipes the marker. A snapshot from before still has it, and with it the row's id.
        if newer.operation.is_none() && older.operation.is_some() {
            newer.operation = older.operation;
            newer.id = older.id;
        }
        newer.created_at = newer.created_at.max(older.created_at);
        newer.delivery = newer.delivery.join(older.delivery);
        newer
    }
}

impl DeliverySighting {
    fn join(self, other: Self) -> Self {
        Self {
            rank: self.rank.max(other.rank),
            succeeded_at: self.succeeded_at.max(other.succeeded_at),
            failed_at: self.failed_at.max(other.failed_at),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn message() -> impl Strategy<Value = Message> {
        let version = (0i64..4, 0i64..3).prop_map(|(at, step)| (at, step));
        (
            1i64..4,
            version,
            any::<bool>(),
            0u32..2000,
            0i16..4,
            0i64..9,
            0i64..9,
            any::<bool>(),
            0..3,
        )
            .prop_map(
                |(n, (at, step), deleted, millis, rank, ok, failed, marked, text)| {
                    let account = AccountKey(uuid::Uuid::from_u128(1));
                    let operation =
                        OperationId(uuid::Uuid::from_u128(u128::from(n.unsigned_abs())));
                    let state = MessageState {
                        content: Some(format!("text {text}")),
                        ..MessageState::default()
                    };
                    let id = MessageId::of(account, n, None);
                    Message {
                        id: if marked { MessageId(operation.0) } else { id },
                        tenant: "t".parse().unwrap(),
                        account,
                        conversation_display_id: 1,
                        chatwoot_id: n,
                        operation: marked.then_some(operation),
                        version: Version { at, step, digest: state.digest() },
                        state,
                        deleted,
                        created_at: DateTime::from_timestamp_millis(millis.into()).unwrap(),
                        delivery: DeliverySighting { rank, succeeded_at: ok, failed_at: failed },
                    }
                },
            )
    }

    #[test]
    fn equal_states_digest_alike_whatever_the_order_of_their_keys() {
        let state = |text: &str| ContactState {
            custom_attributes: serde_json::from_str(text).unwrap(),
            ..ContactState::default()
        };
        let digest = state(r#"{"a": 1, "b": {"c": 2, "d": 3}}"#).digest();
        assert_eq!(state(r#"{"b": {"d": 3, "c": 2}, "a": 1}"#).digest(), digest);
        assert_ne!(state(r#"{"a": 1, "b": {"c": 2, "d": 4}}"#).digest(), digest);
    }

    proptest! {
        #[test]
        fn any_order_and_any_grouping_merge_to_the_same(
            snapshots in proptest::collection::vec(message(), 0..12),
            order in any::<prop::sample::Index>(),
            cut in any::<prop::sample::Index>(),
        ) {
            let joined = |snapshots: &[Message]| -> Vec<Message> {
                merge(snapshots).into_iter().map(Cow::into_owned).collect()
            };
            let expected = joined(&snapshots);
            let mut other = snapshots.clone();
            other.reverse();
            if !other.is_empty() {
                let at = order.index(other.len());
                other.rotate_left(at);
                other.push(other[at].clone());
            }
            prop_assert_eq!(&joined(&other), &expected);
            let tail = other.split_off(if other.is_empty() { 0 } else { cut.index(other.len()) });
            let in_two = joined(&[joined(&other), joined(&tail)].concat());
            prop_assert_eq!(in_two, expected);
        }
    }
}
