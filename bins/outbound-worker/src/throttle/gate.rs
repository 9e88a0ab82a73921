//! The gate before all hosts and accounts: the state in the database, and what this worker relies on in between.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use domain::{AccountKey, in_words};
use store::{Error, Store, breakers, hosts};

use super::{
    Ask, Breaker, Bucket, Draw, Hold, HoldCause, Host, LEASE, Lease, Limits, Report, State, Trials,
    Turns,
};

/// The gate before all hosts and accounts.
pub(crate) struct Throttle {
    store: Store,
    limits: Limits,
    hosts: Mutex<HashMap<String, Arc<tokio::sync::Mutex<Known>>>>,
    accounts: Mutex<HashMap<AccountKey, Seen<Breaker>>>,
}

/// What a caller does if its host has no token left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asker {
    /// It puts its command off and comes back in its turn.
    Leaves,
    /// It stays, and asks again as soon as there may be a token.
    Stays,
}

/// A state that was read from the database, and when.
#[derive(Debug, Clone, Copy)]
struct Seen<T> {
    value: T,
    /// The time by the database's clock.
    now: DateTime<Utc>,
    /// The time by our clock.
    at: Instant,
}

impl<T> Seen<T> {
    fn new(value: T, now: DateTime<Utc>) -> Self {
        Self { value, now, at: Instant::now() }
    }

    /// The present time by the database's clock.
    fn now(&self) -> DateTime<Utc> {
        self.now + self.at.elapsed()
    }

    fn fresh(&self) -> bool {
        self.at.elapsed() < LEASE
    }
}

/// What this worker knows about a host.
#[derive(Debug, Default)]
struct Known {
    host: Option<Seen<Host>>,
    lease: Lease,
    turns: Turns,
    trials: Trials,
}

impl Throttle {
    /// Makes a gate that uses this database.
    pub(crate) fn new(store: Store, limits: Limits) -> Self {
        Self { store, limits, hosts: Mutex::default(), accounts: Mutex::default() }
    }

    /// Asks for one call. Returns `None` if it may be made now. The caller then has to [`Throttle::report`] how it
    /// went, or that it was not made ([`Throttle::unused`]).
    pub(crate) async fn admit(
        &self,
        host: &str,
        account: AccountKey,
    ) -> Result<Option<Hold>, Error> {
        let held = store::within(store::PATIENCE, self.ask(host, account, Asker::Leaves)).await?;
        if let Some(Hold { cause, .. }) = held {
            metrics::counter!("axis_chatwoot_holds_total", "cause" => cause.as_str()).increment(1);
        }
        Ok(held)
    }

    /// Asks for one more call, for a caller that is in the middle of something and stays. If the host is busy, the
    /// hold says when to ask again, which is before those that come back in their turn.
    pub(crate) async fn admit_next(
        &self,
        host: &str,
        account: AccountKey,
    ) -> Result<Option<Hold>, Error> {
        store::within(store::PATIENCE, self.ask(host, account, Asker::Stays)).await
    }

    async fn ask(
        &self,
        host: &str,
        account: AccountKey,
        asker: Asker,
    ) -> Result<Option<Hold>, Error> {
        let resting = |wait| Some(Hold { wait, cause: HoldCause::Resting });
        let breaker = self.breaker(account).await?;
        if let Some(wait) = breaker.value.wait(breaker.now()) {
            return Ok(resting(wait));
        }
        // Held while the database is asked, so that only one caller asks.
        let known = self.known(host);
        let mut known = known.lock().await;
        let is_trial = breaker.value.state != State::Closed;
        let Limits { trial, trials, longest, .. } = self.limits;
        if is_trial && !known.trials.have_room(trials, longest) {
            return Ok(resting(trial));
        }
        if let Some(hold) = self.draw(host, account, asker, &mut known).await? {
            return Ok(Some(hold));
        }
        if is_trial {
            if let Some(wait) = self.enter(account).await? {
                known.lease.put_back();
                return Ok(resting(wait));
            }
            known.trials.begin(account);
        }
        Ok(None)
    }

    /// Takes a token, from a new lease if need be.
    async fn draw(
        &self,
        host: &str,
        account: AccountKey,
        asker: Asker,
        known: &mut Known,
    ) -> Result<Option<Hold>, Error> {
        let per_minute = self.limits.per_minute;
        loop {
            let draw = match &known.host {
                Some(seen) => {
                    if let Some(wait) = seen.value.pause(seen.now())
                        && seen.fresh()
                    {
                        return Ok(Some(Hold { wait, cause: HoldCause::Paused }));
                    }
                    known.lease.draw(per_minute, seen.now())
                }
                None => known.lease.draw(per_minute, DateTime::UNIX_EPOCH),
            };
            let ask = match draw {
                Draw::Token => return Ok(None),
                Draw::Wait { rest, .. } if asker == Asker::Stays => {
                    known.lease.stays();
                    return Ok(Some(Hold { wait: rest, cause: HoldCause::Busy }));
                }
                Draw::Wait { rest, behind_all } => {
                    let now = known.host.map_or(DateTime::UNIX_EPOCH, |seen| seen.now());
                    let turn = known.turns.send_away(account, behind_all, per_minute, now);
                    let wait = turn.max(rest);
                    return Ok(Some(Hold { wait, cause: HoldCause::Busy }));
                }
                Draw::Renew(ask) => ask,
            };
            let mut granted = 0;
            let seen = self
                .change(host, |host, now| {
                    // Tokens for a paused host would only have to be given back.
                    let wanted = if host.pause(now).is_some() { 0 } else { ask.wanted };
                    granted = host.bucket.grant(per_minute, Ask { wanted, ..ask }, now);
                    i64::from(granted) - i64::from(ask.back)
                })
                .await?;
            known.lease = Lease::new(granted, ask, seen.value.bucket.away, seen.now);
            known.host = Some(seen);
        }
    }

    /// Tries to become the trial of an account that rested. Returns how long to wait if another call is.
    async fn enter(&self, account: AccountKey) -> Result<Option<Duration>, Error> {
        let mut wait = None;
        self.judge(account, |breaker, now| {
            wait = breaker.wait(now);
            if wait.is_none() {
                breaker.enter(self.limits.trial, now);
            }
        })
        .await?;
        Ok(wait)
    }

    /// Reports how an admitted call went. If the database does not accept that, other workers find out by themselves.
    pub(crate) async fn report(&self, host: &str, account: AccountKey, report: Report) {
        let told = store::within(store::PATIENCE, self.tell(host, account, report)).await;
        if let Err(error) = told {
            let error = in_words(&error);
            tracing::warn!(error, "cannot tell other workers how a call to Chatwoot went");
        }
    }

    /// Gives back an admitted call that is not made. If the database does not accept that, other workers wait until
    /// the call would have ended.
    pub(crate) async fn unused(&self, host: &str, account: AccountKey) {
        {
            let known = self.known(host);
            let mut known = known.lock().await;
            known.lease.put_back();
            known.trials.end(account);
        }
        if !self.is_ailing(account) {
            return;
        }
        let untried = self.judge(account, Breaker::untried);
        if let Err(error) = store::within(store::PATIENCE, untried).await {
            let error = in_words(&error);
            tracing::warn!(error, "cannot tell other workers that an account was not tried");
        }
    }

    async fn tell(&self, host: &str, account: AccountKey, report: Report) -> Result<(), Error> {
        let Limits { failures, rest, .. } = self.limits;
        self.known(host).lock().await.trials.end(account);
        if report == Report::Fails {
            let mut opened = false;
            let failed = |breaker: &mut Breaker, now| opened = breaker.failed(failures, rest, now);
            self.judge(account, failed).await?;
            if opened {
                tracing::warn!(account = %account, "an account rests because its Chatwoot fails");
                metrics::counter!("axis_chatwoot_rests_total").increment(1);
            }
            return Ok(());
        }
        // A state that has not changed need not be written.
        if self.is_ailing(account) {
            self.judge(account, |breaker, _| breaker.succeeded()).await?;
        }
        let known = self.known(host);
        let mut known = known.lock().await;
        let news = match (report, &known.host) {
            (Report::SlowDown(_), _) => true,
            (_, Some(seen)) => seen.value.pauses > 0 && seen.value.pause(seen.now()).is_none(),
            (_, None) => false,
        };
        if news {
            let mut paused = false;
            let seen = self
                .change(host, |host, now| {
                    if let Report::SlowDown(asked) = report {
                        paused = host.slow_down(asked, rest, now);
                    } else {
                        host.answered(now);
                    }
                    0
                })
                .await?;
            if paused {
                tracing::warn!(host, "Chatwoot asks to slow down; it is left alone for a while");
                metrics::counter!("axis_chatwoot_pauses_total").increment(1);
            }
            known.host = Some(seen);
        }
        Ok(())
    }

    /// Changes what all workers know about a host. `change` returns how many tokens it granted.
    async fn change(
        &self,
        name: &str,
        change: impl FnOnce(&mut Host, DateTime<Utc>) -> i64,
    ) -> Result<Seen<Host>, Error> {
        let mut transaction = self.store.worker().await?;
        let (row, now) = hosts::lock(&mut transaction, name).await?;
        let mut host = Host {
            bucket: Bucket { tokens: row.tokens, away: row.away, at: row.filled_at },
            paused_until: row.paused_until,
            pauses: row.pauses.unsigned_abs(),
        };
        let granted = change(&mut host, now);
        let row = hosts::Host {
            per_minute: i32::try_from(self.limits.per_minute).unwrap_or(i32::MAX),
            tokens: host.bucket.tokens,
            away: host.bucket.away,
            filled_at: host.bucket.at,
            granted: row.granted.saturating_add(granted),
            paused_until: host.paused_until,
            pauses: i32::try_from(host.pauses).unwrap_or(i32::MAX),
            ..row
        };
        hosts::write(&mut transaction, &row).await?;
        store::commit(transaction).await?;
        let pause = host.pause(now).unwrap_or_default().as_secs_f64();
        metrics::gauge!("axis_chatwoot_pause_seconds", "host" => name.to_owned()).set(pause);
        Ok(Seen::new(host, now))
    }

    /// Changes what all workers know about an account.
    async fn judge(
        &self,
        account: AccountKey,
        change: impl FnOnce(&mut Breaker, DateTime<Utc>),
    ) -> Result<(), Error> {
        let mut transaction = self.store.worker().await?;
        let Some((row, now)) = breakers::lock(&mut transaction, account).await? else {
            return Ok(());
        };
        let mut breaker = Breaker::from(row);
        change(&mut breaker, now);
        if breaker == Breaker::default() {
            breakers::remove(&mut transaction, account).await?;
        } else {
            breakers::write(&mut transaction, &breaker.row(account)).await?;
        }
        store::commit(transaction).await?;
        self.accounts().insert(account, Seen::new(breaker, now));
        Ok(())
    }

    /// Returns what is known about an account, which is a moment old at most.
    async fn breaker(&self, account: AccountKey) -> Result<Seen<Breaker>, Error> {
        let seen = self.accounts().get(&account).copied();
        if let Some(seen) = seen.filter(Seen::fresh) {
            return Ok(seen);
        }
        let mut transaction = self.store.worker().await?;
        let (row, now) = breakers::get(&mut transaction, account).await?;
        store::commit(transaction).await?;
        let seen = Seen::new(row.map(Breaker::from).unwrap_or_default(), now);
        self.accounts().insert(account, seen);
        Ok(seen)
    }

    fn is_ailing(&self, account: AccountKey) -> bool {
        self.accounts().get(&account).is_some_and(|seen| seen.value != Breaker::default())
    }

    fn accounts(&self) -> MutexGuard<'_, HashMap<AccountKey, Seen<Breaker>>> {
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn known(&self, host: &str) -> Arc<tokio::sync::Mutex<Known>> {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(hosts.entry(host.to_owned()).or_default())
    }
}

impl From<breakers::Breaker> for Breaker {
    fn from(row: breakers::Breaker) -> Self {
        Self {
            failures: row.failures.unsigned_abs(),
            opened: row.opened.unsigned_abs(),
            state: match row.state {
                breakers::State::Closed => State::Closed,
                breakers::State::Open(until) => State::Open { until },
                breakers::State::Trial(until) => State::Trial { until },
            },
        }
    }
}

impl Breaker {
    fn row(self, account: AccountKey) -> breakers::Breaker {
        breakers::Breaker {
            account,
            failures: i32::try_from(self.failures).unwrap_or(i32::MAX),
            opened: i32::try_from(self.opened).unwrap_or(i32::MAX),
            state: match self.state {
                State::Closed => breakers::State::Closed,
                State::Open { until } => breakers::State::Open(until),
                State::Trial { until } => breakers::State::Trial(until),
            },
        }
    }
}
