//! A walk started by an operator: at once, and as fast as they ask.

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
        if let Err(error) = worker.session(&held, speed).await
            && !error.may_pass()
        {
            // It may be wrong with this program's settings alone: the workers' turns do not wait for it.
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
    /// It failed, and may be tried again so much later.
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
    /// What was found and not yet written down.
    unwritten: Tally,
}

impl<'a> Run<'a> {
    fn of(worker: &'a Reconciler, held: Reconciliation, speed: Speed, way: Way) -> Self {
        let mut progress = held.progress.clone();
        if way == Way::Anew {
            progress.walk.begin(progress.walk.due_at);
        }
        let (found, walked) = (Tally::default(), way == Way::Lately);
        let reached = Reached { progress, found, walked, complete: false };
        Self { worker, held, speed, reached, unwritten: Tally::default() }
    }

    /// Goes on by one step, and writes down how far it is. Fails if that cannot be written for good, or somebody else
    /// holds the account.
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
        match self.write_down().await {
            Ok(()) => {}
            Err(error) if error.may_pass() => {
                self.reached.complete = false;
                if matches!(step, Step::Done) {
                    // That steps succeed meanwhile is no end of it.
                    self.reached.progress.failures = failures;
                    let wait = put_off(&self.held, &mut self.reached.progress, &error);
                    step = Step::PutOff(wait);
                }
            }
            Err(error) => return Err(error),
        }
        Ok(step)
    }

    /// Compares some of it. Returns `None` if the program stops.
    async fn compare(
        &mut self,
        shutdown: &CancellationToken,
    ) -> Option<Result<(), ReconcileError>> {
        let worker = self.worker;
        // What a first walk found may be on its way to the rows when it ends: no drift.
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

    /// Writes down how far it is and what was found, and counts that.
    async fn write_down(&mut self) -> Result<(), ReconcileError> {
        let progress = &mut self.reached.progress;
        if !self.worker.save(&self.held, progress, self.unwritten, HOLD).await? {
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
        }
        Ok(())
    }

    async fn let_go(&mut self) {
        self.worker.let_go(&self.held, &mut self.reached.progress, self.unwritten).await;
    }
}
