//! One turn with one account: a sweep if one is due, and then part of the walk.

use std::sync::atomic::Ordering;
use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::in_words;
use rand::RngExt as _;
use store::reconciliations::{Progress, Reconciliation, Tally};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::session::Session;
use super::walk::Stage;
use super::{HOLD, ReconcileError, Reconciler};

/// If no request was sent for this long although the host may be asked, the work waits for a database that has silently
/// gone away. This is far longer than replies are ever held up.
const SILENCE: Duration = Duration::from_mins(15);
/// A walk ends its turn after this long. A sweep, and a step of a walk, cannot be cut short, but then leave their place to
/// others.
const TURN: Duration = Duration::from_secs(20);

impl Reconciler {
    /// Does what is due for an account that is held, until it is done, fails, or the program stops.
    pub(super) async fn turn(&self, due: Reconciliation, shutdown: &CancellationToken) {
        let mut progress = due.progress.clone();
        let session = match self.session(&due, self.gently()).await {
            Ok(session) => session,
            Err(error) => {
                put_off(&due, &mut progress, &error);
                return self.let_go(&due, &mut progress, Tally::default()).await;
            }
        };
        if let Some(pause) = session.host.pause() {
            // This turn could only wait too, and would hold the account meanwhile.
            postpone(&mut progress, pause);
            return self.let_go(&due, &mut progress, Tally::default()).await;
        }
        let work = self.while_held(&due, &session, self.work(&session, &due, &mut progress));
        match Box::pin(shutdown.run_until_cancelled(work)).await {
            Some(Ok(())) => (progress.failures, progress.last_error) = (0, None),
            // Its progress belongs to somebody else now, or nobody.
            Some(Err(ReconcileError::TakenOver)) => return,
            Some(Err(error)) => {
                put_off(&due, &mut progress, &error);
            }
            None => {}
        }
        self.let_go(&due, &mut progress, session.found.take()).await;
    }

    /// The account was claimed for what is due by the database's clock, so that much is done even if this machine's
    /// clock is behind that. Otherwise nothing might be, and would count as a success.
    async fn work(
        &self,
        session: &Session,
        due: &Reconciliation,
        progress: &mut Progress,
    ) -> Result<(), ReconcileError> {
        let is_due = |at: DateTime<Utc>| at <= Utc::now();
        if due.sweep_due || is_due(progress.sweep_due_at) {
            session.host.yielding_after(TURN, Box::pin(session.sweep(progress))).await?;
            let spread = rand::rng().random_range(0.8..1.2);
            progress.sweep_due_at = Utc::now() + self.config.period().mul_f64(spread);
            self.keep(session, due, progress).await?;
        }
        let until = Instant::now() + TURN;
        while (due.walk_due || is_due(progress.walk.due_at))
            && !is_due(progress.sweep_due_at)
            && Instant::now() < until
        {
            let step = Box::pin(session.walk(progress, self.config.walk_period()));
            let stage = session.host.yielding_after(TURN, step).await?;
            self.keep(session, due, progress).await?;
            if stage == Stage::Over {
                tracing::info!(account.key = %due.account, "an account was compared as a whole");
                break;
            }
        }
        // A walk that is not over goes behind those that wait already.
        progress.walk.due_at = progress.walk.due_at.max(Utc::now());
        Ok(())
    }

    /// Does some work, and renews the hold on the account meanwhile. Fails if the hold is lost, or nothing happens for
    /// too long.
    pub(super) async fn while_held(
        &self,
        held: &Reconciliation,
        session: &Session,
        work: impl Future<Output = Result<(), ReconcileError>>,
    ) -> Result<(), ReconcileError> {
        let holding = async {
            let (mut asked, mut asked_at) = (0, Instant::now());
            loop {
                tokio::time::sleep(HOLD / 4).await;
                let now = session.asked.load(Ordering::Relaxed);
                if now != asked || session.host.pause().is_some() {
                    (asked, asked_at) = (now, Instant::now());
                } else if asked_at.elapsed() > SILENCE {
                    return Err(ReconcileError::Silent);
                }
                if !store::within(store::PATIENCE, self.hold(held)).await? {
                    return Err::<(), _>(ReconcileError::TakenOver);
                }
            }
        };
        tokio::select! {
            done = work => done,
            lost = holding => lost,
        }
    }

    async fn hold(&self, held: &Reconciliation) -> Result<bool, store::Error> {
        let mut transaction = self.store.worker().await?;
        let (account, holder) = (held.account, self.holder);
        let ours = store::reconciliations::hold(&mut transaction, account, holder, HOLD).await?;
        store::commit(transaction).await?;
        Ok(ours)
    }

    /// Saves the progress and renews the hold on the account.
    async fn keep(
        &self,
        session: &Session,
        held: &Reconciliation,
        progress: &mut Progress,
    ) -> Result<(), ReconcileError> {
        let found = session.found.take();
        let saved = self.save(held, progress, found, HOLD).await;
        if !matches!(saved, Ok(true)) {
            session.found.put_back(found);
        }
        if saved? { Ok(()) } else { Err(ReconcileError::TakenOver) }
    }

    /// Saves the progress and releases the account.
    pub(super) async fn let_go(
        &self,
        held: &Reconciliation,
        progress: &mut Progress,
        found: Tally,
    ) {
        let saved = self.save(held, progress, found, Duration::ZERO);
        if let Err(error) = store::within(store::PATIENCE, saved).await {
            tracing::warn!(account.key = %held.account, error = in_words(&error), "cannot save reconciliation progress");
        }
    }

    /// Saves the progress and what was found. Returns `false` if somebody else holds the account.
    pub(super) async fn save(
        &self,
        held: &Reconciliation,
        progress: &mut Progress,
        found: Tally,
        lease: Duration,
    ) -> Result<bool, store::Error> {
        let mut transaction = self.store.worker().await?;
        let (account, holder) = (held.account, self.holder);
        let saved =
            store::reconciliations::save(&mut transaction, account, holder, lease, progress, found);
        let saved = saved.await?;
        store::commit(transaction).await?;
        Ok(saved)
    }
}

/// Notes a failure and puts the account off. Returns for how long.
pub(super) fn put_off(
    held: &Reconciliation,
    progress: &mut Progress,
    error: &ReconcileError,
) -> Duration {
    progress.failures = progress.failures.saturating_add(1);
    progress.last_error = Some(in_words(error));
    let wait = error.delay(progress.failures);
    postpone(progress, wait);
    metrics::counter!("axis_reconcile_failures_total").increment(1);
    // Logged only once, since `axis reconcile status` shows the error for as long as it lasts.
    if progress.failures == 1 {
        tracing::warn!(account.key = %held.account, error = in_words(error), "an account cannot be compared");
    }
    wait
}

fn postpone(progress: &mut Progress, wait: Duration) {
    let again = Utc::now() + wait;
    progress.sweep_due_at = progress.sweep_due_at.max(again);
    progress.walk.due_at = progress.walk.due_at.max(again);
}
