//! Who may call Chatwoot now.
//!
//! Limits of a host are shared by all accounts on it; the breaker belongs to one account. Nobody
//! waits here: who may not call is told for how long, puts the command off and lets go of it.
//! The state is this process's own.

mod breaker;
mod bucket;

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use domain::AccountKey;
use service::retry::Policy;

pub use breaker::Breaker;
pub use bucket::Bucket;

/// How much is too much.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Requests a minute to one host.
    pub per_minute: u32,
    /// Failures in a row after which an account rests.
    pub failures: u32,
    /// How long hosts are paused and accounts rest.
    pub rest: Policy,
}

/// Not now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hold {
    /// For how long.
    pub wait: Duration,
    /// Why.
    pub cause: HoldCause,
}

/// Why a call may not be made now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HoldCause {
    /// The host asked to slow down.
    Paused,
    /// The host gets all it is allowed.
    Busy,
    /// The account did not answer the last times.
    Resting,
}

impl HoldCause {
    /// For the people who wait.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Paused => "Chatwoot asks us to slow down",
            Self::Busy => "many messages go to this Chatwoot at the moment",
            Self::Resting => "Chatwoot does not answer; it is asked again soon",
        }
    }
}

/// What a call said about the other side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Report {
    /// It answers.
    Answers,
    /// It wants fewer requests, maybe for this long.
    SlowDown(Option<Duration>),
    /// It does not answer, or fails inside.
    Fails,
}

/// The gate before all hosts and accounts.
#[derive(Debug)]
pub struct Throttle {
    limits: Limits,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    hosts: HashMap<String, Host>,
    accounts: HashMap<AccountKey, Breaker>,
}

#[derive(Debug)]
struct Host {
    bucket: Bucket,
    paused_until: Option<Instant>,
    pauses: u32,
}

impl Throttle {
    /// A gate that is open for everybody.
    pub fn new(limits: Limits) -> Self {
        Self { limits, state: Mutex::default() }
    }

    /// Asks for one call. Whoever gets it must [`Throttle::report`] how it went.
    pub fn admit(&self, host: &str, account: AccountKey, now: Instant) -> Result<(), Hold> {
        let state = &mut *self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let host = host_of(&mut state.hosts, host, self.limits, now);
        if let Some(wait) = host.paused_until.and_then(|until| until.checked_duration_since(now))
            && !wait.is_zero()
        {
            return Err(Hold { wait, cause: HoldCause::Paused });
        }
        let breaker = state.accounts.entry(account).or_default();
        if let Some(wait) = breaker.wait(now) {
            return Err(Hold { wait, cause: HoldCause::Resting });
        }
        host.bucket.take(now).map_err(|wait| Hold { wait, cause: HoldCause::Busy })?;
        breaker.enter(now);
        Ok(())
    }

    /// Tells how an admitted call went.
    pub fn report(&self, host: &str, account: AccountKey, report: Report, now: Instant) {
        let state = &mut *self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let host = host_of(&mut state.hosts, host, self.limits, now);
        let breaker = state.accounts.entry(account).or_default();
        match report {
            Report::Answers => {
                breaker.succeeded();
                if host.paused_until.is_none_or(|until| until <= now) {
                    host.pauses = 0;
                }
            }
            Report::SlowDown(asked) => {
                breaker.succeeded();
                // What was under way when the pause began says nothing new.
                if host.paused_until.is_none_or(|until| until <= now) {
                    host.pauses += 1;
                    host.paused_until =
                        Some(now + self.limits.rest.delay_asked(host.pauses, asked));
                }
            }
            Report::Fails => breaker.failed(now, self.limits.failures, self.limits.rest),
        }
    }
}

fn host_of<'a>(
    hosts: &'a mut HashMap<String, Host>,
    name: &str,
    limits: Limits,
    now: Instant,
) -> &'a mut Host {
    hosts.entry(name.to_owned()).or_insert_with(|| Host {
        bucket: Bucket::new(limits.per_minute, now),
        paused_until: None,
        pauses: 0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn throttle() -> Throttle {
        let rest = Policy { shortest: SECOND, longest: Duration::from_mins(5) };
        Throttle::new(Limits { per_minute: 6_000, failures: 3, rest })
    }

    #[test]
    fn a_pause_holds_all_accounts_of_the_host_and_no_other_host() {
        let (throttle, now) = (throttle(), Instant::now());
        let (a, b) = (AccountKey::generate(), AccountKey::generate());
        throttle.admit("one", a, now).unwrap();
        throttle.report("one", a, Report::SlowDown(Some(SECOND * 60)), now);
        for account in [a, b] {
            let hold = throttle.admit("one", account, now + SECOND).unwrap_err();
            assert_eq!(hold.cause, HoldCause::Paused);
            assert!(hold.wait >= SECOND * 59);
        }
        throttle.admit("two", b, now).unwrap();
        throttle.admit("one", b, now + SECOND * 300).unwrap();
    }

    #[test]
    fn an_account_that_fails_rests_alone_and_is_tried_by_one() {
        let (throttle, now) = (throttle(), Instant::now());
        let (broken, sound) = (AccountKey::generate(), AccountKey::generate());
        for _ in 0..3 {
            throttle.admit("one", broken, now).unwrap();
            throttle.report("one", broken, Report::Fails, now);
        }
        let hold = throttle.admit("one", broken, now).unwrap_err();
        assert_eq!(hold.cause, HoldCause::Resting);
        throttle.admit("one", sound, now).unwrap();
        let later = now + hold.wait;
        throttle.admit("one", broken, later).unwrap();
        assert!(throttle.admit("one", broken, later).is_err(), "only one trial");
        throttle.report("one", broken, Report::Answers, later);
        throttle.admit("one", broken, later).unwrap();
    }
}
