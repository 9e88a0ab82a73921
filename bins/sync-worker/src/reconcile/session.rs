//! Compares one account: asks Chatwoot at a limited rate, looks at the rows, and publishes what differs.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use bus::Publisher;
use chatwoot::client::Verbatim;
use chatwoot::{CallError, Client, Conversation};
use chrono::{DateTime, TimeDelta, Utc};
use domain::EventId;
use events::{Inbound, TraceParent};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use store::catalogue::Owner;
use store::reconciliations::Tally;
use store::{Store, contacts, conversations};
use tokio::time::Instant;

use super::ReconcileError;
use super::body::{Body, ContactRead, Gone, ORIGIN};
use super::compare;
use super::host::Guest;
use super::long::Parts;
use super::unsettled::Unsettled;
use crate::apply::contact;
use crate::clock;

/// After this long a request is sent even if replies leave no allowance, so that comparing always goes on, if slowly.
const PATIENCE: Duration = Duration::from_secs(10);
/// After this many failures in a row the cause is considered permanent, and what fails is left out.
pub(super) const OFTEN: u32 = 3;

/// How far back messages are compared.
#[derive(Debug, Clone, Copy)]
pub(super) enum Depth {
    /// Messages written lately.
    Lately(Lately),
    /// All messages.
    Everything,
}

impl Depth {
    /// Whether a message written at that time is news if it is missing here.
    pub(super) fn is_news(self, written_at: DateTime<Utc>) -> bool {
        matches!(self, Self::Lately(Lately { history, .. }) if written_at >= history)
    }
}

/// What a sweep looks at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lately {
    /// What changed since then is compared.
    pub since: DateTime<Utc>,
    /// What is older than this and missing here is history: nobody has missed it.
    pub history: DateTime<Utc>,
}

/// A session in which one account is compared.
pub(super) struct Session {
    pub store: Store,
    pub publisher: Publisher,
    pub client: Client,
    pub host: Guest,
    pub owner: Owner,
    /// Whether the account was never completely brought in. Then what is missing is history and not drift.
    pub first_time: bool,
    /// How often in a row comparing this account has failed before.
    pub failures: u32,
    /// Changes that are more recent than this may still be reported by a webhook.
    pub grace: TimeDelta,
    /// How many conversations are compared at the same time.
    pub concurrency: usize,
    pub found: Counters,
    /// What takes another look.
    pub unsettled: Unsettled,
    /// What is compared in parts.
    pub parts: Parts,
    /// How many requests were sent so far.
    pub asked: AtomicU64,
}

/// What was found and is not saved yet.
#[derive(Debug, Default)]
pub(super) struct Counters {
    brought_in: AtomicI64,
    drift: AtomicI64,
    repaired: AtomicI64,
}

impl Counters {
    /// Takes the counts, and resets them.
    pub(super) fn take(&self) -> Tally {
        Tally {
            brought_in: self.brought_in.swap(0, Ordering::Relaxed),
            drift_found: self.drift.swap(0, Ordering::Relaxed),
            drift_repaired: self.repaired.swap(0, Ordering::Relaxed),
        }
    }

    /// Puts back counts that could not be saved.
    pub(super) fn put_back(&self, tally: Tally) {
        add(&self.brought_in, tally.brought_in);
        add(&self.drift, tally.drift_found);
        add(&self.repaired, tally.drift_repaired);
    }
}

impl Session {
    /// Sends a request to Chatwoot when it is its turn; replies go first. The request is built again each time it is
    /// refused because of a limit, so whatever it says about the time must be computed in `question`.
    pub(super) async fn ask<T, Q>(&self, question: impl Fn() -> Q) -> Result<T, CallError>
    where
        Q: Future<Output = Result<T, CallError>>,
    {
        let counted = || {
            self.asked.fetch_add(1, Ordering::Relaxed);
            metrics::counter!("axis_reconcile_requests_total").increment(1);
            question()
        };
        Box::pin(self.host.ask(|| self.room(), counted)).await
    }

    /// Waits until replies leave something of the host's allowance, but not for longer than [`PATIENCE`].
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
                // The response could not be compared with any rows either, so it does not matter.
                Err(error) => {
                    tracing::debug!(%error, "cannot look up what replies leave of a host's allowance");
                    return;
                }
            }
        }
    }

    /// Fails unless the token is an administrator's. An agent sees only their own inboxes, so the rest would look
    /// deleted or quiet. A former administrator's token may have become an agent's.
    pub(super) async fn require_administrator(&self) -> Result<(), ReconcileError> {
        let profile = self.ask(|| self.client.profile()).await?;
        match profile.role_in(self.client.account_id()) {
            Some("administrator") => Ok(()),
            _ => Err(ReconcileError::NotAdministrator),
        }
    }

    /// Compares conversations that were requested at `asked_at`, their contacts, and their messages.
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
        self.compare_contacts(&read, &known, asked_at, depth).await?;
        stream::iter(read)
            .map(|one| {
                let row = rows.get(&one.value.display_id);
                self.compare_conversation(one, row, asked_at, depth)
            })
            .buffer_unordered(self.concurrency)
            .try_collect::<()>()
            .await
    }

    /// Compares the contacts of conversations. Those without a row come with their conversation, and are news only if it
    /// is.
    async fn compare_contacts(
        &self,
        read: &[Verbatim<Conversation>],
        known: &HashMap<i64, contacts::mirror::Mirrored>,
        asked_at: DateTime<Utc>,
        depth: Depth,
    ) -> Result<(), ReconcileError> {
        let mut seen = HashSet::new();
        for one in read {
            let Some(person) = &one.value.contact else { continue };
            // Writing a message often changes its sender, and a contact has no date of its own.
            if !self.is_due(changed_at(&one.value), asked_at) {
                continue;
            }
            let row = known.get(&person.id);
            let is_news = one.value.created_at.is_some_and(|at| depth.is_news(at));
            if (row.is_none() && !is_news) || !seen.insert(person.id) {
                continue;
            }
            let words = one.text.pointer("/meta/sender").cloned().unwrap_or_default();
            let at = clock::of_conversation(&one.value, asked_at);
            let place = Some(one.value.display_id);
            self.compare_contact(person, words, at, row, (place, asked_at)).await?;
        }
        Ok(())
    }

    /// Compares a contact as it was at `at` (in microseconds since 1970; 0 if unknown), which was requested with the
    /// conversation `place`, or alone.
    pub(super) async fn compare_contact(
        &self,
        person: &chatwoot::Contact,
        words: serde_json::Value,
        at: i64,
        row: Option<&contacts::mirror::Mirrored>,
        (place, asked_at): (Option<i64>, DateTime<Utc>),
    ) -> Result<(), ReconcileError> {
        let mentioned = contact::Occasion::Mentioned;
        let snapshot = contact::snapshot(&self.owner, person.clone(), mentioned, at);
        let compared = compare::contact(&snapshot, row, asked_at);
        let again = || place.into_iter().for_each(|place| self.unsettled.note(place));
        let Some(finding) = compared.found(again) else { return Ok(()) };
        let (rows, found) = (i64::from(finding.drift), finding.found);
        self.publish(&Body::Contact(ContactRead { contact: words, found, at }), rows).await
    }

    /// Requests a conversation that no list shows, compares it, and reports it as gone if it was known here and is gone.
    /// Returns whether Chatwoot has it.
    pub(super) async fn look_up(&self, display_id: i64) -> Result<bool, ReconcileError> {
        let asked_at = Utc::now();
        match self.ask(|| self.client.conversation_verbatim(display_id)).await {
            Ok(read) => self.compare(vec![read], asked_at, Depth::Everything).await?,
            Err(CallError::NotFound) => {
                self.gone(display_id, asked_at).await?;
                return Ok(false);
            }
            Err(error) if self.lasts(&error).await => {
                self.left_unread(format!("conversation {display_id}"), &error).await?;
            }
            Err(error) => return Err(error.into()),
        }
        Ok(true)
    }

    /// Reports a conversation that Chatwoot did not have at `asked_at` as gone, if it is known here.
    async fn gone(&self, display_id: i64, asked_at: DateTime<Utc>) -> Result<(), ReconcileError> {
        let mut transaction = self.store.worker().await?;
        let (account, before) = (self.owner.account, display_id - 1);
        let known =
            conversations::mirror::known_between(&mut transaction, account, before, display_id, 1);
        let known = known.await?;
        store::commit(transaction).await?;
        let Some((_, created_at)) = known.first() else { return Ok(()) };
        let gone = Gone {
            conversation: Some(display_id),
            created_at: Some(*created_at),
            contact: None,
            at: asked_at.timestamp_micros(),
        };
        self.publish(&Body::Gone(gone), 1).await
    }

    /// Whether Chatwoot fails at this request only, as it does at a row that it cannot print: it answers another one.
    pub(super) async fn only_this(&self, error: &CallError) -> bool {
        matches!(error, CallError::Unknown(_)) && self.ask(|| self.client.profile()).await.is_ok()
    }

    /// Whether Chatwoot fails at this request only, and not only for a moment. A momentary fault is gone when the same is
    /// requested again, whereas what is left out is not requested again before the next walk.
    pub(super) async fn lasts(&self, error: &CallError) -> bool {
        (error.is_unreadable() || self.failures >= OFTEN) && self.only_this(error).await
    }

    /// Records that something cannot be read and is left out, so that the rest does not wait for it.
    pub(super) async fn left_unread(
        &self,
        what: String,
        error: &CallError,
    ) -> Result<(), ReconcileError> {
        metrics::counter!("axis_reconcile_unread_total").increment(1);
        let account = self.owner.account;
        tracing::warn!(account.key = %account, what, %error, "cannot be read, and is not compared");
        // Reading changes nothing, so it does not matter whether Chatwoot did anything.
        let why = match error {
            CallError::Unknown(cause) => cause.to_string(),
            error => error.to_string(),
        };
        let note = format!("{what}: {why}");
        let mut transaction = self.store.worker().await?;
        store::reconciliations::note_unread(&mut transaction, account, &note).await?;
        store::commit(transaction).await?;
        Ok(())
    }

    /// Whether something happened long enough ago that its webhook should have arrived. Of what is ahead nobody knows when
    /// it happened, and it does not wait until then.
    pub(super) fn is_due(
        &self,
        happened_at: Option<DateTime<Utc>>,
        asked_at: DateTime<Utc>,
    ) -> bool {
        happened_at.is_none_or(|at| at + self.grace <= asked_at || clock::is_ahead(at, asked_at))
    }

    /// Publishes what was found, and counts it as this number of rows.
    pub(super) async fn publish(&self, body: &Body, rows: i64) -> Result<(), ReconcileError> {
        let mut payload = serde_json::to_vec(body)?;
        chatwoot::blank_session_tokens(&mut payload);
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
            // It was found and counted before, but no worker has applied it yet.
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
pub(super) fn changed_at(conversation: &Conversation) -> Option<DateTime<Utc>> {
    let updated_at = conversation.updated_at_us.and_then(DateTime::from_timestamp_micros);
    updated_at.max(conversation.last_activity_at)
}
