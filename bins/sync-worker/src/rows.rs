//! The rows that announcements carry.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use domain::{AccountKey, Activity, ActivityId, Conversation, ConversationId, Message, in_words};
use events::AnnouncementRows;
use store::conversations::Ids;
use store::messages::Written;
use store::webhook_events::Recorded;
use store::{Error, Transaction};

use crate::transaction::Planned;

/// Conversations and messages as the transaction that wrote them sees them.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    conversations: HashMap<ConversationId, Conversation>,
    looks: BTreeMap<ConversationId, usize>,
    messages: HashMap<(ConversationId, i64), Message>,
    /// Messages that changed without a new line, each with the index of the plan that reported it.
    retold: Vec<(usize, (ConversationId, i64))>,
}

/// What the announcements of a batch are about.
pub(crate) struct News {
    /// The conversations that lines of the timeline are about, with those lines.
    places: BTreeMap<ConversationId, Vec<ActivityId>>,
    /// Conversations that changed, each with the index of the plan that described it.
    looks: BTreeMap<ConversationId, usize>,
    messages: BTreeMap<(AccountKey, i64), Told>,
}

/// What is announced about a message.
struct Told {
    place: Option<ConversationId>,
    lines: Vec<ActivityId>,
    /// The index of the first plan that reports it.
    plan: usize,
    /// Whether a worker had the event before, and may have died between the commit and the announcement.
    again: bool,
}

impl News {
    /// Collects the news of a batch. `changed` are the conversations whose rows changed, and `otherwise` the messages.
    pub(crate) fn of(
        batch: &[&Planned],
        ids: &Ids,
        changed: &HashSet<ConversationId>,
        otherwise: &HashSet<(ConversationId, i64)>,
    ) -> Self {
        let (mut places, mut messages) = (BTreeMap::<_, Vec<_>>::new(), BTreeMap::new());
        for (plan, planned) in batch.iter().enumerate() {
            let account = planned.inbound.account;
            for draft in planned.plan.activities.iter().filter(|draft| !draft.silent) {
                let place = draft.conversation.and_then(|number| ids.get(&(account, number)));
                if let Some(place) = place {
                    places.entry(*place).or_default().push(draft.activity.id);
                }
                let Some(number) = draft.message else { continue };
                let first = || Told { place: None, lines: Vec::new(), plan, again: false };
                let told: &mut Told = messages.entry((account, number)).or_insert_with(first);
                told.place = place.copied();
                told.lines.push(draft.activity.id);
                told.again |= planned.attempt > 1;
            }
        }
        let mut looks = BTreeMap::new();
        for (index, planned) in batch.iter().enumerate() {
            for described in &planned.plan.conversations {
                let place = ids.get(&(described.account, described.display_id));
                // A worker that had the event before may have died between the commit and the announcement.
                let told = |id: &&ConversationId| planned.attempt > 1 || changed.contains(id);
                looks.extend(place.filter(told).map(|id| (*id, index)));
            }
        }
        let mut news = Self { places, looks, messages };
        news.add_passing(batch, ids, otherwise);
        news
    }

    /// Adds messages that a body describes only in passing, as a conversation's body does its newest message, and that
    /// therefore have no line: those that changed, which are in `otherwise`, and those that a worker which had the
    /// event before may not have announced.
    fn add_passing(
        &mut self,
        batch: &[&Planned],
        ids: &Ids,
        otherwise: &HashSet<(ConversationId, i64)>,
    ) {
        let news = batch.iter().enumerate().filter(|(_, planned)| planned.is_news());
        for (plan, planned) in news {
            let again = planned.attempt > 1;
            for described in &planned.plan.messages {
                let (account, number) = (described.account, described.chatwoot_id);
                let place = ids.get(&(account, described.conversation_display_id)).copied();
                let changed = place.is_some_and(|place| otherwise.contains(&(place, number)));
                if changed || again {
                    let first = || Told { place, lines: Vec::new(), plan, again };
                    self.messages.entry((account, number)).or_insert_with(first).again |= again;
                }
            }
        }
    }

    pub(crate) fn places(&self) -> Vec<ConversationId> {
        let of_messages = self.messages.values().filter_map(|told| told.place);
        let places = self.places.keys().chain(self.looks.keys()).copied();
        places.chain(of_messages).collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// Drops the conversations whose rows a `new` line carries. A line that was announced before does not carry it: the
    /// stream drops a second announcement of it as a duplicate, though the row may have changed.
    fn drop_looks_told_by(&mut self, new: &HashSet<ActivityId>) {
        self.looks.retain(|id, _| {
            let mut lines = self.places.get(id).into_iter().flatten();
            !lines.any(|line| new.contains(line))
        });
    }

    /// Returns the messages that no `new` line reports although their rows were `written`.
    fn retold(
        &self,
        new: &HashSet<ActivityId>,
        written: impl Fn(&(ConversationId, i64)) -> bool,
    ) -> Vec<(usize, (ConversationId, i64))> {
        let retold = self.messages.iter().filter_map(|((_, number), told)| {
            let row = (told.place?, *number);
            let known = told.lines.iter().all(|line| !new.contains(line));
            (known && (told.again || written(&row))).then_some((told.plan, row))
        });
        retold.collect()
    }
}

impl Rows {
    /// Gathers the rows that the news are about: the conversations that were just read, the messages that were just
    /// written, and other messages, which are read here.
    pub(crate) async fn read(
        transaction: &mut Transaction,
        mut news: News,
        recorded: Recorded,
        written: Written,
    ) -> Result<Self, Error> {
        let Recorded { places, new } = recorded;
        news.drop_looks_told_by(&new);
        let conversations = readable(places.conversations()).map(|row| (row.id, row)).collect();
        let mut messages = by_number(readable(written.messages()));
        let retold = news.retold(&new, |row| messages.contains_key(row));
        let is_there = |place, number| messages.contains_key(&(place, number));
        let others: Vec<_> = news
            .messages
            .into_iter()
            .filter(|((_, number), told)| !told.place.is_some_and(|place| is_there(place, *number)))
            .map(|(number, _)| number)
            .collect();
        let read = store::messages::by_numbers(transaction, &others).await?;
        messages.extend(by_number(readable(read)));
        Ok(Self { conversations, looks: news.looks, messages, retold })
    }

    /// Conversations whose change no line of the timeline reports, each with the index of the plan that described it.
    pub(crate) fn looks(&self) -> impl Iterator<Item = (usize, &Conversation)> {
        self.looks.iter().filter_map(|(id, index)| Some((*index, self.conversations.get(id)?)))
    }

    /// Messages whose change no line of the timeline reports, each with its conversation and the index of the plan that
    /// reported it.
    pub(crate) fn retold(&self) -> impl Iterator<Item = (usize, &Conversation, &Message)> {
        self.retold.iter().filter_map(|(index, row)| {
            Some((*index, self.conversations.get(&row.0)?, self.messages.get(row)?))
        })
    }

    /// The rows that an activity is announced with. `message` is the number of the message that it is about, if any.
    pub(crate) fn about<'a>(
        &'a self,
        activity: &Activity,
        message: Option<i64>,
    ) -> AnnouncementRows<'a> {
        let place = activity.conversation_id;
        AnnouncementRows {
            conversation: place.and_then(|id| self.conversations.get(&id)),
            message: place.zip(message).and_then(|message| self.messages.get(&message)),
            approval: None,
        }
    }
}

fn by_number(messages: impl Iterator<Item = Message>) -> HashMap<(ConversationId, i64), Message> {
    let place = |row: Message| Some(((row.conversation_id, row.chatwoot_id?), row));
    messages.filter_map(place).collect()
}

/// Skips rows that cannot be read, so that the activity is announced all the same, and other rows as well.
fn readable<T>(rows: impl IntoIterator<Item = Result<T, Error>>) -> impl Iterator<Item = T> {
    rows.into_iter().filter_map(|row| match row {
        Ok(row) => Some(row),
        Err(error) => {
            tracing::error!(error = in_words(&error), "what happened is announced without a row");
            None
        }
    })
}
