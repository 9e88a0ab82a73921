//! Finds what was never announced although its row exists. A conversation's row comes with its first message, and the
//! row of its newest message comes with whatever happens to the conversation, so a row does not show that its own
//! webhook was lost. The timeline does: one transaction writes what a webhook describes and the line that reports it.

use std::collections::HashSet;

use chatwoot::{Conversation, Message, Status};
use chrono::{DateTime, TimeDelta, Utc};
use domain::{AccountKey, ActivityId};
use serde_json::{Value, json};
use store::Transaction;

use super::ReconcileError;
use super::body::Found;
use super::compare::Finding;
use super::session::{Depth, Lately};
use crate::{activity, clock};

/// A line may have its time in whole seconds.
const COARSE: TimeDelta = TimeDelta::seconds(1);

/// Lines that the timeline should have but has not.
pub(super) struct Untold {
    account: AccountKey,
    lines: HashSet<ActivityId>,
    /// Lines of failures, whose time is when they were noticed, by another clock.
    failures: HashSet<ActivityId>,
    /// What the timeline says last of the conversation's status, if it has changed since.
    status: Option<Value>,
}

impl Untold {
    /// No lines are missing.
    pub(super) fn nothing(account: AccountKey) -> Self {
        Self { account, lines: HashSet::new(), failures: HashSet::new(), status: None }
    }

    /// Finds the missing lines of these messages, which have rows. Older messages are history, and their lines may
    /// have been removed since.
    pub(super) async fn of(
        transaction: &mut Transaction,
        account: AccountKey,
        messages: &[&Message],
        depth: Depth,
    ) -> Result<Self, ReconcileError> {
        let mut untold = Self::nothing(account);
        let Depth::Lately(Lately { history, .. }) = depth else { return Ok(untold) };
        for message in messages {
            if message.created_at.is_some_and(|at| depth.is_news(at)) {
                let (deletion, failure) = (untold.deletion(message), untold.failure(message));
                untold.lines.insert(activity::creation(account, message.id));
                untold.lines.extend(deletion);
                untold.failures.extend(failure);
            }
        }
        untold.missing(transaction, history).await
    }

    /// Finds the missing lines of a conversation that has a row: of its beginning, and of its last change of status.
    /// Where opening a conversation also assigns it, no webhook reports the status, but another one's body brings it.
    pub(super) async fn of_conversation(
        transaction: &mut Transaction,
        account: AccountKey,
        conversation: &Conversation,
        depth: Depth,
    ) -> Result<Self, ReconcileError> {
        let mut untold = Self::nothing(account);
        let Depth::Lately(Lately { history, .. }) = depth else { return Ok(untold) };
        if conversation.created_at.is_some_and(|at| depth.is_news(at)) {
            untold.lines.insert(activity::beginning(account, conversation.display_id));
        }
        untold.status = Self::outdated(transaction, account, conversation).await?;
        untold.missing(transaction, history).await
    }

    /// What the timeline says of a conversation's status, if it is another one now. If the timeline says nothing of it,
    /// nobody knows whether it has ever changed.
    async fn outdated(
        transaction: &mut Transaction,
        account: AccountKey,
        conversation: &Conversation,
    ) -> Result<Option<Value>, ReconcileError> {
        let id = conversation.display_id;
        let last = store::activities::last_status(transaction, account, id).await?;
        let now = clock::time(clock::whole_millis(conversation.updated_at_us.unwrap_or(0)));
        let status = conversation.status.as_ref().map(Status::as_str);
        Ok(last.filter(|(at, was)| now > Some(*at) && was.as_str() != status).map(|(_, was)| was))
    }

    /// Keeps only the lines that the timeline does not have.
    async fn missing(
        mut self,
        transaction: &mut Transaction,
        history: DateTime<Utc>,
    ) -> Result<Self, ReconcileError> {
        let dated = (&mut self.lines, history - COARSE);
        for (lines, since) in [dated, (&mut self.failures, DateTime::UNIX_EPOCH)] {
            if lines.is_empty() {
                continue;
            }
            let wanted: Vec<ActivityId> = lines.iter().copied().collect();
            let told = store::activities::told(transaction, &wanted, since).await?;
            lines.retain(|line| !told.contains(line));
        }
        Ok(self)
    }

    /// Adds what was never announced of a message to what its comparison found. The message is then announced as if it
    /// had no row, or, if only its deletion or failure was missed, that alone is.
    pub(super) fn join(
        &self,
        message: &Message,
        compared: Option<(Finding, i64)>,
    ) -> Option<(Finding, i64)> {
        let created = self.lines.contains(&activity::creation(self.account, message.id));
        let deleted = self.deletion(message).is_some_and(|line| self.lines.contains(&line));
        if !created && !deleted && !self.lacks_failure(message) {
            return compared;
        }
        let shown = || (Finding { found: Found::default(), drift: true }, 0);
        let (mut finding, delivery_over) = compared.unwrap_or_else(shown);
        finding.found.missing |= created;
        Some((finding, delivery_over))
    }

    /// Adds the beginning of a conversation, if it was never announced, to what its comparison found. What else was
    /// missed is announced besides.
    pub(super) fn join_conversation(
        &self,
        conversation: &Conversation,
        compared: Option<Finding>,
    ) -> Option<Finding> {
        let line = activity::beginning(self.account, conversation.display_id);
        if !self.lines.contains(&line) {
            return compared;
        }
        let found = compared.map(|finding| finding.found).unwrap_or_default();
        Some(Finding { found: Found { missing: true, ..found }, drift: true })
    }

    /// Adds a change of status that was never announced to what a conversation's comparison found.
    pub(super) fn join_status(
        &self,
        conversation: &Conversation,
        compared: Option<Finding>,
    ) -> Option<Finding> {
        let (Some(was), Some(is)) = (&self.status, &conversation.status) else { return compared };
        let mut found = compared.map(|finding| finding.found).unwrap_or_default();
        let is_found = |change: &Value| change.get("status").is_some();
        if !found.changed_attributes.iter().any(is_found) {
            let change = json!({ "previous_value": was, "current_value": is.as_str() });
            found.changed_attributes.push(json!({ "status": change }));
        }
        Some(Finding { found, drift: true })
    }

    /// Whether it was never announced that a message was not delivered.
    pub(super) fn lacks_failure(&self, message: &Message) -> bool {
        self.failure(message).is_some_and(|line| self.failures.contains(&line))
    }

    fn deletion(&self, message: &Message) -> Option<ActivityId> {
        message.deleted().then(|| activity::deletion(self.account, message.id))
    }

    fn failure(&self, message: &Message) -> Option<ActivityId> {
        activity::failed(message).then(|| activity::failure(self.account, message))
    }
}
