//! Compares a conversation: its row, and then its messages, page by page.

use bus::MAX_BODY_BYTES;
use chatwoot::client::{MessagePage, MessageRange, Pages, Verbatim};
use chatwoot::webhook::all_values;
use chatwoot::{CallError, Conversation, Message, MessageType};
use chrono::{DateTime, Utc};
use store::{conversations, messages};

use super::ReconcileError;
use super::body::{Body, ConversationRead, Found, MessageRead, trimmed};
use super::compare;
use super::long::ANSWERS;
use super::session::{Depth, Lately, Session, changed_at};
use super::untold::Untold;
use crate::activity;
use crate::apply::{conversation, message};
use crate::clock;

/// Why messages are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    /// Webhooks may have been missed.
    Missed,
    /// Their webhooks came but did not give their delivery status, which is no drift.
    Unheard,
}

/// A body that reaches this many bytes is published, and the rest goes into the next one.
const BODY: usize = MAX_BODY_BYTES / 8;
/// A value counts as so many bytes more.
const A_VALUE: usize = 16;

impl Session {
    /// Compares a conversation that was requested at `asked_at`, and its messages, or a part of them if they are very
    /// many.
    pub(super) async fn compare_conversation(
        &self,
        read: Verbatim<Conversation>,
        row: Option<&conversations::mirror::Mirrored>,
        asked_at: DateTime<Utc>,
        depth: Depth,
    ) -> Result<(), ReconcileError> {
        let display_id = read.value.display_id;
        // The messages, which are requested later, are at least as new as the conversation.
        let at = clock::of_conversation(&read.value, asked_at);
        let contact = read.value.contact.as_ref().map(|person| person.id);
        let snapshot = conversation::snapshot(&self.owner, read.value.clone(), contact, asked_at);
        let again = || {
            if self.is_due(changed_at(&read.value), asked_at) {
                self.unsettled.note(display_id);
            }
        };
        let compared = compare::conversation(&snapshot, row, asked_at);
        let finding = compared.found(again).filter(|finding| {
            let told =
                if finding.found.missing { read.value.created_at } else { changed_at(&read.value) };
            self.is_due(told, asked_at)
        });
        let (known, untold) = self.known_of(&read.value, row.is_some(), depth).await?;
        let mut finding = finding;
        if self.is_due(read.value.created_at, asked_at) {
            finding = untold.join_conversation(&read.value, finding);
        }
        if self.is_due(changed_at(&read.value), asked_at) {
            finding = untold.join_status(&read.value, finding);
        }
        let mut body = ConversationRead {
            conversation: trimmed(read.text, read.value.updated_at_us),
            found: None,
            quiet: false,
            messages: Vec::new(),
        };
        // One that comes back may have been erased meanwhile, and brings its messages along.
        let history = self.history(row.is_some_and(|row| row.gone_at.is_none()), depth);
        let newest = read.value.newest_message.as_ref().map(|message| message.id);
        let mut pages = self.parts.pages(display_id, known, newest);
        loop {
            let Some((page, asked_at)) = self.read_page(display_id, &mut pages).await? else {
                return Ok(());
            };
            // Messages that differ hold parts of the response until they are published.
            let _held = page.messages.first().map(|one| one.held.clone());
            let (listed, more) = pages.take(page);
            let last = !more || pages.answers() >= ANSWERS;
            let differing = self
                .compare_messages(listed, (display_id, at), asked_at, (depth, Why::Missed))
                .await?;
            let mut size = 0;
            for (message, words, written_at) in differing {
                let quiet = written_at < history;
                if size > BODY || (quiet != body.quiet && !body.messages.is_empty()) {
                    size = 0;
                    self.publish_conversation(&mut body, finding.take()).await?;
                }
                size += words;
                body.quiet = quiet;
                body.messages.push(message);
            }
            if !body.messages.is_empty() || (last && finding.is_some()) {
                self.publish_conversation(&mut body, finding.take()).await?;
            }
            if !more {
                return Ok(());
            }
            if last {
                return self.end_part(display_id, pages.place(), depth).await;
            }
        }
    }

    /// Reads the next page of a conversation's messages. Returns it with the time of the request, or `None` if the
    /// conversation no longer exists. What is too large is read in ever smaller parts. What Chatwoot keeps failing at is
    /// left out, and returned as an empty page.
    async fn read_page(
        &self,
        display_id: i64,
        pages: &mut Pages,
    ) -> Result<Option<(MessagePage, DateTime<Utc>)>, ReconcileError> {
        loop {
            let (asked_at, range) = (Utc::now(), pages.range());
            let question = move || self.client.messages_verbatim(display_id, range);
            let error = match self.ask(question).await {
                Ok(page) => return Ok(Some((page, asked_at))),
                // The walk finds out whether the conversation is gone for good.
                Err(CallError::NotFound) => return Ok(None),
                // The response may be too large, as a hundred mails may be.
                Err(CallError::Unknown(_)) if pages.turn_back() => continue,
                Err(error) if error.is_too_large() && pages.halve() => continue,
                Err(error) => error,
            };
            if !self.lasts(&error).await {
                return Err(error.into());
            }
            let what = match range {
                MessageRange::Between { after, last } if last - after == 1 => {
                    format!("message {last} of conversation {display_id}")
                }
                _ => format!("messages of conversation {display_id}"),
            };
            self.left_unread(what, &error).await?;
            return Ok(Some((MessagePage { messages: Vec::new(), entries: 0 }, asked_at)));
        }
    }

    /// Compares the messages of a conversation with these numbers, whenever they were written. The walk finds out about
    /// those that no longer exist.
    pub(super) async fn compare_numbered(
        &self,
        display_id: i64,
        numbers: &[i64],
        (depth, why): (Depth, Why),
    ) -> Result<(), ReconcileError> {
        let (Some(first), Some(last)) = (numbers.iter().min(), numbers.iter().max()) else {
            return Ok(());
        };
        let range = MessageRange::Between { after: first - 1, last: *last };
        let read = async {
            let place = self.ask(|| self.client.conversation_verbatim(display_id)).await?;
            let asked_at = Utc::now();
            let page = self.ask(|| self.client.messages_verbatim(display_id, range)).await?;
            Ok::<_, CallError>((place, asked_at, page.messages))
        };
        let (place, asked_at, mut listed) = match read.await {
            Ok(read) => read,
            Err(CallError::NotFound) => return Ok(()),
            Err(error) if self.lasts(&error).await => {
                let (former, latter) = numbers.split_at(numbers.len() / 2);
                if error.is_too_large() && !former.is_empty() {
                    for half in [former, latter] {
                        Box::pin(self.compare_numbered(display_id, half, (depth, why))).await?;
                    }
                    return Ok(());
                }
                let what = format!("messages {numbers:?} of conversation {display_id}");
                return self.left_unread(what, &error).await;
            }
            Err(error) => return Err(error.into()),
        };
        listed.retain(|one| numbers.contains(&one.value.id));
        let at = clock::of_conversation(&place.value, asked_at);
        let differing =
            self.compare_messages(listed, (display_id, at), asked_at, (depth, why)).await?;
        let messages: Vec<_> = differing.into_iter().map(|(message, ..)| message).collect();
        if messages.is_empty() {
            return Ok(());
        }
        let conversation = trimmed(place.text, place.value.updated_at_us);
        let drift =
            |message: &&MessageRead| why != Why::Unheard || message.found != Found::default();
        let rows = i64::try_from(messages.iter().filter(drift).count()).unwrap_or(i64::MAX);
        let body = ConversationRead { conversation, found: None, quiet: false, messages };
        self.publish(&Body::Conversation(body), rows).await
    }

    /// Returns the number of the newest message that a sweep need not request, and what was never announced of the
    /// conversation, if it is `there`.
    async fn known_of(
        &self,
        conversation: &Conversation,
        there: bool,
        depth: Depth,
    ) -> Result<(i64, Untold), ReconcileError> {
        let (account, display_id) = (self.owner.account, conversation.display_id);
        let mut untold = Untold::nothing(account);
        let Depth::Lately(Lately { since, .. }) = depth else { return Ok((0, untold)) };
        let mut transaction = self.store.worker().await?;
        let newest = messages::mirror::newest_before(&mut transaction, account, display_id, since);
        let newest = newest.await?;
        if there {
            untold =
                Untold::of_conversation(&mut transaction, account, conversation, depth).await?;
        }
        store::commit(transaction).await?;
        Ok((newest.unwrap_or(0), untold))
    }

    /// Messages older than this are recorded but not announced. A conversation that is `there` may be on a screen, so
    /// all of its messages are announced, unless the account has yet to be brought in.
    fn history(&self, there: bool, depth: Depth) -> DateTime<Utc> {
        match depth {
            _ if there && !self.first_time => DateTime::<Utc>::MIN_UTC,
            Depth::Lately(lately) => lately.history,
            Depth::Everything => DateTime::<Utc>::MAX_UTC,
        }
    }

    async fn publish_conversation(
        &self,
        body: &mut ConversationRead,
        finding: Option<compare::Finding>,
    ) -> Result<(), ReconcileError> {
        let of_conversation = i64::from(finding.as_ref().is_some_and(|finding| finding.drift));
        let messages = std::mem::take(&mut body.messages);
        let rows = of_conversation + i64::try_from(messages.len()).unwrap_or(i64::MAX);
        let found = finding.map(|finding| finding.found);
        let part = ConversationRead { found, messages, ..body.clone() };
        self.publish(&Body::Conversation(part), rows).await
    }

    /// Returns the messages whose rows are missing or different, or that were never announced, each with its size in
    /// a body and the time it was written. The pair is the conversation and the latest instant that it knew of.
    async fn compare_messages(
        &self,
        read: Vec<Verbatim<Message>>,
        (display_id, at): (i64, i64),
        asked_at: DateTime<Utc>,
        (depth, why): (Depth, Why),
    ) -> Result<Vec<(MessageRead, usize, DateTime<Utc>)>, ReconcileError> {
        // No webhook reports activity lines, and the timeline here says the same.
        let told = |one: &Verbatim<Message>| one.value.message_type != Some(MessageType::Activity);
        let read: Vec<_> = read.into_iter().filter(told).collect();
        let numbers: Vec<i64> = read.iter().map(|one| one.value.id).collect();
        let mut transaction = self.store.worker().await?;
        let account = self.owner.account;
        let rows = messages::mirror::mirrored(&mut transaction, account, &numbers).await?;
        let listed = read.iter().map(|one| &one.value);
        let there: Vec<&Message> = listed.filter(|one| rows.contains_key(&one.id)).collect();
        let untold = Untold::of(&mut transaction, account, &there, depth).await?;
        store::commit(transaction).await?;
        let mut found = Vec::new();
        for Verbatim { value, text, .. } in read {
            let occasion = message::Occasion::Read;
            let snapshot =
                message::snapshot(&self.owner, value.clone(), display_id, occasion, at, asked_at);
            let row = rows.get(&value.id);
            // A channel mostly reports a message's delivery soon after it was written.
            if !self.is_due(value.created_at, asked_at) {
                continue;
            }
            let again = || match why {
                Why::Unheard => self.unsettled.note_numbered(value.id),
                Why::Missed if row.is_some_and(|row| row.unheard) => {}
                Why::Missed => self.unsettled.note(display_id),
            };
            let compared = compare::message(&snapshot, row, asked_at).found(again);
            let compared = untold.join(&value, compared);
            if let Some((finding, delivery_over)) = compared {
                // A webhook said that the message has changed, and a sweep is about to look it up.
                let heard_of = why == Why::Missed && row.is_some_and(|row| row.unheard);
                if heard_of && finding.found == Found::default() {
                    continue;
                }
                let printed = text.to_string();
                let size = printed.len() + A_VALUE * all_values(printed.as_bytes());
                let failed = activity::failed(&value)
                    && match row {
                        Some(row) => {
                            untold.lacks_failure(&value) || !compare::shows_failure(&row.delivery)
                        }
                        None => value.created_at.is_some_and(|at| depth.is_news(at)),
                    };
                let read =
                    MessageRead { message: text, found: finding.found, delivery_over, failed };
                found.push((read, size, snapshot.created_at));
            }
        }
        Ok(found)
    }
}
