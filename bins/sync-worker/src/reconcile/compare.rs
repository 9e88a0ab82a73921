//! Decides whether a row shows what Chatwoot has. Pure: depends only on what was read, the row, and when Chatwoot was
//! asked.
//!
//! Some differences do not count: forms that webhooks and REST print differently (line breaks, escapes, precision of
//! times), and what changes without anybody changing the thing itself (names, addresses of files).

use chrono::{DateTime, TimeDelta, Utc};
use domain::snapshot::{
    Contact, Conversation, ConversationState, DeliverySighting, Message, MessageState,
};
use domain::{Version, comparable_text};
use serde_json::{Value, json};
use store::{contacts, conversations, messages};

use super::body::Found;
use crate::clock;

/// A row that changed after Chatwoot was asked, or less than this before, may be newer than the response: clocks
/// differ, and a row has the time at which its transaction began.
pub(super) const SKEW: TimeDelta = TimeDelta::seconds(2);

/// What a comparison found.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Finding {
    /// What to report about the row.
    pub found: Found,
    /// Whether the row is missing or wrong. Otherwise only something has changed that webhooks never report.
    pub drift: bool,
}

/// The result of a comparison.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Compared<F = Finding> {
    /// The row agrees with what was read, or is known to be newer.
    Same,
    Found(F),
    /// The row differs, but was written so recently that it may be newer.
    Unsettled,
}

impl<F> Compared<F> {
    /// What was found. Tells if it takes another look to know.
    pub(crate) fn found(self, unsettled: impl FnOnce()) -> Option<F> {
        match self {
            Self::Found(found) => return Some(found),
            Self::Unsettled => unsettled(),
            Self::Same => {}
        }
        None
    }

    fn if_settled(self, settled: bool) -> Self {
        if settled { self } else { Self::Unsettled }
    }
}

/// Compares a conversation.
pub(crate) fn conversation(
    read: &Conversation,
    row: Option<&conversations::mirror::Mirrored>,
    asked_at: DateTime<Utc>,
) -> Compared {
    let Some(row) = row else {
        return Compared::Found(Finding { found: Found::missing(), drift: true });
    };
    let age = |version: Version| (version.at, version.step);
    let newer = age(read.version) > age(row.version);
    // While a change waits, the row shows the wanted state.
    if row.pending {
        return Compared::Same;
    }
    if let Some(gone_at) = row.gone_at {
        return back(row.version, gone_at, asked_at);
    }
    let (is, was) = (plain(read.state.clone()), plain(row.state.clone()));
    if is != was {
        let over = (!newer).then_some(row.version);
        let known = newer || settled(row.updated_at, asked_at);
        let changed_attributes = changes(&row.state, &read.state);
        let found = Found { over, changed_attributes, ..Found::default() };
        // The time in which one may reply ends by itself, so no webhook was missed if only that differs.
        let drift = ConversationState { can_reply: was.can_reply, ..is } != was;
        return Compared::Found(Finding { found, drift }).if_settled(known);
    }
    // Such a row is of an earlier version of this program, which took whatever Chatwoot said.
    let ahead = |shown: Option<DateTime<Utc>>, read| {
        shown > read && shown.is_some_and(|at| clock::is_ahead(at, asked_at))
    };
    if ahead(Some(row.last_activity_at), read.last_activity_at)
        || ahead(row.agent_last_seen_at, read.agent_last_seen_at)
        || ahead(row.contact_last_seen_at, read.contact_last_seen_at)
    {
        let found = Found { over: Some(row.version), ..Found::default() };
        let known = settled(row.updated_at, asked_at);
        return Compared::Found(Finding { found, drift: true }).if_settled(known);
    }
    // Where the beginning is ahead, the request's own time stands in for the last activity.
    let active = read.last_activity_at.filter(|at| *at != asked_at);
    let moved = newer
        || active > Some(row.last_activity_at)
        || read.agent_last_seen_at > row.agent_last_seen_at
        || read.contact_last_seen_at > row.contact_last_seen_at;
    if moved {
        Compared::Found(Finding { found: Found::default(), drift: false })
    } else {
        Compared::Same
    }
}

/// Compares a message. A finding comes with what to report as `delivery_over`.
pub(crate) fn message(
    read: &Message,
    row: Option<&messages::mirror::Mirrored>,
    asked_at: DateTime<Utc>,
) -> Compared<(Finding, i64)> {
    let Some(row) = row else {
        return Compared::Found((Finding { found: Found::missing(), drift: true }, 0));
    };
    if row.deleted && !read.deleted {
        return Compared::Same;
    }
    // Chatwoot has lost the other message, and given its number again.
    let is_another = row.conversation_display_id != read.conversation_display_id;
    let differs = is_another
        || row.deleted != read.deleted
        || (!read.deleted && (shown(&read.state) != shown(&row.state) || text_differs(read, row)));
    let delivery = reported_otherwise(read, row);
    if !(differs || delivery) {
        return Compared::Same;
    }
    let found = Found {
        // Nobody has announced it, nor what was written here and never described by Chatwoot since.
        missing: is_another || row.version == Version::default(),
        over: differs.then_some(row.version),
        ..Found::default()
    };
    let delivery_over = row.delivery.succeeded_at.max(row.delivery.failed_at);
    let finding = (Finding { found, drift: true }, if delivery { delivery_over } else { 0 });
    Compared::Found(finding).if_settled(settled(row.updated_at, asked_at))
}

/// Compares a contact.
pub(crate) fn contact(
    read: &Contact,
    row: Option<&contacts::mirror::Mirrored>,
    asked_at: DateTime<Utc>,
) -> Compared {
    let Some(row) = row else {
        return Compared::Found(Finding { found: Found::missing(), drift: true });
    };
    if let Some(gone_at) = row.gone_at {
        return back(row.version, gone_at, asked_at);
    }
    let (was, is) = (&row.state, &read.state);
    let fields = [
        ("name", json!(was.name), json!(is.name)),
        ("email", json!(was.email), json!(is.email)),
        ("phone_number", json!(was.phone_number), json!(is.phone_number)),
        ("identifier", json!(was.identifier), json!(is.identifier)),
        ("custom_attributes", was.custom_attributes.clone(), is.custom_attributes.clone()),
        (
            "additional_attributes",
            was.additional_attributes.clone(),
            is.additional_attributes.clone(),
        ),
        ("blocked", json!(was.blocked), json!(is.blocked)),
    ];
    let changed_attributes = changed(fields);
    let newer = read.version > row.version;
    if changed_attributes.is_empty() {
        return Compared::Same;
    }
    // If the response is newer by itself, this only says which version of the row it was compared with.
    let over = Some(row.version);
    let found = Found { over, changed_attributes, ..Found::default() };
    let known = newer || settled(row.updated_at, asked_at);
    Compared::Found(Finding { found, drift: true }).if_settled(known)
}

/// The finding for something that was read although it had been found to be gone. The response is at least as new as
/// that finding, and is announced as if there had been no row, unless it may be older.
fn back(version: Version, gone_at: i64, asked_at: DateTime<Utc>) -> Compared {
    let over = version.max(Version { at: gone_at, ..Version::default() });
    let found = Found { over: Some(over), ..Found::missing() };
    let before = DateTime::from_timestamp_micros(gone_at).is_some_and(|at| settled(at, asked_at));
    Compared::Found(Finding { found, drift: true }).if_settled(before)
}

/// Whether the row has not changed since before Chatwoot was asked.
fn settled(row_updated_at: DateTime<Utc>, asked_at: DateTime<Utc>) -> bool {
    row_updated_at + SKEW < asked_at
}

/// Reduces a state to the coarser of its two printed forms.
fn plain(mut state: ConversationState) -> ConversationState {
    let seconds = |time: DateTime<Utc>| DateTime::from_timestamp(time.timestamp(), 0);
    let millis = |time: DateTime<Utc>| DateTime::from_timestamp_millis(time.timestamp_millis());
    state.first_reply_at = state.first_reply_at.and_then(seconds);
    state.waiting_since = state.waiting_since.and_then(seconds);
    state.snoozed_until = state.snoozed_until.and_then(millis);
    state.assignee_name = None;
    state.team_name = None;
    state
}

/// The changes that people made, with the names and in the forms of Chatwoot's columns.
fn changes(was: &ConversationState, is: &ConversationState) -> Vec<Value> {
    changed([
        ("status", json!(was.status), json!(is.status)),
        ("priority", json!(was.priority), json!(is.priority)),
        ("assignee_id", json!(was.assignee_id), json!(is.assignee_id)),
        ("team_id", json!(was.team_id), json!(is.team_id)),
        ("label_list", json!(was.labels), json!(is.labels)),
        ("snoozed_until", json!(was.snoozed_until), json!(is.snoozed_until)),
        ("custom_attributes", was.custom_attributes.clone(), is.custom_attributes.clone()),
    ])
}

fn changed<const N: usize>(fields: [(&str, Value, Value); N]) -> Vec<Value> {
    let changed = fields.into_iter().filter(|(_, was, is)| was != is);
    changed
        .map(|(name, was, is)| json!({ name: { "previous_value": was, "current_value": is } }))
        .collect()
}

/// Whether a message has another text than the row of it. That of a survey has a link in it where it was told by
/// webhook. Of what goes out, some versions of Chatwoot tell by webhook what its channel makes of the text, and nobody
/// can change what went out. So there only a row that was written here and never described since can differ.
fn text_differs(read: &Message, row: &messages::mirror::Mirrored) -> bool {
    if read.state.content_type == "input_csat"
        || (leaves(read) && row.version != Version::default())
    {
        return false;
    }
    let text = |state: &MessageState| comparable_text(state.content.as_deref().unwrap_or_default());
    text(&read.state) != text(&row.state)
}

/// Whether a message was written here or in Chatwoot, to a customer or among colleagues.
fn leaves(read: &Message) -> bool {
    matches!(read.state.message_type.as_str(), "outgoing" | "template")
}

/// The parts of a message that people see or write, but for its text.
fn shown(state: &MessageState) -> Value {
    // A file's transcript is known later than the file itself, and counts like an edit. The addresses and dimensions
    // of files change by themselves.
    let files = state.attachments.as_array().into_iter().flatten();
    let mut files: Vec<Value> = files.map(|file| json!([file["id"], file["transcript"]])).collect();
    files.sort_by_key(Value::to_string);
    json!([
        state.message_type,
        state.content_type,
        state.content_attributes,
        state.private,
        state.sender_type,
        state.sender_id,
        state.source_id,
        files,
    ])
}

/// Whether the response reports another delivery status than the row: a failure where the row shows none, or the other
/// way round, or a further step. A step back is Chatwoot's channel contradicting itself.
fn reported_otherwise(read: &Message, row: &messages::mirror::Mirrored) -> bool {
    if !leaves(read) || read.deleted {
        return false;
    }
    let (fails, failed) = (shows_failure(&read.delivery), shows_failure(&row.delivery));
    fails != failed || read.delivery.rank > row.delivery.rank.max(1)
}

/// Whether the newest delivery report is a failure.
pub(super) fn shows_failure(delivery: &DeliverySighting) -> bool {
    delivery.failed_at > delivery.succeeded_at
}

#[cfg(test)]
mod tests {
    use domain::{AccountKey, MessageId};

    use super::*;

    fn read(attachments: Value) -> Message {
        let state = MessageState {
            message_type: "incoming".to_owned(),
            attachments,
            ..MessageState::default()
        };
        Message {
            id: MessageId::generate(),
            tenant: "acme".parse().unwrap(),
            account: AccountKey::generate(),
            conversation_display_id: 1,
            chatwoot_id: 9,
            operation: None,
            version: Version { at: 1, step: 0, digest: state.digest() },
            state,
            deleted: false,
            created_at: DateTime::UNIX_EPOCH,
            delivery: DeliverySighting::default(),
        }
    }

    /// The row that such a message was written to, long ago.
    fn row(message: &Message) -> messages::mirror::Mirrored {
        messages::mirror::Mirrored {
            conversation_display_id: message.conversation_display_id,
            version: message.version,
            state: message.state.clone(),
            deleted: message.deleted,
            delivery: message.delivery,
            updated_at: DateTime::UNIX_EPOCH,
            unheard: false,
        }
    }

    #[test]
    fn what_was_said_in_a_file_counts_and_where_the_file_is_does_not() {
        let file = |number: i64, said: Option<&str>, address: &str| json!({ "id": number, "transcript": said, "dataUrl": address });
        let was = read(json!([file(1, None, "here"), file(2, None, "here")]));
        let found = |is: &Message, was: &Message| {
            message(is, Some(&row(was)), Utc::now()).found(|| unreachable!("it is settled"))
        };
        let moved = read(json!([file(2, None, "there"), file(1, None, "there")]));
        assert_eq!(found(&moved, &was), None);
        let heard = read(json!([file(1, Some("Hello?"), "here"), file(2, None, "here")]));
        let (finding, _) = found(&heard, &was).unwrap();
        assert!(finding.drift && !finding.found.missing);
        assert_eq!(finding.found.over, Some(was.version), "the answer wins over the row");
        assert_eq!(found(&heard, &heard), None, "it is found once");
    }
}
