//! Carries out one command.

use std::sync::Arc;
use std::time::Duration;

use bus::Publisher;
use chatwoot::client::{Cause, Options};
use chatwoot::{CallError, Outcome};
use chrono::Utc;
use domain::command::Unreadable;
use domain::{ConversationId, SecretKey, in_words};
use objects::Objects;
use service::retry::Policy;
use store::outbox::{self, Entry};
use store::{Error, Store, accounts};
use tokio::sync::{Notify, Semaphore};
use tokio_util::sync::CancellationToken;

use super::Lock;
use super::job::{Errand, Job};
use super::settle::Carried;
use crate::Config;
use crate::callers::{Caller, CallerError, Callers};
use crate::decide;
use crate::fence::Fence;
use crate::leftovers::Told;
use crate::locked_out::LockedOut;
use crate::metrics::CALLS;
use crate::throttle::{Hold, Limits, Report, Throttle};

/// How long a command waits if somebody has to fix something first.
pub(super) const UNTIL_REPAIRED: Duration = Duration::from_mins(1);
/// How long a command of a disconnected account waits, which may have very many and be disconnected for months.
/// Reconnecting the account ends the wait.
const UNTIL_CONNECTED: Duration = Duration::from_hours(2);
/// The longest time between a request's end and recording its outcome.
const AFTER_TIMEOUT: Duration = Duration::from_secs(5);
/// The longest that a host is paused or an account rests.
const LONGEST_REST: Duration = Duration::from_mins(5);

/// What a carrier works with.
pub(crate) struct Parts {
    pub(crate) config: Config,
    /// The key under which the accounts' tokens are sealed.
    pub(crate) key: SecretKey,
    pub(crate) store: Store,
    /// Where the files of replies are.
    pub(crate) objects: Objects,
    pub(crate) publisher: Publisher,
    /// Notified when a row was put off.
    pub(crate) wake: Arc<Notify>,
    /// The activities that were announced.
    pub(crate) told: Told,
    /// Whether calls may be made for what this database asks for.
    pub(crate) fence: Fence,
    /// The accounts whose tokens Chatwoot does not accept.
    pub(crate) locked_out: LockedOut,
    /// Once this is cancelled, no command is begun and no host's token waited for.
    pub(crate) shutdown: CancellationToken,
}

/// Carries commands to Chatwoot.
pub(crate) struct Carrier {
    pub(super) config: Config,
    pub(super) store: Store,
    pub(super) objects: Objects,
    pub(super) publisher: Publisher,
    pub(super) wake: Arc<Notify>,
    pub(super) told: Told,
    pub(super) fence: Fence,
    pub(super) locked_out: LockedOut,
    pub(super) shutdown: CancellationToken,
    pub(super) callers: Callers,
    pub(super) throttle: Throttle,
    /// Places for commands that wait for a busy host's next token: a quarter of those under way.
    pub(super) stays: Arc<Semaphore>,
}

impl Carrier {
    pub(crate) fn new(parts: Parts) -> Self {
        let Parts { config, key, store, objects, publisher, wake, told, fence, locked_out, .. } =
            parts;
        let shutdown = parts.shutdown;
        let options = Options {
            timeout: config.timeout(),
            upload_timeout: config.upload_timeout(),
            ..Options::default()
        };
        let shortest = config.retry().shortest.min(LONGEST_REST);
        let quarter = usize::from(config.outbound_concurrency / 4).max(1);
        let limits = Limits {
            per_minute: config.chatwoot_requests_per_minute,
            failures: config.chatwoot_failures,
            rest: Policy { shortest, longest: LONGEST_REST },
            trial: config.timeout() + AFTER_TIMEOUT,
            trials: quarter,
            longest: config.upload_timeout() + AFTER_TIMEOUT,
        };
        let callers = Callers::new(store.clone(), key, options);
        let throttle = Throttle::new(store.clone(), limits);
        let stays = Semaphore::new(quarter);
        Self {
            config,
            store,
            objects,
            publisher,
            wake,
            told,
            fence,
            locked_out,
            shutdown,
            callers,
            throttle,
            stays: Arc::new(stays),
        }
    }

    /// Returns the first command of a conversation.
    pub(super) async fn head(&self, conversation: ConversationId) -> Result<Option<Entry>, Error> {
        let mut transaction = self.store.worker().await?;
        let entry = outbox::head(&mut transaction, conversation).await?;
        store::commit(transaction).await?;
        Ok(entry)
    }

    /// Carries out a command that is due.
    #[tracing::instrument(
        name = "outbound-worker.carry",
        skip_all,
        fields(
            operation = %entry.operation,
            command = %entry.command,
            account = %entry.account,
            trace.id = entry.trace.trace_id()
        )
    )]
    pub(super) async fn carry(&self, entry: &Entry, lock: &mut Lock) -> Result<Carried, Error> {
        let (job, errand) = Job::read(entry);
        if entry.told {
            return self.told(&job).await;
        }
        let errand = match errand {
            Ok(errand) => errand,
            Err(error) => return self.unreadable(&job, &error).await,
        };
        let caller = match self.callers.get(entry.account).await {
            Ok(caller) => caller,
            Err(CallerError::Store(error)) => return Err(error),
            Err(CallerError::Gone) => return self.put_off_until_connected(&job).await,
            Err(error) => {
                let error = in_words(&error);
                tracing::error!(
                    error,
                    "cannot call the account's Chatwoot; its commands wait until it is repaired"
                );
                let reason = "the Chatwoot account's settings have to be repaired first";
                return self.put_off(&job, UNTIL_REPAIRED, Some(reason)).await;
            }
        };
        match errand {
            Errand::Reply(message) => self.send(&job, message, &caller, lock).await,
            Errand::Redelivery(wanted) => {
                self.redeliver(&job, wanted.message_id, &caller, lock).await
            }
            Errand::Change(change) => self.change(&job, change, &caller, lock).await,
        }
    }

    /// Puts off a command that only a newer worker can read, and gives up one that no worker can.
    async fn unreadable(&self, job: &Job<'_>, error: &Unreadable) -> Result<Carried, Error> {
        match error {
            Unreadable::UnknownCommand(_) => {
                tracing::error!(%error, "cannot read a newer command; update this worker");
                let reason = "this installation has to be updated first";
                self.put_off(job, UNTIL_REPAIRED, Some(reason)).await
            }
            Unreadable::Payload { .. } => {
                tracing::error!(%error, "cannot read a command; it fails");
                self.give_up(job, None, "its stored command cannot be read").await
            }
        }
    }

    /// Puts off a command until its account is served again.
    async fn put_off_until_connected(&self, job: &Job<'_>) -> Result<Carried, Error> {
        tracing::debug!("a command waits because its account is disconnected");
        let reason =
            "the Chatwoot account is disconnected; this goes out when it is connected again";
        let carried = self.put_off(job, UNTIL_CONNECTED, Some(reason)).await?;
        // Reconnecting ends the wait, unless it came, or had begun, before there was one.
        let mut transaction = self.store.worker().await?;
        if accounts::is_served(&mut transaction, job.entry.account).await? {
            outbox::hasten(&mut transaction, job.entry.operation).await?;
        }
        store::commit(transaction).await?;
        Ok(carried)
    }

    /// Asks for one call to Chatwoot. Returns `None` if it may be made now.
    pub(super) async fn admit(&self, caller: &Caller) -> Result<Option<Hold>, Error> {
        self.throttle.admit(&caller.host, caller.key()).await
    }

    /// Whether a call was refused because of a token that is not the account's any more.
    pub(super) async fn is_outdated(
        &self,
        caller: &Caller,
        error: &CallError,
    ) -> Result<bool, Error> {
        let refused = matches!(error, CallError::Unauthorized(_));
        let outdated = refused && self.callers.is_outdated(caller).await?;
        if outdated {
            self.locked_out.forget_token(caller.key(), caller.token());
        } else if decide::is_locked_out(error) {
            self.locked_out.note(caller.key(), caller.token());
        }
        Ok(outdated)
    }

    /// Reports that an admitted call is not made.
    pub(super) async fn unused(&self, caller: &Caller) {
        self.throttle.unused(&caller.host, caller.key()).await;
    }

    /// Reports how an admitted call with the account's token went.
    pub(super) async fn report<T>(&self, caller: &Caller, result: &Result<T, CallError>) {
        if result.is_ok() {
            self.locked_out.forget(caller.key());
        }
        self.report_own(caller, result).await;
    }

    /// Reports how an admitted call with a person's own token went, which says nothing about the account's token.
    pub(super) async fn report_own<T>(&self, caller: &Caller, result: &Result<T, CallError>) {
        let report = match result {
            Err(CallError::RateLimited { retry_after }) => Report::SlowDown(*retry_after),
            Err(
                CallError::Refused(_)
                | CallError::Unknown(Cause::Timeout | Cause::Disconnected(_) | Cause::ServerError(_)),
            ) => Report::Fails,
            _ => Report::Answers,
        };
        self.throttle.report(&caller.host, caller.key(), report).await;
        let outcome = match result {
            Ok(_) => "done",
            Err(error) => match error.outcome() {
                Outcome::Permanent => "refused",
                Outcome::Retry => "retry",
                Outcome::Unknown => "unknown",
            },
        };
        debug_assert!(CALLS.contains(&outcome), "{outcome} is not counted from 0 on");
        metrics::counter!("axis_chatwoot_calls_total", "outcome" => outcome).increment(1);
    }
}

/// How long ago a command was asked for.
pub(super) fn asked_ago(entry: &Entry) -> Duration {
    (Utc::now() - entry.created_at).to_std().unwrap_or_default()
}
