//! Sends replies and notes: the command that must not be repeated blindly.

use std::time::{Duration, Instant};

use chatwoot::Client;
use chatwoot::client::NewMessage;
use domain::command::SendMessage;
use domain::{DeliveryState, MessageId, in_words};
use store::Error;
use store::attempts::{self, Attempt, AttemptOutcome};
use store::links::{self, OwnToken};
use store::messages::{self, Step};
use store::outbox::{self, Entry, Tries};

use super::carrier::{UNTIL_REPAIRED, asked_ago};
use super::files::{self, BrokenOff, Missing};
use super::hold_back::{Deadline, Leave};
use super::job::Job;
use super::settle::{self, Carried, News};
use super::stay::Stay;
use super::{Carrier, Lock, own};
use crate::callers::Caller;
use crate::decide::{self, Next};

/// Chatwoot hands a message with files to the customer's channel some two seconds later than other messages, so what is
/// written after it is sent this much later.
const AFTER_FILES: Duration = Duration::from_secs(3);

/// The reason that is shown for a try whose program is gone.
const ABANDONED: &str = "the program that sent it ended before Chatwoot confirmed it";

/// A try that is recorded and may be made.
struct Beginning {
    number: i32,
    /// The tries since the command was asked for, including this one.
    tries: Tries,
    /// The author's own token and a client with it, if the author has one.
    own: Option<(Client, OwnToken)>,
}

/// The result of beginning a try.
enum Begun {
    /// The try may be made.
    Attempt(Beginning),
    /// Chatwoot has it: a webhook with our marker said so.
    There(i64),
    /// The command was cancelled, or its message is gone.
    Gone,
    /// Another worker, which holds the conversation too, has begun a try meanwhile.
    Overtaken,
}

impl Carrier {
    /// Sends a reply, after a look-up if the last try may have sent it.
    pub(super) async fn send(
        &self,
        job: &Job<'_>,
        message: SendMessage,
        caller: &Caller,
        lock: &mut Lock,
    ) -> Result<Carried, Error> {
        let longest = match message.uploads[..] {
            [] => self.config.timeout(),
            _ => self.config.upload_timeout(),
        };
        let last = self.last_attempt(job, longest).await?;
        let mut stay = Stay::new(lock);
        let next = decide::next(last.as_ref());
        match next {
            Next::Finished => return self.sent(job, None, None).await,
            Next::LookUp => {
                if let Some(attempt) = last
                    && let Some(carried) =
                        self.look_up(job, &message, attempt, caller, &mut stay).await?
                {
                    return Ok(carried);
                }
            }
            Next::Send => {}
        }
        if let Some(carried) = self.not_yet(job, &message).await? {
            return Ok(carried);
        }
        let held = match next {
            Next::LookUp => self.admit_next(caller, &mut stay).await?,
            _ => self.admit(caller).await?,
        };
        if let Some(hold) = held {
            return self.hold(job, hold).await;
        }
        if let Some(hold) = self.learn_user(caller, &mut stay).await? {
            return self.hold(job, hold).await;
        }
        let last = last.map_or(0, |attempt| attempt.number);
        let beginning = self.begin(job.entry, last, caller).await?;
        if !matches!(beginning, Begun::Attempt(_)) {
            self.unused(caller).await;
        }
        match beginning {
            Begun::Attempt(attempt) => {
                match self.leave_for(job, caller, attempt.number, longest, lock).await? {
                    Leave::Given(deadline) => {
                        self.attempt(job, message, caller, attempt, deadline).await
                    }
                    Leave::Refused(carried) => Ok(carried),
                }
            }
            Begun::There(id) => self.sent(job, None, Some(id)).await,
            Begun::Gone => self.withdraw(job.entry).await,
            Begun::Overtaken => Ok(Carried::Waits),
        }
    }

    /// Makes a try that is recorded, and records its outcome.
    async fn attempt(
        &self,
        job: &Job<'_>,
        message: SendMessage,
        caller: &Caller,
        Beginning { number, tries, own }: Beginning,
        deadline: Deadline,
    ) -> Result<Carried, Error> {
        let new = NewMessage {
            content: message.content,
            private: message.private,
            in_reply_to: message.in_reply_to,
            marker: Some(job.entry.operation.to_string()),
            ..NewMessage::default()
        };
        let began = Instant::now();
        let broken_off = BrokenOff::default();
        let uploads = files::read(&self.objects, &message.uploads, &broken_off);
        let client = own.as_ref().map_or(&caller.client, |(client, _)| client);
        let create = client.create_message_with(job.entry.display_id, &new, uploads);
        let (created, ()) = tokio::join!(deadline.keep(create), self.tell_sending(job, number));
        metrics::histogram!("axis_outbound_send_seconds").record(began.elapsed().as_secs_f64());
        if created.is_err() && broken_off.happened() {
            return self.broken_off(job, number, tries, caller).await;
        }
        if own.is_some() {
            self.report_own(caller, &created).await;
        } else {
            self.report(caller, &created).await;
        }
        let error = match created {
            Ok(created) => return self.sent(job, Some(number), Some(created.id)).await,
            Err(error) => error,
        };
        if let Some((_, own)) = &own
            && own::keeps_out(&error)
        {
            return self.leave_to_account(job, number, own, &error).await;
        }
        let reason = decide::reason(&error);
        if decide::is_validation(&error) && self.is_repeated(job.entry, number, &reason).await? {
            return self.give_up_unconfirmed(job, number, &reason).await;
        }
        self.not_done(job, caller, number, tries, &error, Some).await
    }

    /// Settles or puts off a reply that cannot be sent now, whatever Chatwoot allows. This is found out before a token
    /// is taken for it, and before an account that rested is tried.
    async fn not_yet(
        &self,
        job: &Job<'_>,
        message: &SendMessage,
    ) -> Result<Option<Carried>, Error> {
        match files::check(&self.objects, &message.uploads).await {
            Ok(()) => {}
            Err(Missing::ForGood) => {
                let reason = "a file that it should carry is not there any more";
                return self.give_up(job, None, reason).await.map(Some);
            }
            Err(Missing::ForNow(error)) => {
                let error = in_words(&error);
                tracing::warn!(error, "cannot read a reply's files; it waits");
                let reason = Some(files::UNREADABLE);
                return self.put_off(job, UNTIL_REPAIRED, reason).await.map(Some);
            }
        }
        match self.behind_files(job.entry, message).await? {
            Some(wait) => self.put_off(job, wait, None).await.map(Some),
            None => Ok(None),
        }
    }

    /// Records a try whose file could not be read to its end. The request never was complete, so Chatwoot did nothing
    /// and is not to blame.
    async fn broken_off(
        &self,
        job: &Job<'_>,
        number: i32,
        tries: Tries,
        caller: &Caller,
    ) -> Result<Carried, Error> {
        self.unused(caller).await;
        if self.config.bounds().are_over(tries, asked_ago(job.entry)) {
            return self.give_up(job, Some(number), files::UNREADABLE).await;
        }
        let ended = (number, AttemptOutcome::Retry);
        self.note(job, News::retrying(ended, files::UNREADABLE, UNTIL_REPAIRED).sparing()).await
    }

    /// Whether the previous try ended with the same reason, and its reply was then not there.
    async fn is_repeated(&self, entry: &Entry, number: i32, reason: &str) -> Result<bool, Error> {
        let mut transaction = self.store.worker().await?;
        let operation = entry.operation;
        let repeated = attempts::is_repeated(&mut transaction, operation, number, reason).await?;
        store::commit(transaction).await?;
        Ok(repeated)
    }

    /// Returns the newest try. One that its program left open is closed as unknown, and so is its reply: since we hold
    /// the lock, that program is gone, or lost the lock with its connection.
    async fn last_attempt(
        &self,
        job: &Job<'_>,
        longest: Duration,
    ) -> Result<Option<Attempt>, Error> {
        let mut transaction = self.store.worker().await?;
        let mut last = attempts::last(&mut transaction, job.entry.operation).await?;
        let mut told = None;
        if let Some(attempt) = last
            && attempt.outcome.is_none()
        {
            let (operation, number) = (job.entry.operation, attempt.number);
            // If another worker has settled the command meanwhile, nobody would come back to a state that is shown
            // here.
            if attempts::abandon(&mut transaction, operation, number, longest).await?
                && outbox::keep(&mut transaction, job.entry.conversation, operation).await?
            {
                // The look that follows may not be possible for hours, and shows nothing until it is.
                let ended = (number, AttemptOutcome::Unknown);
                let news = News::retrying(ended, ABANDONED, Duration::ZERO);
                let message = MessageId(operation.0);
                told = settle::write_state(&mut transaction, job, message, &news).await?;
            }
            last = attempts::last(&mut transaction, operation).await?;
        }
        store::commit(transaction).await?;
        if let Some(activity) = told {
            self.tell(job, activity).await;
        }
        Ok(last)
    }

    /// How long a text has to wait because files were sent just before it. Returns `None` if it need not wait.
    async fn behind_files(
        &self,
        entry: &Entry,
        message: &SendMessage,
    ) -> Result<Option<Duration>, Error> {
        if message.private || !message.uploads.is_empty() {
            return Ok(None);
        }
        let mut transaction = self.store.worker().await?;
        let (conversation, asked_at) = (entry.conversation, entry.created_at);
        let sent = attempts::files_sent_ago(&mut transaction, conversation, asked_at).await?;
        store::commit(transaction).await?;
        Ok(sent.and_then(|ago| AFTER_FILES.checked_sub(ago)))
    }

    /// Records that a try begins. `last` is the number of the previous one.
    async fn begin(&self, entry: &Entry, last: i32, caller: &Caller) -> Result<Begun, Error> {
        let mut transaction = self.store.worker().await?;
        let Some(tries) = outbox::count_attempt(&mut transaction, entry.operation).await? else {
            return Ok(Begun::Gone);
        };
        let id = MessageId(entry.operation.0);
        match messages::chatwoot_id(&mut transaction, entry.account, id).await? {
            None => return Ok(Begun::Gone),
            Some(Some(id)) => return Ok(Begun::There(id)),
            Some(None) => {}
        }
        let highest = messages::highest_chatwoot_id(&mut transaction, entry.conversation).await?;
        let begun = attempts::begin(&mut transaction, entry, last, highest).await?;
        let Some(number) = begun else {
            tracing::warn!(
                last,
                "another worker is already trying the reply that this one was to send"
            );
            return Ok(Begun::Overtaken);
        };
        let own = links::of_author(&mut transaction, entry.operation).await?;
        let own = own.and_then(|own| Some((self.callers.own(caller, &own)?, own)));
        let user = own.as_ref().map(|(_, own)| own.user).or_else(|| caller.known_user());
        if let Some(user) = user {
            attempts::made_as(&mut transaction, entry.operation, number, user).await?;
        }
        let step = Step {
            state: DeliveryState::Sending,
            reason: None,
            attempts: Some(number),
            // Tries from before the command was asked for again do not count: each time it gets its full number of
            // tries.
            most_attempts: Some(number - tries.counted() + self.config.bounds().most_tries),
            next_in: None,
        };
        messages::advance(&mut transaction, entry.operation, step).await?;
        store::commit(transaction).await?;
        Ok(Begun::Attempt(Beginning { number, tries, own }))
    }

    /// Removes the row of a command that was cancelled.
    async fn withdraw(&self, entry: &Entry) -> Result<Carried, Error> {
        let mut transaction = self.store.worker().await?;
        outbox::settle(&mut transaction, entry.operation).await?;
        store::commit(transaction).await?;
        Ok(Carried::Settled)
    }
}
