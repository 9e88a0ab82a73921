//! Decides what may be done with a reply from what is known about its tries. Without I/O: this is where the promise is
//! kept that a customer never gets a reply twice.
//!
//! ```text
//!  no try yet ──► SEND ─┬─ 2xx ─────────────────────────────────► sent
//!                 ▲  ▲  ├─ 403, 404, 413, invalid ──────────────► failed
//!                 │  │  ├─ 401, 429, refused ──► retry: it did not happen
//!                 │  └──┼────────────────────────┘
//!                 │     └─ timeout, 5xx, cut, 422 {error}, crash, not Chatwoot's words ──► unknown
//!                 │                                                     │
//!                 │                          there ◄── LOOK UP ◄────────┤
//!                 │                            │          │ not there   │
//!                 │                            ▼          ▼             │
//!                 │                          sent       absent ─────────┘
//!                 └── not there again, at a look made once Chatwoot cannot be working on it, and
//!                     when as much time has passed as after any other try that did not happen
//! ```
//!
//! A try that finds no connection, or is told to come later (429), is repeated for as long as [`Bounds`] allow, however
//! often that is: that Chatwoot was away uses up no tries.
//!
//! A 401 is retried if it is about the account and not about the request ([`is_locked_out`]): the commands go out once
//! the account has another token.
//!
//! A try is recorded before it is made, so one without an outcome belongs to a program that is gone, and counts as
//! unknown.
//!
//! A reply fails if Chatwoot's validation turned it down, it was then not there, and it is turned down again in the
//! same words. That does not change what is known about the try: if a person has the reply sent again, it is looked up
//! first.

use std::ops::RangeInclusive;
use std::time::Duration;

use chatwoot::client::{Cause, Refusal};
use chatwoot::{CallError, Outcome};
use chrono::{DateTime, Utc};
use domain::in_words;
use service::retry::Policy;
use store::attempts::{Attempt, AttemptOutcome, Open};
use store::outbox::Tries;

/// The wait before the first look after an unknown outcome, and between looks that could be the last.
pub(crate) const SOON: Duration = Duration::from_secs(1);
/// Added to a wait, so that the resolution of clocks does not cost another round.
const GRAIN: Duration = Duration::from_millis(100);

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// Send the reply: no try can have reached Chatwoot.
    Send,
    /// Look whether the last try reached Chatwoot.
    LookUp,
    /// Nothing: the reply is there.
    Finished,
}

/// Decides what to do next by the newest try.
pub(crate) fn next(last: Option<&Attempt>) -> Next {
    let Some(attempt) = last else { return Next::Send };
    match attempt.outcome {
        Some(AttemptOutcome::Retry | AttemptOutcome::Failed) => Next::Send,
        Some(AttemptOutcome::Unknown | AttemptOutcome::Absent) | None => Next::LookUp,
        Some(AttemptOutcome::Done) => Next::Finished,
    }
}

/// What a look-up leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The reply is there, under this number.
    Sent(i64),
    /// The reply is not there and will not be: it may be sent again.
    Send,
    /// The reply is not there and will not be, but may not be sent yet: look again after this wait.
    SendLater(Duration),
    /// Note the absence and look again after this wait.
    LookAgain(Duration),
}

/// Whether a look-up that began when the try was in this state may be the last one.
pub(crate) fn may_conclude(attempt: &Attempt, absence: Duration) -> bool {
    attempt.outcome == Some(AttemptOutcome::Absent) && attempt.ended_ago >= absence
}

/// Judges a complete look-up that began when the try was in this state. Absence is believed only the second time, and
/// only if that look-up began at least `absence` after the try's end. An absent reply is sent again `pause` after that
/// end.
pub(crate) fn judge(
    attempt: &Attempt,
    found: Option<i64>,
    absence: Duration,
    pause: Duration,
) -> Verdict {
    match found {
        Some(id) => Verdict::Sent(id),
        None if may_conclude(attempt, absence) => {
            let left = pause.saturating_sub(attempt.ended_ago);
            if left.is_zero() { Verdict::Send } else { Verdict::SendLater(spread(left)) }
        }
        None => Verdict::LookAgain(until_next_look(attempt.ended_ago, absence)),
    }
}

/// Lengthens a wait by up to half, so that commands that failed together do not come back together.
fn spread(wait: Duration) -> Duration {
    Policy { shortest: wait, longest: wait.saturating_mul(2) }.delay(1)
}

/// The wait until the next look. It doubles until absence can be believed, and is a second from then on.
fn until_next_look(ended_ago: Duration, absence: Duration) -> Duration {
    let doubled = ended_ago.max(SOON);
    match absence.checked_sub(ended_ago) {
        Some(left) if !left.is_zero() => doubled.min(left + GRAIN),
        _ => SOON,
    }
}

/// How long to wait until a redelivery of unknown outcome may be repeated, if it is not seen to have happened: until
/// Chatwoot cannot be working on the last try any more. Returns `None` if it may be repeated now.
pub(crate) fn until_repeated(attempt: &Attempt, absence: Duration) -> Option<Duration> {
    if next(Some(attempt)) != Next::LookUp {
        return None;
    }
    let left = absence.checked_sub(attempt.ended_ago)?;
    (!left.is_zero()).then_some(left + GRAIN)
}

/// How much Chatwoot's clock and ours may differ.
const SKEW: Duration = Duration::from_mins(2);

/// When, by Chatwoot's clock, a try may have written its message.
pub(crate) fn window(tried: &Open, absence: Duration) -> RangeInclusive<DateTime<Utc>> {
    tried.began_at - SKEW..=tried.ended_at + absence + SKEW
}

/// The wait after a look-up that could not be made: about as long as the reply has been looked for.
pub(crate) fn until_retried_look(looked_for: Duration, retry: Policy) -> Duration {
    spread(looked_for.max(SOON).min(retry.longest.max(SOON)))
}

/// Whether the time is over for a reply that Chatwoot could not be asked for. `looks` of them failed. One that spent the
/// time waiting for something else, as for a worker, is not given up at the first.
pub(crate) fn stays_unseen(looked_for: Duration, looks: i32, unseen: Duration) -> bool {
    looked_for >= unseen && looks >= ENOUGH
}

/// How long after a try's end an absent reply is sent again, which is as long as after a refused one. `failures`
/// includes that try.
pub(crate) fn until_sent_again(failures: u32, retry: Policy) -> Duration {
    retry.middle(failures)
}

/// After this many tries or looks that could not reach Chatwoot, only time counts: it is no momentary fault any more. If many
/// commands wait for an account that does not answer, tries are far between.
const ENOUGH: i32 = 3;

/// When a command counts as failed although nothing says that it cannot be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bounds {
    /// How many tries may fail at a Chatwoot that could be reached.
    pub(crate) most_tries: i32,
    /// How long a command is tried if Chatwoot cannot be reached or asks us to come later.
    pub(crate) give_up: Duration,
}

impl Bounds {
    /// Whether all tries that count are used up.
    pub(crate) fn are_used_up(self, tries: Tries) -> bool {
        tries.counted() >= self.most_tries
    }

    /// Whether the time is over. A command that spent it waiting for something else is not given up at its first
    /// failure to reach Chatwoot.
    pub(crate) fn are_over(self, tries: Tries, asked_ago: Duration) -> bool {
        asked_ago >= self.give_up && tries.made >= ENOUGH.min(self.most_tries)
    }
}

/// What follows a try that did not succeed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ending {
    /// It did not happen and will not.
    Failed,
    /// It did not happen; try again after this wait.
    Retry(Duration),
    /// It did not happen, through no fault of the command's: the try does not count. Try again after this wait.
    Spared(Duration),
    /// It may have happened: look, or repeat a command that may be repeated, after this wait.
    Unknown(Duration),
}

/// Decides what follows a try that did not succeed. `tries` includes it, and `asked_ago` is how long ago the command
/// was asked for.
pub(crate) fn ending(
    error: &CallError,
    tries: Tries,
    asked_ago: Duration,
    bounds: Bounds,
    retry: Policy,
) -> Ending {
    let failures = tries.failures();
    match error.outcome() {
        Outcome::Permanent if !is_locked_out(error) => Ending::Failed,
        Outcome::Permanent if bounds.are_used_up(tries) => Ending::Failed,
        Outcome::Permanent => Ending::Retry(retry.delay(failures)),
        Outcome::Retry if bounds.are_over(tries, asked_ago) => Ending::Failed,
        Outcome::Retry => {
            let asked = match error {
                CallError::RateLimited { retry_after } => *retry_after,
                _ => None,
            };
            Ending::Spared(retry.delay_asked(failures, asked))
        }
        Outcome::Unknown => Ending::Unknown(Policy { shortest: SOON, longest: SOON * 2 }.delay(1)),
    }
}

/// Decides what follows a failed look that has to come before any try. Nothing can have happened, so a look without an
/// answer is treated as if Chatwoot could not be reached.
pub(crate) fn ending_of_look(
    error: &CallError,
    tries: Tries,
    asked_ago: Duration,
    bounds: Bounds,
    retry: Policy,
) -> Ending {
    match ending(error, tries, asked_ago, bounds, retry) {
        Ending::Unknown(_) if bounds.are_over(tries, asked_ago) => Ending::Failed,
        Ending::Unknown(_) => Ending::Spared(retry.delay(tries.failures())),
        ending => ending,
    }
}

/// Whether a response shuts out the account, whatever it requests: its token is not valid any more, or a server in
/// front of Chatwoot says so. Nothing was done, and everything will be once that is fixed.
pub(crate) fn is_locked_out(error: &CallError) -> bool {
    matches!(error, CallError::Unauthorized(Refusal::Token | Refusal::Other))
}

/// Whether a response says that the message itself is invalid. It does not say whether the message is stored; but if it
/// was not, and the same response comes again, it never will be.
pub(crate) fn is_validation(error: &CallError) -> bool {
    let CallError::Unknown(Cause::Unprocessable(said)) = error else { return false };
    said.starts_with("Validation failed") && !said.contains("Too many messages")
}

/// Explains a failure to the people who wait for the command.
pub(crate) fn reason(error: &CallError) -> String {
    match error {
        CallError::Unauthorized(Refusal::Token) => {
            "Chatwoot no longer accepts the account's access token; an administrator must set a new \
             one"
                .to_owned()
        }
        CallError::Unauthorized(refusal) => {
            format!("Chatwoot did not let us in: {refusal}")
        }
        CallError::Forbidden { message } => format!("Chatwoot forbids it: {message}"),
        CallError::NotFound => "Chatwoot does not have this conversation (any more)".to_owned(),
        CallError::PayloadTooLarge => "it is too large for Chatwoot".to_owned(),
        CallError::Invalid { message, .. } => format!("Chatwoot found it invalid: {message}"),
        CallError::RateLimited { .. } => "Chatwoot asks us to slow down".to_owned(),
        CallError::Refused(_) => "Chatwoot cannot be reached".to_owned(),
        CallError::Unexpected { status }
        | CallError::Unknown(Cause::ServerError(status @ ..500)) => {
            format!("something other than Chatwoot answered at its address ({status})")
        }
        CallError::Unknown(Cause::Timeout) => "Chatwoot did not answer in time".to_owned(),
        CallError::Unknown(Cause::Disconnected(_)) => "the connection to Chatwoot broke".to_owned(),
        CallError::Unknown(Cause::ServerError(status)) => {
            format!("Chatwoot failed inside ({status})")
        }
        CallError::Unknown(Cause::Unprocessable(said)) => {
            format!("Chatwoot could not finish: {said}")
        }
        CallError::Unknown(Cause::Unreadable | Cause::FirstPage | Cause::Endless) => {
            "Chatwoot's answer cannot be read".to_owned()
        }
        CallError::Unknown(Cause::TooLarge(_)) => "Chatwoot's answer is too large".to_owned(),
        CallError::Unknown(Cause::NoRoom) => {
            "there was no room in memory for Chatwoot's answer".to_owned()
        }
    }
}

/// Explains a failure in logs: without what Chatwoot said, which may hold what a message holds.
pub(crate) fn unquoted(error: &CallError) -> String {
    match error {
        CallError::Forbidden { .. } => "Chatwoot forbids it".to_owned(),
        CallError::Invalid { .. } => "Chatwoot found it invalid".to_owned(),
        CallError::Unknown(Cause::Unprocessable(_)) => "Chatwoot could not finish".to_owned(),
        error => in_words(error),
    }
}

#[cfg(test)]
mod tests;
