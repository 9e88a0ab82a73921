//! Looks up whether a reply of unknown outcome is in Chatwoot.

use std::time::Duration;

use chatwoot::client::Pages;
use chatwoot::{CallError, Message, MessageType, Outcome, Sender};
use chrono::{DateTime, Utc};
use domain::OperationId;
use domain::command::SendMessage;
use store::attempts::{self, Attempt, AttemptOutcome};
use store::outbox::{self, Entry};
use store::{Error, messages};

use super::Carrier;
use super::carrier::asked_ago;
use super::job::{Job, Shown};
use super::settle::{Carried, News};
use super::stay::Stay;
use crate::callers::Caller;
use crate::decide::{self, Next, Verdict};
use crate::metrics::LOOKUPS;
use crate::throttle::Hold;

/// The most responses that a look reads, two for every hundred messages, and more where they are large. If there were
/// more since the try, a person has to look.
const MOST_ANSWERS: usize = 400;

/// What a look saw.
enum Seen {
    /// The reply is there, under this number.
    There(i64),
    /// Everything that came after the try was seen, and the reply is not among it.
    NotThere,
    /// Not everything could be read now.
    Held(Hold),
    /// More came after the try than is ever read.
    TooMany,
    /// Chatwoot did not answer, or refused the request.
    Refused(CallError),
}

impl Carrier {
    /// Settles a command that a webhook has confirmed, without any request to Chatwoot: it need not be reachable, and a
    /// repeated change would undo what somebody has done since.
    pub(super) async fn told(&self, job: &Job<'_>) -> Result<Carried, Error> {
        let mut transaction = self.store.worker().await?;
        let last = attempts::last(&mut transaction, job.entry.operation).await?;
        let open = attempts::open(&mut transaction, job.entry.operation).await?;
        store::commit(transaction).await?;
        // If the last try certainly failed, an earlier one was confirmed.
        let mut tried = last.filter(|last| decide::next(Some(last)) == Next::LookUp);
        if matches!(job.shown, Shown::Reply(_)) {
            if tried.is_some() {
                count("echoed");
            }
        } else if open.len() > 1 {
            // Nobody knows which of them it was, and the others may come late.
            tried = None;
        }
        self.sent(job, tried.map(|tried| tried.number), None).await
    }

    /// Looks for a reply. Returns `None` if it is not there and may be sent again.
    pub(super) async fn look_up(
        &self,
        job: &Job<'_>,
        message: &SendMessage,
        attempt: Attempt,
        caller: &Caller,
        stay: &mut Stay<'_>,
    ) -> Result<Option<Carried>, Error> {
        let found = match self.search(job.entry, message, &attempt, caller, stay).await? {
            Seen::There(id) => Some(id),
            Seen::NotThere => None,
            Seen::Held(hold) => return self.hold(job, hold).await.map(Some),
            Seen::TooMany => {
                let reason = "Chatwoot did not confirm it, and too much was written since to tell \
                              whether it has it; look there before sending it again";
                return self.give_up(job, None, reason).await.map(Some);
            }
            Seen::Refused(error) => {
                return self.not_seen(job, &attempt, caller, &error).await.map(Some);
            }
        };
        let used_up = self.config.bounds().are_used_up(job.entry.tries());
        // A reply that somebody wants sent at once waits only until its absence is certain.
        let hurries = job.entry.at_once || used_up || self.is_hurried(job.entry).await?;
        let pause = decide::until_sent_again(job.entry.tries().failures(), self.config.retry());
        let pause = if hurries { Duration::ZERO } else { pause };
        match decide::judge(&attempt, found, self.config.absence(), pause) {
            Verdict::Sent(id) => {
                count("found");
                self.sent(job, Some(attempt.number), Some(id)).await.map(Some)
            }
            Verdict::LookAgain(wait) => {
                let reason = "Chatwoot did not confirm it";
                self.absent(job, &attempt, reason, wait).await.map(Some)
            }
            Verdict::SendLater(wait) => {
                let reason = "Chatwoot does not have it so far";
                self.absent(job, &attempt, reason, wait).await.map(Some)
            }
            Verdict::Send if used_up => {
                let reason = "Chatwoot did not accept it after repeated attempts";
                self.give_up(job, None, reason).await.map(Some)
            }
            Verdict::Send => {
                count("concluded");
                Ok(None)
            }
        }
    }

    /// Whether somebody has asked for the reply to be sent at once since its last try, perhaps during this look.
    async fn is_hurried(&self, entry: &Entry) -> Result<bool, Error> {
        let mut transaction = self.store.worker().await?;
        let hurried = outbox::is_hurried(&mut transaction, entry.operation).await?;
        store::commit(transaction).await?;
        Ok(hurried)
    }

    /// Records a look that did not find the reply and is not the last one.
    async fn absent(
        &self,
        job: &Job<'_>,
        attempt: &Attempt,
        reason: &str,
        wait: Duration,
    ) -> Result<Carried, Error> {
        count("absent");
        let ended = (attempt.number, AttemptOutcome::Absent);
        self.note(job, News::retrying(ended, reason, wait)).await
    }

    /// Puts off, or gives up, a reply for which Chatwoot could not be asked.
    async fn not_seen(
        &self,
        job: &Job<'_>,
        attempt: &Attempt,
        caller: &Caller,
        error: &CallError,
    ) -> Result<Carried, Error> {
        let reason = decide::reason(error);
        let outdated = self.is_outdated(caller, error).await?;
        let locked_out = !outdated && decide::is_locked_out(error);
        if error.outcome() == Outcome::Permanent && !outdated && !locked_out {
            let reason = format!(
                "Chatwoot did not confirm it and does not let us look whether it has it ({reason}); \
                 look there before sending it again"
            );
            return self.give_up(job, None, &reason).await;
        }
        let Some(looks) = self.count_look(job.entry).await? else { return Ok(Carried::Settled) };
        // If somebody has asked for it again since, it is looked for from then on.
        let looked_for = attempt.ended_ago.min(asked_ago(job.entry));
        if decide::stays_unseen(looked_for, looks, self.config.unseen()) && !outdated {
            let reason = format!(
                "Chatwoot did not confirm it and could not be asked for it since ({reason}); look \
                 there before sending it again"
            );
            return self.give_up(job, None, &reason).await;
        }
        tracing::info!(
            error = decide::unquoted(error),
            "cannot look up a reply of unknown outcome"
        );
        let wait = if outdated {
            decide::SOON
        } else {
            decide::until_retried_look(looked_for, self.config.retry())
        };
        self.put_off(job, wait, locked_out.then_some(reason.as_str())).await
    }

    /// Counts a look that failed. Returns `None` if the command is gone.
    async fn count_look(&self, entry: &Entry) -> Result<Option<i32>, Error> {
        let mut transaction = self.store.worker().await?;
        let looks = outbox::count_look(&mut transaction, entry.operation).await?;
        store::commit(transaction).await?;
        Ok(looks)
    }

    /// Searches for the reply in what was written since the first try.
    async fn search(
        &self,
        entry: &Entry,
        message: &SendMessage,
        attempt: &Attempt,
        caller: &Caller,
        stay: &mut Stay<'_>,
    ) -> Result<Seen, Error> {
        let mut deleted = Vec::new();
        let mut pages = self.pages(entry, attempt).await?;
        let mut complete = false;
        for read in 0..MOST_ANSWERS {
            let held = match read {
                0 => self.admit(caller).await?,
                _ => self.admit_next(caller, stay).await?,
            };
            if let Some(hold) = held {
                return Ok(Seen::Held(hold));
            }
            let page = caller.client.messages_verbatim(entry.display_id, pages.range()).await;
            self.report(caller, &page).await;
            let page = match page {
                Ok(page) => page,
                Err(error) if error.is_too_large() && pages.halve() => continue,
                // Even a single message that is too large is not left out: it could be the reply.
                Err(error) => return Ok(Seen::Refused(error)),
            };
            let (listed, more) = pages.take(page);
            let messages = || listed.iter().map(|read| &read.value);
            let ours = messages().filter(|message| bears(message, entry.operation));
            let ours: Vec<i64> = ours.map(|message| message.id).collect();
            // Reading ends at the first response that has the reply. A copy a hundred messages later raises no alarm,
            // since otherwise every look that finds its reply would have to read on to the end.
            if let Some(&first) = ours.iter().min() {
                if ours.len() > 1 {
                    metrics::counter!("axis_outbound_twice_total").increment(1);
                    tracing::error!(
                        messages = ?ours,
                        kept = first,
                        "a reply is in Chatwoot more than once; the oldest counts, and somebody has \
                         to look at the others"
                    );
                }
                return Ok(Seen::There(first));
            }
            // A message without its marker can be recognised only by its number.
            let since = messages().filter(|message| message.id > attempt.look_after);
            deleted.extend(since.filter_map(deleted_by_user));
            if !more {
                complete = true;
                break;
            }
        }
        if !complete {
            return Ok(Seen::TooMany);
        }
        if deleted.is_empty() {
            return Ok(Seen::NotThere);
        }
        self.search_deleted(entry, message, &deleted, caller, stay).await
    }

    /// The pages in which the reply is looked for. They begin after the number of the try, or a lower one for the look
    /// before it is sent again.
    async fn pages(&self, entry: &Entry, attempt: &Attempt) -> Result<Pages, Error> {
        let (conversation, mut begin) = (entry.conversation, attempt.look_after);
        let mut transaction = self.store.worker().await?;
        if decide::may_conclude(attempt, self.config.absence()) {
            begin = messages::chatwoot_id_before(&mut transaction, conversation, begin).await?;
        }
        // Where what is too large ends, as far as it is known here. It is read to the end all the same.
        let newest = messages::highest_chatwoot_id(&mut transaction, conversation).await?;
        store::commit(transaction).await?;
        Ok(Pages::to_the_end(begin, Some(newest)))
    }

    /// Searches among deleted messages, which have lost their markers. A deleted message that is not another reply of
    /// ours, was written by the user whose token the reply was tried with, and dates from the time of that try
    /// therefore counts as this reply: better not sent than sent twice.
    async fn search_deleted(
        &self,
        entry: &Entry,
        message: &SendMessage,
        deleted: &[Deleted],
        caller: &Caller,
        stay: &mut Stay<'_>,
    ) -> Result<Seen, Error> {
        let user = if let Some(user) = caller.known_user() {
            user
        } else {
            if let Some(hold) = self.admit_next(caller, stay).await? {
                return Ok(Seen::Held(hold));
            }
            let asked = caller.user().await;
            self.report(caller, &asked).await;
            match asked {
                Ok(user) => user,
                Err(error) => return Ok(Seen::Refused(error)),
            }
        };
        let mut transaction = self.store.worker().await?;
        let tries = attempts::open(&mut transaction, entry.operation).await?;
        let made = |one: &&Deleted| {
            one.private == message.private
                && tries.iter().any(|tried| {
                    let window = decide::window(tried, self.config.absence());
                    // If a try's user is not known, it is taken to be the user of the account's present token.
                    tried.user.unwrap_or(user) == one.sender
                        && one.created_at.is_none_or(|at| window.contains(&at))
                })
        };
        let mut by_us: Vec<i64> = deleted.iter().filter(made).map(|one| one.id).collect();
        let known =
            messages::written_here(&mut transaction, entry.account, entry.operation, &by_us)
                .await?;
        store::commit(transaction).await?;
        by_us.retain(|id| !known.contains(id));
        Ok(by_us.into_iter().min().map_or(Seen::NotThere, Seen::There))
    }
}

fn bears(message: &Message, operation: OperationId) -> bool {
    message.marker().and_then(|marker| marker.parse().ok()) == Some(operation)
}

/// An outgoing message of a user that was deleted.
struct Deleted {
    id: i64,
    sender: i64,
    private: bool,
    created_at: Option<DateTime<Utc>>,
}

fn deleted_by_user(message: &Message) -> Option<Deleted> {
    let outgoing = message.message_type == Some(MessageType::Outgoing);
    let &Message { id, private, created_at, .. } = message;
    match &message.sender {
        Some(Sender::User { id: sender, .. }) if outgoing && message.deleted() => {
            Some(Deleted { id, sender: *sender, private, created_at })
        }
        _ => None,
    }
}

fn count(result: &'static str) {
    debug_assert!(LOOKUPS.contains(&result), "{result} is not counted from 0 on");
    metrics::counter!("axis_outbound_lookups_total", "result" => result).increment(1);
}
