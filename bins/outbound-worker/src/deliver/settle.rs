//! Records and announces what became of a command.

use std::time::Duration;

use domain::{Activity, DeliveryState, MessageId};
use store::attempts::{self, AttemptOutcome};
use store::messages::{self, Step};
use store::outbox::{self, Entry};
use store::{Error, PgConnection, activities, announcements, conversations};

use super::Carrier;
use super::job::{Job, Shown};
use super::tell::tale;
use crate::metrics::STATES;
use crate::throttle::Hold;

/// A shorter hold is not shown to people.
const WORTH_A_WORD: Duration = Duration::from_secs(5);

/// What became of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Carried {
    /// Its row is gone: the next command may follow.
    Settled,
    /// The command waits, and so do those behind it.
    Waits,
}

/// The number of the try that is ending, and its outcome.
pub(super) type Ended = (i32, AttemptOutcome);

/// What is now known about a command.
#[derive(Clone, Copy)]
pub(super) struct News<'a> {
    pub(super) ended: Option<Ended>,
    pub(super) state: DeliveryState,
    pub(super) reason: Option<&'a str>,
    /// Chatwoot's number of the message, if Chatwoot has it.
    pub(super) chatwoot_id: Option<i64>,
    /// When the row becomes due again; `None` if it is settled.
    pub(super) again: Option<Duration>,
    /// Whether the try does not count.
    pub(super) spares: bool,
    /// If the message was handed to its channel again: the time of the failure before that.
    pub(super) after_failure: Option<i64>,
}

impl<'a> News<'a> {
    /// A try ended without success, and another one follows after a wait.
    pub(super) fn retrying(ended: Ended, reason: &'a str, wait: Duration) -> Self {
        let state = match ended.1 {
            AttemptOutcome::Unknown | AttemptOutcome::Absent => DeliveryState::Unknown,
            _ => DeliveryState::Retrying,
        };
        let (ended, reason, again) = (Some(ended), Some(reason), Some(wait));
        Self { again, ..Self::settled(ended, state, reason) }
    }

    /// The command could not be tried, and will be after a wait.
    pub(super) fn waiting(reason: &'a str, wait: Duration) -> Self {
        let waiting = Self::settled(None, DeliveryState::Retrying, Some(reason));
        Self { again: Some(wait), ..waiting }
    }

    /// Marks the try as one that does not count.
    pub(super) fn sparing(self) -> Self {
        Self { spares: true, ..self }
    }

    /// A try has begun.
    pub(super) fn sending() -> Self {
        Self::settled(None, DeliveryState::Sending, None)
    }

    /// The command ended, for good or until somebody asks for it again.
    fn settled(ended: Option<Ended>, state: DeliveryState, reason: Option<&'a str>) -> Self {
        let (chatwoot_id, again, spares, after_failure) = (None, None, false, None);
        Self { ended, state, reason, chatwoot_id, again, spares, after_failure }
    }
}

impl Carrier {
    /// Settles a command that Chatwoot has carried out.
    pub(super) async fn sent(
        &self,
        job: &Job<'_>,
        attempt: Option<i32>,
        chatwoot_id: Option<i64>,
    ) -> Result<Carried, Error> {
        let ended = attempt.map(|number| (number, AttemptOutcome::Done));
        let news = News { chatwoot_id, ..News::settled(ended, DeliveryState::Sent, None) };
        self.note(job, news).await
    }

    /// Settles a redelivery: Chatwoot has handed the message to its channel again, on our request or somebody else's.
    pub(super) async fn handed_over(
        &self,
        job: &Job<'_>,
        attempt: Option<i32>,
        failed_at: i64,
    ) -> Result<Carried, Error> {
        let ended = attempt.map(|number| (number, AttemptOutcome::Done));
        let sent = News::settled(ended, DeliveryState::Sent, None);
        self.note(job, News { after_failure: Some(failed_at), ..sent }).await
    }

    /// Fails a command: it will not be carried out unless somebody acts.
    pub(super) async fn give_up(
        &self,
        job: &Job<'_>,
        attempt: Option<i32>,
        reason: &str,
    ) -> Result<Carried, Error> {
        let ended = attempt.map(|number| (number, AttemptOutcome::Failed));
        log_failure(job, ended);
        self.note(job, News::settled(ended, DeliveryState::Failed, Some(reason))).await
    }

    /// Fails a command whose last try may have happened: a reply that Chatwoot turned down twice in the same words, or a
    /// change. The try stays unknown, so that the reply is looked up first if a person has it sent again, and the next
    /// change does not come too early.
    pub(super) async fn give_up_unconfirmed(
        &self,
        job: &Job<'_>,
        attempt: i32,
        reason: &str,
    ) -> Result<Carried, Error> {
        let ended = Some((attempt, AttemptOutcome::Unknown));
        log_failure(job, ended);
        self.note(job, News::settled(ended, DeliveryState::Failed, Some(reason))).await
    }

    /// Puts off a command for which no call may be made now.
    pub(super) async fn hold(&self, job: &Job<'_>, hold: Hold) -> Result<Carried, Error> {
        let reason = (hold.wait >= WORTH_A_WORD).then(|| hold.cause.reason());
        self.put_off(job, hold.wait, reason).await
    }

    /// Puts off a command that cannot be tried now. A reason is shown to the people who wait for it.
    pub(super) async fn put_off(
        &self,
        job: &Job<'_>,
        wait: Duration,
        reason: Option<&str>,
    ) -> Result<Carried, Error> {
        if let Some(reason) = reason {
            // An earlier try may have reached Chatwoot. Then nobody can take the reply back.
            let mut transaction = self.store.worker().await?;
            let left = attempts::may_be_there(&mut transaction, job.entry.operation).await?;
            let state = if left { DeliveryState::Unknown } else { DeliveryState::Retrying };
            if put_off_again(&mut transaction, job, wait, state, reason).await? {
                store::commit(transaction).await?;
                self.wake.notify_one();
                return Ok(Carried::Waits);
            }
            store::rollback(transaction).await?;
            let news = News { again: Some(wait), ..News::settled(None, state, Some(reason)) };
            return self.note(job, news).await;
        }
        let mut transaction = self.store.worker().await?;
        outbox::postpone(&mut transaction, job.entry.operation, wait).await?;
        messages::hold(&mut transaction, job.entry.operation, wait).await?;
        store::commit(transaction).await?;
        self.wake.notify_one();
        Ok(Carried::Waits)
    }

    /// Records what is known in one transaction, and then announces it.
    pub(super) async fn note(&self, job: &Job<'_>, news: News<'_>) -> Result<Carried, Error> {
        let mut transaction = self.store.worker().await?;
        if let Some((number, outcome)) = news.ended {
            let operation = job.entry.operation;
            let ended =
                attempts::finish(&mut transaction, operation, number, outcome, news.reason).await?;
            if !ended {
                // The lock was lost and somebody else took over, who knows better.
                tracing::warn!(attempt = number, "another worker took the command over");
                return Ok(Carried::Waits);
            }
        }
        if news.spares {
            outbox::spare(&mut transaction, job.entry.operation).await?;
        }
        let operation = job.entry.operation;
        let is_there = match (news.again, news.reason) {
            (Some(wait), Some(reason)) => {
                outbox::postpone_for(&mut transaction, operation, wait, reason).await?
            }
            (Some(wait), None) => outbox::postpone(&mut transaction, operation, wait).await?,
            (None, _) => outbox::settle(&mut transaction, operation).await?,
        };
        let ends = news.ended.is_some() || news.after_failure.is_some();
        if !is_there && (news.again.is_some() || !ends) {
            // The command was taken back meanwhile, or settled by somebody who took over, and shows that. It must not
            // be shown as waiting, since nobody will come back to it.
            store::rollback(transaction).await?;
            return Ok(Carried::Settled);
        }
        let told = match job.shown {
            Shown::Reply(message) => write_state(&mut transaction, job, message, &news).await?,
            Shown::Redelivery(message) => {
                write_redelivery(&mut transaction, job, message, &news).await?
            }
            Shown::Change(_) | Shown::Moment => end_change(&mut transaction, job, &news).await?,
        };
        store::commit(transaction).await?;
        if let Some(activity) = told {
            self.tell(job, activity).await;
        }
        debug_assert!(STATES.contains(&news.state), "{:?} is not counted from 0 on", news.state);
        let state = news.state.as_str();
        metrics::counter!("axis_outbound_commands_total", "state" => state).increment(1);
        if news.again.is_some() {
            self.wake.notify_one();
            return Ok(Carried::Waits);
        }
        Ok(Carried::Settled)
    }
}

/// Puts off a command that has waited for this reason and is shown so. Nothing is shown or announced anew: an account may
/// rest, or be disconnected, for months, with very many commands. Returns false if this has to be shown, and the caller
/// then rolls back.
async fn put_off_again(
    connection: &mut PgConnection,
    job: &Job<'_>,
    wait: Duration,
    state: DeliveryState,
    reason: &str,
) -> Result<bool, Error> {
    if !outbox::postpone_again(connection, job.entry.operation, wait, reason).await? {
        return Ok(false);
    }
    let (message, state) = match job.shown {
        Shown::Reply(message) => (message, state),
        Shown::Redelivery(message) => (message, DeliveryState::Retrying),
        Shown::Change(_) | Shown::Moment => return Ok(true),
    };
    messages::hold_again(connection, message, state, reason, wait).await
}

/// Logs that a command failed, and not why: that may be in Chatwoot's words, which may hold what the message holds.
fn log_failure(job: &Job<'_>, ended: Option<Ended>) {
    let (attempt, outcome) = ended.unzip();
    tracing::warn!(command = job.entry.command, attempt, ?outcome, "a command failed");
}

/// Records the delivery state of a reply. Returns the activity to announce, or `None` if Chatwoot has the reply
/// already.
pub(super) async fn write_state(
    connection: &mut PgConnection,
    job: &Job<'_>,
    message: MessageId,
    news: &News<'_>,
) -> Result<Option<Activity>, Error> {
    if let Some(id) = news.chatwoot_id {
        messages::link(connection, job.entry.account, message, id).await?;
    }
    let step = Step {
        state: news.state,
        reason: news.reason,
        attempts: news.ended.map(|(number, _)| number),
        most_attempts: None,
        next_in: news.again,
    };
    if !messages::advance(connection, job.entry.operation, step).await? {
        return Ok(None);
    }
    tell_later(connection, job, message, news).await.map(Some)
}

/// Records the delivery state of a message that its channel has to try again. The next try sees the outcome of the
/// last, so an unknown outcome is not shown to anybody.
async fn write_redelivery(
    connection: &mut PgConnection,
    job: &Job<'_>,
    message: MessageId,
    news: &News<'_>,
) -> Result<Option<Activity>, Error> {
    let (reason, again) = (news.reason, news.again);
    let (state, shown) = if again.is_some() {
        let state = DeliveryState::Retrying;
        (state, messages::redelivering(connection, message, state, reason, again).await?)
    } else if let Some(failed_at) = news.after_failure {
        (news.state, messages::redelivered(connection, message, failed_at).await?)
    } else {
        (news.state, messages::not_redelivered(connection, message, reason).await?)
    };
    if !shown {
        return Ok(None);
    }
    tell_later(connection, job, message, &News { state, ..*news }).await.map(Some)
}

/// Stores the announcement of a message's state, and returns its activity.
async fn tell_later(
    connection: &mut PgConnection,
    job: &Job<'_>,
    message: MessageId,
    news: &News<'_>,
) -> Result<Activity, Error> {
    let activity = tale(job, news);
    if news.state == DeliveryState::Failed {
        record(connection, job.entry, &activity).await?;
    }
    announcements::keep_state(connection, &job.entry.tenant, message, &activity).await?;
    Ok(activity)
}

/// Ends a change unless it waits. Returns the activity to announce. The change has been shown since it was asked for,
/// so only how it ended is announced.
async fn end_change(
    connection: &mut PgConnection,
    job: &Job<'_>,
    news: &News<'_>,
) -> Result<Option<Activity>, Error> {
    if news.again.is_some() {
        return Ok(None);
    }
    let failed = news.state == DeliveryState::Failed;
    settle_change(connection, job, failed).await?;
    if !failed && job.shown == Shown::Moment {
        return Ok(None);
    }
    let activity = tale(job, news);
    record(connection, job.entry, &activity).await?;
    announcements::keep(connection, &job.entry.tenant, &activity).await?;
    Ok(Some(activity))
}

/// Adds a line to the timeline.
async fn record(
    connection: &mut PgConnection,
    entry: &Entry,
    activity: &Activity,
) -> Result<(), Error> {
    let (tenant, activity) = (entry.tenant.clone(), activity.clone());
    activities::record(connection, &[activities::Record { tenant, activity, undated: true }]).await
}

/// Keeps showing a change that Chatwoot made, and takes back one that it refused.
async fn settle_change(
    connection: &mut PgConnection,
    job: &Job<'_>,
    failed: bool,
) -> Result<(), Error> {
    let Entry { conversation, operation, .. } = *job.entry;
    // Its outbox row is removed by now, while a request for another such command locks the conversation first. Locking
    // the conversation here could end in a deadlock.
    if job.shown == Shown::Moment {
        return Ok(());
    }
    if !failed {
        return conversations::settle_change(connection, conversation, operation).await;
    }
    // To avoid deadlocks, the conversation before its messages, as everywhere.
    conversations::undo_change(connection, conversation, operation).await?;
    match job.message() {
        Some(message) => messages::restore(connection, message, operation).await,
        None => Ok(()),
    }
}
