//! The rows that announcements carry.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use domain::{Activity, Conversation, ConversationId, Message};
use events::AnnouncementSubject;
use store::conversations::Ids;
use store::messages::Written;
use store::{Error, Transaction};

use crate::transaction::Planned;

/// Conversations and messages as the transaction that has written them sees them.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    conversations: HashMap<ConversationId, Conversation>,
    messages: HashMap<(ConversationId, i64), Message>,
}

impl Rows {
    /// Reads what the news of a batch are about, but for the messages that were just written.
    pub(crate) async fn read(
        transaction: &mut Transaction,
        batch: &[&Planned],
        ids: &Ids,
        written: Written,
    ) -> Result<Self, Error> {
        let (mut places, mut numbers) = (BTreeSet::new(), BTreeMap::new());
        for planned in batch {
            let account = planned.inbound.account;
            for draft in planned.plan.activities.iter().filter(|draft| !draft.silent) {
                let place = draft.conversation.and_then(|number| ids.get(&(account, number)));
                places.extend(place.copied());
                numbers.extend(draft.message.map(|number| ((account, number), place.copied())));
            }
        }
        if places.is_empty() && numbers.is_empty() {
            return Ok(Self::default());
        }
        let places = Vec::from_iter(places);
        let conversations =
            readable(store::conversations::by_ids(&mut *transaction, &places).await)?;
        let mut messages = by_number(readable(written.messages())?);
        numbers.retain(|(_, number), place| {
            !place.is_some_and(|place| messages.contains_key(&(place, *number)))
        });
        let others: Vec<_> = numbers.into_keys().collect();
        messages
            .extend(by_number(readable(store::messages::by_numbers(transaction, &others).await)?));
        Ok(Self {
            conversations: conversations.into_iter().map(|row| (row.id, row)).collect(),
            messages,
        })
    }

    /// What an activity, about a message with this number perhaps, is announced with.
    pub(crate) fn about(&self, activity: &Activity, message: Option<i64>) -> AnnouncementSubject {
        let place = activity.conversation_id;
        AnnouncementSubject {
            conversation: place.and_then(|id| self.conversations.get(&id).cloned()),
            message: place.zip(message).and_then(|message| self.messages.get(&message).cloned()),
            approval: None,
        }
    }
}

fn by_number(messages: Vec<Message>) -> HashMap<(ConversationId, i64), Message> {
    let place = |row: Message| Some(((row.conversation_id, row.chatwoot_id?), row));
    messages.into_iter().filter_map(place).collect()
}

/// A row that cannot be read keeps nobody from hearing that something happened.
fn readable<T: Default>(rows: Result<T, Error>) -> Result<T, Error> {
    match rows {
        Err(error @ Error::Unreadable { .. }) => {
            tracing::error!(%error, "activities are announced without their rows");
            Ok(T::default())
        }
        other => other,
    }
}
