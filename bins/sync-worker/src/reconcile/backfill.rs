//! A walk at an operator's wish, at once and as fast as he wants.

use std::time::Duration;

use bus::Bus;
use chrono::Utc;
use domain::{AccountKey, SecretKey};
use store::Store;
use store::reconciliations::{Progress, Reconciliation, Tally};
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

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// What changed lately.
    Lately,
    /// Everything that a walk under way has not behind it.
    GoOn,
    /// Everything.
    Anew,
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
        let way = if anew { Way::Anew } else { Way::GoOn };
        self.run(account, speed, way, shutdown, told).await
    }

    /// Compares what changed lately.
    pub async fn lately(
        &self,
        account: AccountKey,
        speed: Speed,
        shutdown: &CancellationToken,
        told: impl FnMut(&Reached) + Send,
    ) -> Result<Reached, ReconcileError> {
        Box::pin(self.run(account, speed, Way::Lately, shutdown, told)).await
    }

    async fn run(
        &self,
        account: AccountKey,
        speed: Speed,
        way: Way,
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
        if way == Way::Anew {
            progress.walk.begin(progress.walk.due_at);
        }
        if let Err(error) = worker.session(&held, speed).await
            && !error.may_pass()
        {
            // It may be wrong with this program's settings alone: the workers' turns do not wait for it.
            worker.let_go(&held, &mut held.progress.clone(), Tally::default()).await;
            return Err(error);
        }
        let before = held.tally;
        let (found, walked) = (Tally::default(), way == Way::Lately);
        let mut reached = Reached { progress, found, walked, complete: false };
        let mut unwritten = Tally::default();
        while !reached.complete {
            let failures = reached.progress.failures;
            let step = self.step(&held, speed, shutdown, &mut reached, &mut unwritten);
            let step = Box::pin(step).await;
            let mut wait = match &step {
                Ok(None) => None,
                Ok(Some(())) => {
                    (reached.progress.failures, reached.progress.last_error) = (0, None);
                    Some(Duration::ZERO)
                }
                Err(ReconcileError::TakenOver) => return Err(ReconcileError::TakenOver),
                Err(error) => Some(put_off(&held, &mut reached.progress, error)),
            };
            match self.write_down(&held, before, &mut reached, &mut unwritten).await {
                Ok(()) => {}
                Err(error) if error.may_pass() => {
                    reached.complete = false;
                    if let Ok(Some(())) = step {
                        // That steps succeed meanwhile is no end of it.
                        reached.progress.failures = failures;
                        wait = Some(put_off(&held, &mut reached.progress, &error));
                    }
                }
                Err(error) => return Err(error),
            }
            told(&reached);
            match step {
                Err(error) if !error.may_pass() => {
                    worker.let_go(&held, &mut reached.progress, unwritten).await;
                    return Err(error);
                }
                _ => {}
            }
            let pause = async { tokio::time::sleep(wait.unwrap_or_default()).await };
            if wait.is_none() || shutdown.run_until_cancelled(pause).await.is_none() {
                break;
            }
        }
        worker.let_go(&held, &mut reached.progress, unwritten).await;
        Ok(reached)
    }

    /// Goes on by one step. None: the program stops. What was found is added to what is not yet written down.
    async fn step(
        &self,
        held: &Reconciliation,
        speed: Speed,
        shutdown: &CancellationToken,
        reached: &mut Reached,
        unwritten: &mut Tally,
    ) -> Result<Option<()>, ReconcileError> {
        let worker = &self.0;
        // What a first walk found may be on its way to the rows when it ends: no drift.
        let mut session = worker.session(held, speed).await?;
        session.failures = reached.progress.failures;
        session.found.put_back(*unwritten);
        let Reached { progress, walked, complete, .. } = reached;
        let step = async {
            if !*walked {
                let stage = session.walk(progress, worker.config.walk_period()).await?;
                *walked = stage == Stage::Over;
                return Ok(());
            }
            session.sweep(progress).await?;
            progress.sweep_due_at = Utc::now() + worker.config.period();
            *complete = true;
            Ok(())
        };
        let step =
            Box::pin(shutdown.run_until_cancelled(worker.while_held(held, &session, step))).await;
        *unwritten = session.found.take();
        step.transpose()
    }

    /// Writes down how far it is and what was found.
    async fn write_down(
        &self,
        held: &Reconciliation,
        before: Tally,
        reached: &mut Reached,
        unwritten: &mut Tally,
    ) -> Result<(), ReconcileError> {
        if !self.0.save(held, &mut reached.progress, *unwritten, HOLD).await? {
            return Err(ReconcileError::TakenOver);
        }
        *unwritten = Tally::default();
        self.count(held.account, before, reached).await
    }

    /// What was written down since the beginning.
    async fn count(
        &self,
        account: AccountKey,
        before: Tally,
        reached: &mut Reached,
    ) -> Result<(), ReconcileError> {
        let mut transaction = self.0.store.worker().await?;
        let one = store::reconciliations::get(&mut transaction, account).await?;
        store::commit(transaction).await?;
        if let Some(one) = one {
            reached.found = Tally {
                brought_in: one.tally.brought_in - before.brought_in,
                drift_found: one.tally.drift_found - before.drift_found,
                drift_repaired: one.tally.drift_repaired - before.drift_repaired,
            };
        }
        Ok(())
    }
}
