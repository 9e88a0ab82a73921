//! Carries out commands that send the full wanted state. They are simply repeated if their outcome is unknown.
//!
//! A request of unknown outcome may still be waiting in Chatwoot when its repetition is done, and then undo what was
//! changed after that. So the conversation's next change waits until Chatwoot cannot be working on it any more.

use std::time::Duration;

use chatwoot::client::Snooze;
use chatwoot::{CallError, Priority, Status};
use chrono::{DateTime, TimeDelta, Utc};
use domain::command::MarkRead;
use store::attempts;
use store::outbox::{self, Entry};
use store::{Error, conversations, messages};

use super::hold_back::Leave;
use super::job::{Change, Job, Shown};
use super::settle::Carried;
use super::{Carrier, Lock};
use crate::callers::Caller;

/// After this long it does not matter any more that somebody was typing.
const TYPING_MATTERS: TimeDelta = TimeDelta::seconds(10);
/// The most requests that one change takes.
const MOST_REQUESTS: u32 = 3;

impl Carrier {
    /// Carries out a change.
    pub(super) async fn change(
        &self,
        job: &Job<'_>,
        change: Change,
        caller: &Caller,
        lock: &mut Lock,
    ) -> Result<Carried, Error> {
        let entry = job.entry;
        let is_late = match &change {
            Change::Typing(_) => Utc::now() - entry.created_at > TYPING_MATTERS,
            Change::Reading(read) => self.wrote_since(entry, read).await?,
            _ => false,
        };
        if is_late {
            return self.sent(job, None, None).await;
        }
        // What is to be deleted stays deleted, whatever comes late.
        if job.shown == Shown::Change(None)
            && let Some(wait) = self.behind_change(entry).await?
        {
            return self.put_off(job, wait, None).await;
        }
        if let Some(hold) = self.admit(caller).await? {
            return self.hold(job, hold).await;
        }
        let mut transaction = self.store.worker().await?;
        let Some(tries) = outbox::count_attempt(&mut transaction, entry.operation).await? else {
            store::rollback(transaction).await?;
            self.unused(caller).await;
            return Ok(Carried::Settled);
        };
        let target = match &change {
            Change::Deletion(wanted) => {
                let id = wanted.message_id;
                messages::chatwoot_id(&mut transaction, entry.account, id).await?.flatten()
            }
            _ => None,
        };
        let number = if job.shown == Shown::Moment {
            // There is no further try, so nobody asks what came of this one.
            None
        } else {
            let begun = attempts::begin(&mut transaction, entry, tries.made - 1, 0).await?;
            if begun.is_none() {
                store::rollback(transaction).await?;
                self.unused(caller).await;
                return Ok(Carried::Waits);
            }
            begun
        };
        store::commit(transaction).await?;
        let made = call(entry.display_id, &change, target, caller);
        let done = if let Some(number) = number {
            match self.leave_for(job, caller, number, self.longest_change(), lock).await? {
                Leave::Given(deadline) => deadline.keep(made).await,
                Leave::Refused(carried) => return Ok(carried),
            }
        } else {
            lock.assert_held().await?;
            made.await
        };
        self.report(caller, &done).await;
        let error = match done {
            Ok(seen_at) => {
                if let Some(seen_at) = seen_at {
                    self.note_mark(entry, seen_at).await?;
                }
                return self.sent(job, number, None).await;
            }
            // The message is gone, which is what was wanted.
            Err(CallError::NotFound) if matches!(change, Change::Deletion(_)) => {
                return self.sent(job, number, None).await;
            }
            Err(error) => error,
        };
        // Such a command is tried only once.
        let Some(number) = number else { return self.sent(job, None, None).await };
        let used_up = self.config.bounds().are_used_up(tries);
        let wait = (!used_up).then(|| self.config.retry().delay(tries.failures()));
        self.not_done(job, caller, number, tries, &error, |_| wait).await
    }

    /// How long a change has to wait because Chatwoot may yet be making an earlier one. It is asked when the change is about
    /// to be made, since it may have been asked for after the earlier one was settled.
    async fn behind_change(&self, entry: &Entry) -> Result<Option<Duration>, Error> {
        let (absence, longest) = (self.config.absence(), self.longest_change());
        let mut transaction = self.store.worker().await?;
        let left = attempts::may_come_late(&mut transaction, entry, absence, longest).await?;
        store::commit(transaction).await?;
        Ok(left)
    }

    /// The longest that the requests of one change take.
    fn longest_change(&self) -> Duration {
        self.config.timeout() * MOST_REQUESTS
    }

    /// Whether the customer wrote something after what was read. Chatwoot marks everything as read, and would count
    /// that as seen by somebody.
    async fn wrote_since(&self, entry: &Entry, read: &MarkRead) -> Result<bool, Error> {
        let Some(up_to) = read.up_to else { return Ok(false) };
        let mut transaction = self.store.worker().await?;
        let newest = messages::newest_incoming(&mut transaction, entry.conversation).await?;
        store::rollback(transaction).await?;
        Ok(newest > up_to)
    }

    /// Notes when Chatwoot says that the conversation was seen: that was our own mark.
    async fn note_mark(&self, entry: &Entry, seen_at: DateTime<Utc>) -> Result<(), Error> {
        let mut transaction = self.store.worker().await?;
        conversations::mark_told(&mut transaction, entry.conversation, seen_at).await?;
        store::commit(transaction).await
    }
}

/// Asks Chatwoot for the change. Returns when the conversation was seen, if that was the change.
async fn call(
    conversation: i64,
    change: &Change,
    target: Option<i64>,
    caller: &Caller,
) -> Result<Option<DateTime<Utc>>, CallError> {
    let client = &caller.client;
    match change {
        Change::Status(wanted) => {
            let snooze = wanted.snoozed_until.map_or(Snooze::UntilReply, Snooze::Until);
            let status = Status::from(wanted.status.as_str());
            let dated = client.toggle_status(conversation, &status, snooze).await?;
            if dated && status == Status::Snoozed && wanted.snoozed_until.is_none() {
                // Chatwoot drops the date only when the conversation is not snoozed any more. Opening it could assign
                // it.
                client.toggle_status(conversation, &Status::Pending, Snooze::UntilReply).await?;
                client.toggle_status(conversation, &status, snooze).await?;
            }
            Ok(())
        }
        Change::Priority(wanted) => {
            let priority = wanted.priority.as_deref().map(Priority::from);
            client.set_priority(conversation, priority.as_ref()).await
        }
        Change::Assignee(wanted) => client.assign_agent(conversation, wanted.assignee_id).await,
        Change::Team(wanted) => client.assign_team(conversation, wanted.team_id).await,
        Change::Labels(wanted) => client.set_labels(conversation, &wanted.labels).await.map(drop),
        Change::CustomAttributes(wanted) => {
            client.set_custom_attributes(conversation, &wanted.custom_attributes).await
        }
        Change::Deletion(_) => match target {
            Some(message) => client.delete_message(conversation, message).await,
            None => Err(CallError::NotFound),
        },
        Change::Typing(typing) => {
            client.toggle_typing(conversation, typing.on, typing.private).await
        }
        Change::Reading(_) => return client.update_last_seen(conversation).await,
    }
    .map(|()| None)
}
