//! The rows that announcements carry.

use std::collections::{BTreeSet, HashMap};

use domain::{Activity, Conversation, ConversationId, Message};
use events::AnnouncementSubject;
use store::conversations::Ids;
use store::{Error, Transaction};

use crate::transaction::Planned;

/// Conversations and messages as the transaction that has written them sees them.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    conversations: HashMap<ConversationId, Conversation>,
    messages: HashMap<(ConversationId, i64), Message>,
}

impl Rows {
    /// Reads what the news of a batch are about.
    pub(crate) async fn read(
        transaction: &mut Transaction,
        batch: &[&Planned],
        ids: &Ids,
    ) -> Result<Self, Error> {
        let (mut places, mut numbers) = (BTreeSet::new(), BTreeSet::new());
        for planned in batch {
            let account = planned.inbound.account;
            for draft in planned.plan.activities.iter().filter(|draft| !draft.silent) {
                let place = draft.conversation.and_then(|number| ids.get(&(account, number)));
                places.extend(place.copied());
                numbers.extend(draft.message.map(|number| (account, number)));
            }
        }
        if places.is_empty() && numbers.is_empty() {
            return Ok(Self::default());
        }
        let (places, numbers) = (Vec::from_iter(places), Vec::from_iter(numbers));
        let conversations =
            readable(store::conversations::by_ids(&mut *transaction, &places).await)?;
        let messages = readable(store::messages::by_numbers(transaction, &numbers).await)?;
        Ok(Self {
            conversations: conversations.into_iter().map(|row| (row.id, row)).collect(),
            messages: messages
                .into_iter()
                .filter_map(|row| Some(((row.conversation_id, row.chatwoot_id?), row)))
                .collect(),
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
