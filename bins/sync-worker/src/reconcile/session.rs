//! Comparing one account: asking Chatwoot at a pace, looking at the rows, publishing what differs.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use bus::{MAX_BODY_BYTES, Publisher};
use chatwoot::client::{Cause, MessageRange, Verbatim};
use chatwoot::{CallError, Client, Conversation, Message, MessageType};
use chrono::{DateTime, TimeDelta, Utc};
use domain::EventId;
use events::{Inbound, TraceParent};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use service::Pace;
use store::reconciliations::Tally;
use store::{Store, contacts, conversations, messages};
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::ReconcileError;
use super::body::{Body, ContactRead, ConversationRead, Gone, MessageRead, ORIGIN, trimmed};
use super::compare;
use super::pages::following;
use crate::apply::{Owner, contact, conversation, message};
use crate::clock;

/// A body that reaches this size is published; what comes after is for the next one.
const BODY: usize = MAX_BODY_BYTES / 8;
/// After so long a question is asked although replies leave nothing: it goes on slowly, but always.
const PATIENCE: Duration = Duration::from_secs(10);

/// How far back messages are compared.
#[derive(Debug, Clone, Copy)]
pub(super) enum Depth {
    /// Those written since then.
    Since(DateTime<Utc>),
    /// All.
    Everything,
}

/// The comparing of one account.
pub(super) struct Session {
    pub store: Store,
    pub publisher: Publisher,
    pub client: Client,
    pub pace: Arc<Mutex<Pace>>,
    pub owner: Owner,
    /// What is missing is history, not drift: the account was never brought in whole.
    pub first_time: bool,
    /// What is younger may still be told by a webhook.
    pub grace: TimeDelta,
    /// Conversations compared at the same time.
    pub concurrency: usize,
    pub found: Found,
    /// Questions asked so far.
    pub asked: AtomicU64,
}

/// What was found and not yet written down.
#[derive(Debug, Default)]
pub(super) struct Found {
    brought_in: AtomicI64,
    drift: AtomicI64,
    repaired: AtomicI64,
}

impl Found {
    /// Takes what was counted.
    pub(super) fn take(&self) -> Tally {
        Tally {
            brought_in: self.brought_in.swap(0, Ordering::Relaxed),
            drift_found: self.drift.swap(0, Ordering::Relaxed),
            drift_repaired: self.repaired.swap(0, Ordering::Relaxed),
        }
    }

    /// Puts back what could not be written down.
    pub(super) fn put_back(&self, tally: Tally) {
        add(&self.brought_in, tally.brought_in);
        add(&self.drift, tally.drift_found);
        add(&self.repaired, tally.drift_repaired);
    }
}

impl Session {
    /// A question to Chatwoot, when it is its turn: replies go first.
    pub(super) async fn ask<T>(
        &self,
        question: impl Future<Output = Result<T, CallError>>,
    ) -> Result<T, CallError> {
        let mut pace = self.pace.lock().await;
        pace.turn().await;
        self.room().await;
        drop(pace);
        self.asked.fetch_add(1, Ordering::Relaxed);
        metrics::counter!("axis_reconcile_requests_total").increment(1);
        question.await
    }

    /// Waits until those who send replies leave something of what the host allows, or for long enough.
    async fn room(&self) {
        let host = self.client.host();
        let began = Instant::now();
        loop {
            let anyway = began.elapsed() >= PATIENCE;
            let taken = async {
                let mut transaction = self.store.worker().await?;
                let wait = store::hosts::take_spare(&mut transaction, &host, anyway).await?;
                store::commit(transaction).await?;
                Ok::<_, store::Error>(wait)
            };
            match store::within(store::PATIENCE, taken).await {
                Ok(None) => return,
                Ok(Some(wait)) => tokio::time::sleep(wait.min(PATIENCE)).await,
                // Whatever would come of the question could not be compared with anything either.
                Err(error) => {
                    tracing::debug!(%error, "what replies leave of a host's allowance is not known");
                    return;
                }
            }
        }
    }

    /// Compares conversations that were asked for at `asked_at`, their contacts, and their messages.
    pub(super) async fn compare(
        &self,
        read: Vec<Verbatim<Conversation>>,
        asked_at: DateTime<Utc>,
        depth: Depth,
    ) -> Result<(), ReconcileError> {
        let display_ids: Vec<i64> = read.iter().map(|one| one.value.display_id).collect();
        let people: Vec<i64> =
            read.iter().filter_map(|one| Some(one.value.contact.as_ref()?.id)).collect();
        let account = self.owner.account;
        let mut transaction = self.store.worker().await?;
        let rows = conversations::mirror::mirrored(&mut transaction, account, &display_ids).await?;
        let known = contacts::mirror::mirrored(&mut transaction, account, &people).await?;
        store::commit(transaction).await?;
        self.compare_contacts(&read, &known, asked_at).await?;
        stream::iter(read)
            .map(|one| {
                let row = rows.get(&one.value.display_id);
                self.compare_conversation(one, row, asked_at, depth)
            })
            .buffer_unordered(self.concurrency)
            .try_collect::<()>()
            .await
    }

    /// The contacts of conversations. Those that are new come with their conversation.
    async fn compare_contacts(
        &self,
        read: &[Verbatim<Conversation>],
        known: &HashMap<i64, contacts::mirror::Mirrored>,
        asked_at: DateTime<Utc>,
    ) -> Result<(), ReconcileError> {
        let mut seen = HashSet::new();
        for one in read {
            let Some(person) = &one.value.contact else { continue };
            let Some(row) = known.get(&person.id).filter(|_| seen.insert(person.id)) else {
                continue;
            };
            let words = one.text.pointer("/meta/sender").cloned().unwrap_or_default();
            let at = clock::of_conversation(&one.value);
            self.compare_contact(person, words, at, Some(row), asked_at).await?;
        }
        Ok(())
    }

    /// One contact, as it was known to be at `at`.
    pub(super) async fn compare_contact(
        &self,
        person: &chatwoot::Contact,
        words: serde_json::Value,
        at: i64,
        row: Option<&contacts::mirror::Mirrored>,
        asked_at: DateTime<Utc>,
    ) -> Result<(), ReconcileError> {
        let mentioned = contact::Occasion::Mentioned;
        let snapshot = contact::snapshot(&self.owner, person.clone(), mentioned, at);
        let Some(finding) = compare::contact(&snapshot, row, asked_at) else { return Ok(()) };
        let (rows, found) = (i64::from(finding.drift), finding.found);
        self.publish(&Body::Contact(ContactRead { contact: words, found, at }), rows).await
    }

    async fn compare_conversation(
        &self,
        read: Verbatim<Conversation>,
        row: Option<&conversations::mirror::Mirrored>,
        asked_at: DateTime<Utc>,
        depth: Depth,
    ) -> Result<(), ReconcileError> {
        let display_id = read.value.display_id;
        // What the conversation knew of before the messages were asked for, they know at least.
        let at = clock::of_conversation(&read.value);
        let contact = read.value.contact.as_ref().map(|person| person.id);
        let snapshot = conversation::snapshot(&self.owner, read.value.clone(), contact);
        let mut finding = compare::conversation(&snapshot, row, asked_at).filter(|finding| {
            let told =
                if finding.found.missing { read.value.created_at } else { changed_at(&read.value) };
            self.is_due(told, asked_at)
        });
        let mut known = match depth {
            Depth::Everything => 0,
            Depth::Since(since) => {
                let mut transaction = self.store.worker().await?;
                let account = self.owner.account;
                let newest =
                    messages::mirror::newest_before(&mut transaction, account, display_id, since);
                let newest = newest.await?;
                store::commit(transaction).await?;
                newest.unwrap_or(0)
            }
        };
        let mut body = ConversationRead {
            conversation: trimmed(read.text, read.value.updated_at_us),
            found: None,
            quiet: self.first_time || row.is_none(),
            messages: Vec::new(),
        };
        let mut range = MessageRange::After(known);
        loop {
            let asked_at = Utc::now();
            let listed = match self.ask(self.client.messages_verbatim(display_id, range)).await {
                Ok(listed) => listed,
                // Whether it is gone for good is for the walk to find out.
                Err(CallError::NotFound) => return Ok(()),
                // Too large perhaps, as a hundred mails may be: fewer at once, from the other end.
                Err(CallError::Unknown(Cause::Unreadable)) => match range {
                    MessageRange::After(last) => {
                        (known, range) = (last, MessageRange::Newest);
                        continue;
                    }
                    MessageRange::Newest | MessageRange::Before(_) => {
                        self.left_unread(display_id);
                        Vec::new()
                    }
                },
                Err(error) => return Err(error.into()),
            };
            let next = following(range, known, &listed);
            let differing = self.compare_messages(listed, (display_id, at), asked_at).await?;
            let mut size = 0;
            for (message, words) in differing {
                size += words;
                body.messages.push(message);
                if size > BODY {
                    size = 0;
                    self.publish_conversation(&mut body, finding.take()).await?;
                }
            }
            if !body.messages.is_empty() || (next.is_none() && finding.is_some()) {
                self.publish_conversation(&mut body, finding.take()).await?;
            }
            let Some(next) = next else { return Ok(()) };
            range = next;
        }
    }

    /// The others shall not wait for a conversation whose messages cannot be read.
    fn left_unread(&self, display_id: i64) {
        metrics::counter!("axis_reconcile_unread_total").increment(1);
        let account = self.owner.account;
        tracing::warn!(account.key = %account, conversation.id = display_id,
            "messages of a conversation cannot be read, and are not compared");
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

    /// The messages whose rows are missing or different, each with the size of its words.
    /// `place`: their conversation, and the newest instant that it knew of.
    async fn compare_messages(
        &self,
        read: Vec<Verbatim<Message>>,
        (display_id, at): (i64, i64),
        asked_at: DateTime<Utc>,
    ) -> Result<Vec<(MessageRead, usize)>, ReconcileError> {
        // Activity lines come by no webhook: the timeline here tells the same.
        let told = |one: &Verbatim<Message>| one.value.message_type != Some(MessageType::Activity);
        let read: Vec<_> = read.into_iter().filter(told).collect();
        let numbers: Vec<i64> = read.iter().map(|one| one.value.id).collect();
        let mut transaction = self.store.worker().await?;
        let account = self.owner.account;
        let rows = messages::mirror::mirrored(&mut transaction, account, &numbers).await?;
        store::commit(transaction).await?;
        let mut found = Vec::new();
        for Verbatim { value, text } in read {
            let occasion = message::Occasion::Read;
            let snapshot =
                message::snapshot(&self.owner, value.clone(), display_id, occasion, at, asked_at);
            let row = rows.get(&value.id);
            if row.is_none() && !self.is_due(value.created_at, asked_at) {
                continue;
            }
            if let Some((finding, delivery_over)) = compare::message(&snapshot, row, asked_at) {
                let size = text.to_string().len();
                found.push((
                    MessageRead { message: text, found: finding.found, delivery_over },
                    size,
                ));
            }
        }
        Ok(found)
    }

    /// Asks once more for what a list left out, and says that it is gone if it is.
    pub(super) async fn gone(
        &self,
        display_id: i64,
        created_at: DateTime<Utc>,
    ) -> Result<(), ReconcileError> {
        let asked_at = Utc::now();
        match self.ask(self.client.conversation_verbatim(display_id)).await {
            Ok(read) => self.compare(vec![read], asked_at, Depth::Everything).await,
            Err(CallError::NotFound) => {
                let gone = Gone {
                    conversation: Some(display_id),
                    created_at: Some(created_at),
                    contact: None,
                    at: asked_at.timestamp_micros(),
                };
                self.publish(&Body::Gone(gone), 1).await
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Whether something happened long enough ago for its webhook to have been here.
    fn is_due(&self, happened_at: Option<DateTime<Utc>>, asked_at: DateTime<Utc>) -> bool {
        happened_at.is_none_or(|at| at + self.grace <= asked_at)
    }

    /// Publishes what was found in so many rows.
    pub(super) async fn publish(&self, body: &Body, rows: i64) -> Result<(), ReconcileError> {
        let payload = serde_json::to_vec(body)?;
        let inbound = Inbound {
            id: EventId::of(self.owner.account, &payload, &[]),
            account: self.owner.account,
            tenant: self.owner.tenant.clone(),
            event: body.event().to_owned(),
            received_at: Utc::now(),
            delivery: None,
            origin: ORIGIN.to_owned(),
            trace: TraceParent::generate(),
        };
        match self.publisher.publish(inbound.envelope(payload)).await {
            // Found and counted before; no worker has come to it yet.
            Ok(published) if published.duplicate => {}
            Ok(_) if self.first_time => add(&self.found.brought_in, rows),
            Ok(_) => {
                Self::note("axis_reconcile_drift_found_total", &self.found.drift, rows);
                Self::note("axis_reconcile_drift_repaired_total", &self.found.repaired, rows);
            }
            Err(error) if error.is_permanent() => {
                Self::note("axis_reconcile_drift_found_total", &self.found.drift, rows);
                tracing::error!(event = body.event(), %error, "what was found cannot be published");
            }
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    fn note(metric: &'static str, count: &AtomicI64, rows: i64) {
        add(count, rows);
        metrics::counter!(metric).increment(u64::try_from(rows).unwrap_or_default());
    }
}

fn add(count: &AtomicI64, rows: i64) {
    count.fetch_add(rows, Ordering::Relaxed);
}

/// When a conversation last changed.
fn changed_at(conversation: &Conversation) -> Option<DateTime<Utc>> {
    let updated_at = conversation.updated_at_us.and_then(DateTime::from_timestamp_micros);
    updated_at.max(conversation.last_activity_at)
}
