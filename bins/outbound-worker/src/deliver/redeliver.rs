//! Has Chatwoot hand a message once more to the customer's channel, which did not deliver it. No other message is
//! written.
//!
//! Older versions of Chatwoot do so whatever the message's state is. So the state is looked at before each try, and
//! after a try of unknown outcome only once Chatwoot cannot be working on it any more: a message that has not failed
//! by then is on its way, or has arrived.

use std::time::Duration;

use chatwoot::client::MessageRange;
use chatwoot::{CallError, Message, MessageStatus};
use domain::MessageId;
use store::Error;
use store::attempts::{self, Attempt};
use store::messages::{self, Target};
use store::outbox::{self, Entry};

use super::carrier::asked_ago;
use super::hold_back::Leave;
use super::job::Job;
use super::settle::{Carried, News};
use super::stay::Stay;
use super::{Carrier, Lock};
use crate::callers::Caller;
use crate::decide::{self, Ending};

/// The reason that is shown for a message that no longer exists.
const GONE: &str = "Chatwoot does not have this message any more";

impl Carrier {
    /// Has a message handed over if it still is in the failed state.
    pub(super) async fn redeliver(
        &self,
        job: &Job<'_>,
        message: MessageId,
        caller: &Caller,
        lock: &mut Lock,
    ) -> Result<Carried, Error> {
        let last = self.last_redelivery(job.entry).await?;
        let absence = self.config.absence();
        if let Some(wait) = last.and_then(|last| decide::until_repeated(&last, absence)) {
            return self.put_off(job, wait, None).await;
        }
        let Some(target) = self.target(job.entry, message).await? else {
            return self.give_up(job, None, GONE).await;
        };
        if target.deleting {
            return self.leave(job.entry, message).await;
        }
        let number = target.chatwoot_id;
        if let Some(hold) = self.admit(caller).await? {
            return self.hold(job, hold).await;
        }
        let range = MessageRange::Between { after: number - 1, last: number };
        let seen = caller.client.list_messages(job.entry.display_id, range).await;
        self.report(caller, &seen).await;
        let seen = match seen {
            Ok(seen) => seen.into_iter().find(|message| message.id == number),
            Err(error) => return self.not_looked(job, caller, &error).await,
        };
        match seen.as_ref().map(state) {
            Some(Seen::Failed) if self.config.bounds().are_used_up(job.entry.tries()) => {
                let reason = "Chatwoot did not accept it after repeated attempts";
                self.give_up(job, None, reason).await
            }
            Some(Seen::Failed) => {
                self.hand_over(job, message, last.map_or(0, |last| last.number), caller, lock).await
            }
            // After a try of ours, or somebody's in Chatwoot.
            Some(Seen::OnItsWay) => self.handed_over(job, None, target.failed_at).await,
            Some(Seen::Deleted) | None => self.give_up(job, None, GONE).await,
        }
    }

    /// Counts a look that failed as a try that did not happen.
    async fn not_looked(
        &self,
        job: &Job<'_>,
        caller: &Caller,
        error: &CallError,
    ) -> Result<Carried, Error> {
        if self.is_outdated(caller, error).await? {
            return self.put_off(job, decide::SOON, None).await;
        }
        let mut transaction = self.store.worker().await?;
        let counted = outbox::count_attempt(&mut transaction, job.entry.operation).await?;
        store::commit(transaction).await?;
        let Some(tries) = counted else { return Ok(Carried::Settled) };
        let (reason, ago) = (decide::reason(error), asked_ago(job.entry));
        let (bounds, retry) = (self.config.bounds(), self.config.retry());
        let news = match decide::ending_of_look(error, tries, ago, bounds, retry) {
            Ending::Failed => return self.give_up(job, None, &reason).await,
            Ending::Spared(wait) => News::waiting(&reason, wait).sparing(),
            Ending::Retry(wait) | Ending::Unknown(wait) => News::waiting(&reason, wait),
        };
        self.note(job, news).await
    }

    /// Asks Chatwoot to hand the message over. `last` is the number of the previous try.
    async fn hand_over(
        &self,
        job: &Job<'_>,
        message: MessageId,
        last: i32,
        caller: &Caller,
        lock: &mut Lock,
    ) -> Result<Carried, Error> {
        if let Some(hold) = self.admit_next(caller, &mut Stay::new(lock)).await? {
            return self.hold(job, hold).await;
        }
        let mut transaction = self.store.worker().await?;
        let counted = outbox::count_attempt(&mut transaction, job.entry.operation).await?;
        let begun = attempts::begin(&mut transaction, job.entry, last, 0).await?;
        let account = job.entry.account;
        let known = messages::to_redeliver(&mut transaction, account, message).await?;
        let (Some(tries), Some(number), Some(target)) = (counted, begun, known) else {
            store::rollback(transaction).await?;
            self.unused(caller).await;
            return Ok(if counted.is_none() { Carried::Settled } else { Carried::Waits });
        };
        if target.deleting {
            store::rollback(transaction).await?;
            self.unused(caller).await;
            return self.leave(job.entry, message).await;
        }
        store::commit(transaction).await?;
        let deadline =
            match self.leave_for(job, caller, number, self.config.timeout(), lock).await? {
                Leave::Given(deadline) => deadline,
                Leave::Refused(carried) => return Ok(carried),
            };
        let retry = caller.client.retry_message(job.entry.display_id, target.chatwoot_id);
        let done = deadline.keep(retry).await;
        self.report(caller, &done).await;
        let Err(error) = done else {
            return self.handed_over(job, Some(number), target.failed_at).await;
        };
        let after_unknown = |wait: Duration| Some(wait.max(self.config.absence()));
        self.not_done(job, caller, number, tries, &error, after_unknown).await
    }

    /// Returns the newest try. One that its program left open is closed as unknown.
    async fn last_redelivery(&self, entry: &Entry) -> Result<Option<Attempt>, Error> {
        let mut transaction = self.store.worker().await?;
        let mut last = attempts::last(&mut transaction, entry.operation).await?;
        if let Some(Attempt { number, outcome: None, .. }) = last {
            let (operation, longest) = (entry.operation, self.config.timeout());
            attempts::abandon(&mut transaction, operation, number, longest).await?;
            last = attempts::last(&mut transaction, operation).await?;
        }
        store::commit(transaction).await?;
        Ok(last)
    }

    /// Settles the command without announcing anything, since nobody wants it any more: the next command deletes the
    /// message.
    async fn leave(&self, entry: &Entry, message: MessageId) -> Result<Carried, Error> {
        let mut transaction = self.store.worker().await?;
        outbox::settle(&mut transaction, entry.operation).await?;
        messages::not_redelivered(&mut transaction, message, None).await?;
        store::commit(transaction).await?;
        Ok(Carried::Settled)
    }

    /// Returns the message as it is known before Chatwoot is asked.
    async fn target(&self, entry: &Entry, message: MessageId) -> Result<Option<Target>, Error> {
        let mut transaction = self.store.worker().await?;
        let account = entry.account;
        let target = messages::to_redeliver(&mut transaction, account, message).await?;
        store::commit(transaction).await?;
        Ok(target)
    }
}

/// The state of a message that had failed.
enum Seen {
    Failed,
    OnItsWay,
    Deleted,
}

fn state(message: &Message) -> Seen {
    if message.deleted() {
        Seen::Deleted
    } else if message.status == Some(MessageStatus::Failed) {
        Seen::Failed
    } else {
        Seen::OnItsWay
    }
}
