//! A walk that an operator starts: it begins at once, and is as fast as they ask.

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

/// How fast to compare.
#[derive(Debug, Clone, Copy)]
pub struct Speed {
    /// Requests a second.
    pub per_second: u32,
    /// Conversations compared at the same time.
    pub concurrency: usize,
}

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// What changed lately.
    Lately,
    /// Everything that a walk under way has not compared yet.
    GoOn,
    /// Everything.
    Anew,
}

/// How far a comparison has come.
#[derive(Debug, Clone, PartialEq)]
pub struct Reached {
    /// The account's progress, as it is stored.
    pub progress: Progress,
    /// What was found since the comparison began.
    pub found: Tally,
    /// What could not be read since the walk began, and why.
    pub unread: Vec<String>,
    /// Whether everything has been compared, so that only what changed meanwhile is left.
    pub walked: bool,
    /// Whether the comparison is complete.
    pub complete: bool,
}

/// Compares an account like the workers do, but on an operator's behalf.
pub struct Backfill(Reconciler);

impl Backfill {
    /// Makes one that opens the account's token with this key. Of `config`, only the grace period matters.
    pub fn new(config: Config, key: SecretKey, store: Store, bus: Bus) -> Self {
        Self(Reconciler::new(config, key, store, bus))
    }

    /// Compares everything, and then what changed meanwhile. Unless `anew` is set, goes on where a walk under way has
    /// got to. Reports progress to `told` after each step. Waits out failures that may pass.
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

    /// Compares what changed lately. Reports progress to `told` after each step. Waits out failures that may pass.
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
        if let Err(error) = worker.session(&held, speed).await
            && !error.may_pass()
        {
            // The fault may be in this program's settings alone, so the workers' turns are not put off for it.
            worker.let_go(&held, &mut held.progress.clone(), Tally::default()).await;
            return Err(error);
        }
        let mut run = Run::of(worker, held, speed, way);
        while !run.reached.complete {
            let step = Box::pin(run.step(shutdown)).await?;
            told(&run.reached);
            let wait = match step {
                Step::Done => Duration::ZERO,
                Step::PutOff(wait) => wait,
                Step::Stopped => break,
                Step::Failed(error) => {
                    run.let_go().await;
                    return Err(error);
                }
            };
            let pause = async { tokio::time::sleep(wait).await };
            if shutdown.run_until_cancelled(pause).await.is_none() {
                break;
            }
        }
        run.let_go().await;
        Ok(run.reached)
    }
}

/// What came of a step.
enum Step {
    /// The next one may follow.
    Done,
    /// It failed, and may be tried again after this long.
    PutOff(Duration),
    /// The program stops.
    Stopped,
    /// It failed, and would fail again.
    Failed(ReconcileError),
}

/// A comparison under way.
struct Run<'a> {
    worker: &'a Reconciler,
    held: Reconciliation,
    speed: Speed,
    reached: Reached,
    /// What was found and is not saved yet.
    unwritten: Tally,
}

impl<'a> Run<'a> {
    fn of(worker: &'a Reconciler, held: Reconciliation, speed: Speed, way: Way) -> Self {
        let mut progress = held.progress.clone();
        if way == Way::Anew {
            progress.walk.begin(progress.walk.due_at);
        }
        let (found, walked) = (Tally::default(), way == Way::Lately);
        let unread = held.unread.clone();
        let reached = Reached { progress, found, unread, walked, complete: false };
        Self { worker, held, speed, reached, unwritten: Tally::default() }
    }

    /// Goes on by one step, and saves the progress. Fails if it can never be saved, or somebody else holds the account.
    async fn step(&mut self, shutdown: &CancellationToken) -> Result<Step, ReconcileError> {
        let failures = self.reached.progress.failures;
        let mut step = match self.compare(shutdown).await {
            None => Step::Stopped,
            Some(Ok(())) => {
                let progress = &mut self.reached.progress;
                (progress.failures, progress.last_error) = (0, None);
                Step::Done
            }
            Some(Err(ReconcileError::TakenOver)) => return Err(ReconcileError::TakenOver),
            Some(Err(error)) => {
                let wait = put_off(&self.held, &mut self.reached.progress, &error);
                if error.may_pass() { Step::PutOff(wait) } else { Step::Failed(error) }
            }
        };
        // Nobody else takes the account while this waits, though it is due again by the end of the wait.
        let lease = if let Step::PutOff(wait) = &step { *wait + HOLD } else { HOLD };
        match self.write_down(lease).await {
            Ok(()) => {}
            Err(error) if error.may_pass() => {
                self.reached.complete = false;
                if matches!(step, Step::Done) {
                    // Steps that succeed meanwhile do not end a series of failures to save.
                    self.reached.progress.failures = failures;
                    let wait = put_off(&self.held, &mut self.reached.progress, &error);
                    step = Step::PutOff(wait);
                }
            }
            Err(error) => return Err(error),
        }
        Ok(step)
    }

    /// Compares part of the account. Returns `None` if the program stops.
    async fn compare(
        &mut self,
        shutdown: &CancellationToken,
    ) -> Option<Result<(), ReconcileError>> {
        let worker = self.worker;
        // Made from the account's state at the beginning: what a first walk found may have yet to reach the rows when
        // the walk ends, and is no drift.
        let mut session = match worker.session(&self.held, self.speed).await {
            Ok(session) => session,
            Err(error) => return Some(Err(error)),
        };
        session.failures = self.reached.progress.failures;
        session.found.put_back(self.unwritten);
        let Reached { progress, walked, complete, .. } = &mut self.reached;
        let part = async {
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
        let part = worker.while_held(&self.held, &session, part);
        let compared = Box::pin(shutdown.run_until_cancelled(part)).await;
        self.unwritten = session.found.take();
        compared
    }

    /// Saves the progress and what was found, holds the account for `lease` from now, and updates the totals.
    async fn write_down(&mut self, lease: Duration) -> Result<(), ReconcileError> {
        let progress = &mut self.reached.progress;
        if !self.worker.save(&self.held, progress, self.unwritten, lease).await? {
            return Err(ReconcileError::TakenOver);
        }
        self.unwritten = Tally::default();
        let mut transaction = self.worker.store.worker().await?;
        let now = store::reconciliations::get(&mut transaction, self.held.account).await?;
        store::commit(transaction).await?;
        if let Some(now) = now {
            let before = self.held.tally;
            self.reached.found = Tally {
                brought_in: now.tally.brought_in - before.brought_in,
                drift_found: now.tally.drift_found - before.drift_found,
                drift_repaired: now.tally.drift_repaired - before.drift_repaired,
            };
            self.reached.unread = now.unread;
        }
        Ok(())
    }

    async fn let_go(&mut self) {
        self.worker.let_go(&self.held, &mut self.reached.progress, self.unwritten).await;
    }
}
