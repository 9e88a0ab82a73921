//! What may be done with a reply, from what is known of its tries. No I/O: this is where the promise
//! is kept that a customer never gets a reply twice.
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
//! What finds no connection, or is asked to come later (429), is tried for as long as [`Bounds`] say and not as
//! often: that Chatwoot was away uses up no tries.
//!
//! A 401 is retried where it is about the account and not about what was asked for ([`is_locked_out`]): what
//! waits goes out when the account has another token.
//!
//! A try is written down before it is made, so one without an outcome belongs to a program that is
//! gone and counts as unknown.
//!
//! A reply that Chatwoot's validation turned down, that was then not there, and that is turned down
//! again in the same words, fails. What is known of the try does not change by that: should a person
//! have it sent again, it is looked up first.

use std::ops::RangeInclusive;
use std::time::Duration;

use chatwoot::client::{Cause, Refusal};
use chatwoot::{CallError, Outcome};
use chrono::{DateTime, Utc};
use service::retry::Policy;
use store::attempts::{Attempt, AttemptOutcome, Open};
use store::outbox::Tries;

/// The first look after an unknown outcome, and the pause between looks that could be the last.
pub(crate) const SOON: Duration = Duration::from_secs(1);
/// Added to a wait, so that clocks' grains do not cost another round.
const GRAIN: Duration = Duration::from_millis(100);

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// Send it: no try can have reached Chatwoot.
    Send,
    /// Look whether the last try reached Chatwoot.
    LookUp,
    /// It is there.
    Finished,
}

/// What to do, by the newest try.
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
    /// It is there, under this number.
    Sent(i64),
    /// It is not there and will not be: it may be sent again.
    Send,
    /// It is not there and will not be, but may not be sent yet: look again after this wait.
    SendLater(Duration),
    /// Note the absence and look again after this wait.
    LookAgain(Duration),
}

/// Whether a look-up that was begun when the try was in the given state may be the last one.
pub(crate) fn may_conclude(attempt: &Attempt, absence: Duration) -> bool {
    attempt.outcome == Some(AttemptOutcome::Absent) && attempt.ended_ago >= absence
}

/// Judges a complete look-up that was begun when the try was in the given state. Absence is believed
/// the second time, and only if that look began at least `absence` after the try's end. What is absent is
/// sent again `pause` after that end.
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

/// This long, or up to half as much more: so that those who failed together do not come back together.
fn spread(wait: Duration) -> Duration {
    Policy { shortest: wait, longest: wait.saturating_mul(2) }.delay(1)
}

/// Looks double their distance until absence can be believed, and are a second apart from then on.
fn until_next_look(ended_ago: Duration, absence: Duration) -> Duration {
    let doubled = ended_ago.max(SOON);
    match absence.checked_sub(ended_ago) {
        Some(left) if !left.is_zero() => doubled.min(left + GRAIN),
        _ => SOON,
    }
}

/// How long to wait until what may have happened may be done once more, if it is not seen to have happened: until
/// Chatwoot cannot be working on the last try any more.
pub(crate) fn until_repeated(attempt: &Attempt, absence: Duration) -> Option<Duration> {
    if next(Some(attempt)) != Next::LookUp {
        return None;
    }
    let left = absence.checked_sub(attempt.ended_ago)?;
    (!left.is_zero()).then_some(left + GRAIN)
}

/// By how much Chatwoot's clock and ours may differ.
const SKEW: Duration = Duration::from_mins(2);

/// When, by Chatwoot's clock, what a try made was written.
pub(crate) fn window(tried: &Open, absence: Duration) -> RangeInclusive<DateTime<Utc>> {
    tried.began_at - SKEW..=tried.ended_at + absence + SKEW
}

/// The wait after a look-up that could not be made: about as long as the try is ago.
pub(crate) fn until_retried_look(ended_ago: Duration, retry: Policy) -> Duration {
    spread(ended_ago.max(SOON).min(retry.longest.max(SOON)))
}

/// How long after a try's end what was absent is sent again: as long as after one that was refused.
/// `failures` counts it.
pub(crate) fn until_sent_again(failures: u32, retry: Policy) -> Duration {
    retry.middle(failures)
}

/// After so many tries a closed door is no moment's fault: from then on time alone counts. Where many wait for an
/// account that does not answer, tries are far between.
const ENOUGH: i32 = 3;

/// When a command counts as failed though nothing says that it cannot be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bounds {
    /// Tries that came to nothing at a Chatwoot that could be reached.
    pub(crate) most_tries: i32,
    /// How long ago it was asked for, if Chatwoot cannot be reached or asks to come later.
    pub(crate) give_up: Duration,
}

impl Bounds {
    /// Whether the tries that count were enough.
    pub(crate) fn are_used_up(self, tries: Tries) -> bool {
        tries.counted() >= self.most_tries
    }

    /// Whether enough time has passed. One that waited for something else as long is not given up at the
    /// first closed door.
    pub(crate) fn are_over(self, tries: Tries, asked_ago: Duration) -> bool {
        asked_ago >= self.give_up && tries.made >= ENOUGH.min(self.most_tries)
    }
}

/// What the end of a try leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ending {
    /// It did not happen and will not.
    Failed,
    /// It did not happen; try again after this wait.
    Retry(Duration),
    /// It did not happen, for no fault of the command's: the try does not count; try again after this wait.
    Spared(Duration),
    /// It may have happened: look, or repeat what may be repeated, after this wait.
    Unknown(Duration),
}

/// What to do after a try that did not succeed, of a command that was asked for so long ago. `tries` counts it.
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

/// What to do after a failed look without which nothing is tried. Nothing can have happened, so one without an
/// answer is as if Chatwoot could not be reached.
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

/// Whether an answer shuts out the account, whatever it asks for: its token is not good any more, or somebody before
/// Chatwoot says so. Nothing was done, and all will be when that is mended.
pub(crate) fn is_locked_out(error: &CallError) -> bool {
    matches!(error, CallError::Unauthorized(Refusal::Token | Refusal::Other))
}

/// Whether an answer says that the message itself does not do. Such an answer does not tell whether
/// the message is stored; but if it was not, and the same answer comes again, it never will be.
pub(crate) fn is_validation(error: &CallError) -> bool {
    let CallError::Unknown(Cause::Unprocessable(said)) = error else { return false };
    said.starts_with("Validation failed") && !said.contains("Too many messages")
}

/// A failure in words for the people who wait for it.
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
        CallError::Unknown(Cause::Unreadable) => "Chatwoot's answer cannot be read".to_owned(),
        CallError::Unknown(Cause::NoRoom) => {
            "there was no room in memory for Chatwoot's answer".to_owned()
        }
    }
}

#[cfg(test)]
mod tests;
