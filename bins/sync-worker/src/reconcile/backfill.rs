//! A walk at an operator's wish, at once and as fast as he wants.

use std::time::Duration;

use bus::Bus;
use chrono::Utc;
use domain::{AccountKey, SecretKey};
use store::Store;
use store::reconciliations::{Progress, Tally};
use tokio_util::sync::CancellationToken;

use super::turn::put_off;
use super::walk::Stage;
use super::{Config, HOLD, ReconcileError, Reconciler};

/// How fast.
#[derive(Debug, Clone, Copy)]
pub struct Speed {
    /// Requests a second.
    pub per_second: u32,
    /// Conversations at the same time.
    pub concurrency: usize,
}

/// How far it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Reached {
    /// Where.
    pub progress: Progress,
    /// What was found since it began, counted here.
    pub found: Tally,
    /// Everything has been compared, and what is left is what changed meanwhile.
    pub walked: bool,
    /// It ended by itself.
    pub complete: bool,
}

/// The comparing of one account, as the workers do it, taken over by an operator.
pub struct Backfill(Reconciler);

impl Backfill {
    /// One that can open the account's token with this key. Of `config` the grace counts.
    pub fn new(config: Config, key: SecretKey, store: Store, bus: Bus) -> Self {
        Self(Reconciler::new(config, key, store, bus))
    }

    /// Compares everything, going on where a walk under way is unless `anew`; then what changed
    /// meanwhile. Tells how far it is after each step. A failure that may pass is waited out.
    pub async fn everything(
        &self,
        account: AccountKey,
        speed: Speed,
        anew: bool,
        shutdown: &CancellationToken,
        told: impl FnMut(&Reached) + Send,
    ) -> Result<Reached, ReconcileError> {
        self.run(account, speed, Some(anew), shutdown, told).await
    }

    /// Compares what changed lately.
    pub async fn lately(
        &self,
        account: AccountKey,
        speed: Speed,
        shutdown: &CancellationToken,
        told: impl FnMut(&Reached) + Send,
    ) -> Result<Reached, ReconcileError> {
        Box::pin(self.run(account, speed, None, shutdown, told)).await
    }

    async fn run(
        &self,
        account: AccountKey,
        speed: Speed,
        walk: Option<bool>,
        shutdown: &CancellationToken,
        mut told: impl FnMut(&Reached) + Send,
    ) -> Result<Reached, ReconcileError> {
        let worker = &self.0;
        let mut transaction = worker.store.worker().await?;
        store::reconciliations::know_all(&mut transaction).await?;
        let held =
            store::reconciliations::claim(&mut transaction, account, worker.holder, HOLD).await?;
        store::commit(transaction).await?;
        let held = held.ok_or(ReconcileError::NoAccount)?;
        let mut progress = held.progress.clone();
        if walk == Some(true) {
            progress.walk.begin(progress.walk.due_at);
        }
        let before = held.tally;
        let (found, walked) = (Tally::default(), walk.is_none());
        let mut reached = Reached { progress, found, walked, complete: false };
        while !reached.complete {
            // What a first walk found may be on its way to the rows when it ends: no drift.
            let mut session = worker.session(&held, speed).await?;
            let progress = &mut reached.progress;
            session.failures = progress.failures;
            let step = async {
                if !reached.walked {
                    let stage = session.walk(progress, worker.config.walk_period()).await?;
                    reached.walked = stage == Stage::Over;
                    return Ok(());
                }
                session.sweep(progress).await?;
                progress.sweep_due_at = Utc::now() + worker.config.period();
                reached.complete = true;
                Ok(())
            };
            let step =
                Box::pin(shutdown.run_until_cancelled(worker.while_held(&held, &session, step)))
                    .await;
            let wait = match &step {
                None => None,
                Some(Ok(())) => {
                    (reached.progress.failures, reached.progress.last_error) = (0, None);
                    Some(Duration::ZERO)
                }
                Some(Err(ReconcileError::TakenOver)) => return Err(ReconcileError::TakenOver),
                Some(Err(error)) => Some(put_off(&held, &mut reached.progress, error)),
            };
            worker.keep(&session, &held, &mut reached.progress).await?;
            self.count(account, before, &mut reached).await?;
            told(&reached);
            match step {
                Some(Err(error)) if !error.may_pass() => {
                    worker.let_go(&held, &mut reached.progress, Tally::default()).await;
                    return Err(error);
                }
                _ => {}
            }
            let pause = async { tokio::time::sleep(wait.unwrap_or_default()).await };
            if wait.is_none() || shutdown.run_until_cancelled(pause).await.is_none() {
                break;
            }
        }
        worker.let_go(&held, &mut reached.progress, Tally::default()).await;
        Ok(reached)
    }

    /// What was written down since the beginning.
    async fn count(
        &self,
        account: AccountKey,
        before: Tally,
        reached: &mut Reached,
    ) -> Result<(), ReconcileError> {
        let mut transaction = self.0.store.worker().await?;
        let all = store::reconciliations::list(&mut transaction).await?;
        store::commit(transaction).await?;
        if let Some(one) = all.iter().find(|one| one.account == account) {
            reached.found = Tally {
                brought_in: one.tally.brought_in - before.brought_in,
                drift_found: one.tally.drift_found - before.drift_found,
                drift_repaired: one.tally.drift_repaired - before.drift_repaired,
            };
        }
        Ok(())
    }
}
