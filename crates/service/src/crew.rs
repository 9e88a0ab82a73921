//! Background tasks beside a program's main work. If one ends early, so does the program.

use std::collections::HashMap;
use std::future::Future;
use std::panic::resume_unwind;
use std::pin::pin;

use anyhow::{Context as _, anyhow};
use tokio::task::{Id, JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

/// The output of a background task.
pub trait Ending: Send + 'static {
    /// Turns the outcome into a result.
    fn into_result(self) -> anyhow::Result<()>;
}

impl Ending for () {
    fn into_result(self) -> anyhow::Result<()> {
        Ok(())
    }
}

/// The output of a task run with `run_until_cancelled`: `None` if it was cancelled.
impl Ending for Option<()> {
    fn into_result(self) -> anyhow::Result<()> {
        Ok(())
    }
}

impl Ending for anyhow::Result<()> {
    fn into_result(self) -> Self {
        self
    }
}

/// Named background tasks. Dropping the crew aborts them.
#[derive(Debug, Default)]
pub struct Crew {
    tasks: JoinSet<anyhow::Result<()>>,
    names: HashMap<Id, &'static str>,
    /// The first error of a task that ended after the shutdown.
    failed: Option<anyhow::Error>,
}

impl Crew {
    /// Starts a task.
    pub fn spawn<F>(&mut self, name: &'static str, task: F)
    where
        F: Future<Output: Ending> + Send + 'static,
    {
        let task = self.tasks.spawn(async move { task.await.into_result() });
        self.names.insert(task.id(), name);
    }

    /// Starts a task that is cancelled at the shutdown.
    pub fn spawn_until<F>(&mut self, shutdown: &CancellationToken, name: &'static str, task: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.spawn(name, shutdown.clone().run_until_cancelled_owned(task));
    }

    /// Does the main work. If a task ends before the shutdown, that is an error whatever the task returned: the
    /// shutdown is triggered at once, the work is finished, and the error is returned.
    pub async fn watch<T, E>(
        &mut self,
        work: impl Future<Output = Result<T, E>>,
        shutdown: &CancellationToken,
    ) -> anyhow::Result<T>
    where
        E: Into<anyhow::Error>,
    {
        let mut work = pin!(work);
        let untimely = tokio::select! {
            done = &mut work => return done.map_err(Into::into),
            untimely = self.untimely(shutdown) => untimely,
        };
        shutdown.cancel();
        // The task's end is the cause; what the work ends with now is secondary.
        let _ = work.await;
        Err(untimely)
    }

    /// Waits until all tasks have ended. Returns the first error, if there was one.
    pub async fn finish(mut self) -> anyhow::Result<()> {
        while let Some((_, ended)) = self.next().await {
            self.note(ended);
        }
        self.failed.map_or(Ok(()), Err)
    }

    /// Waits until a task ends before the shutdown.
    async fn untimely(&mut self, shutdown: &CancellationToken) -> anyhow::Error {
        loop {
            let Some((name, ended)) = self.next().await else {
                return std::future::pending().await;
            };
            if !shutdown.is_cancelled() {
                return match ended {
                    Ok(()) => anyhow!("{name} ended by itself"),
                    Err(error) => error,
                };
            }
            self.note(ended);
        }
    }

    fn note(&mut self, ended: anyhow::Result<()>) {
        if let Err(error) = ended {
            self.failed.get_or_insert(error);
        }
    }

    /// Waits for the next task to end. Returns its name and result.
    async fn next(&mut self) -> Option<(&'static str, anyhow::Result<()>)> {
        let (id, ended) = match self.tasks.join_next_with_id().await? {
            Ok((id, ended)) => (id, ended),
            Err(panicked) => (panicked.id(), Err(panicked.into())),
        };
        let name = self.names.remove(&id).unwrap_or_default();
        Some((name, ended.context(name)))
    }
}

/// Waits for a task and returns its output. Panics if the task panicked. Never returns if it was cancelled, as all are
/// when the runtime shuts down.
pub async fn joined<T>(task: impl Future<Output = Result<T, JoinError>>) -> T {
    match task.await {
        Ok(outcome) => outcome,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            Err(_cancelled) => std::future::pending().await,
        },
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures_util::FutureExt as _;
    use tokio::time::timeout;

    use super::*;

    /// Work that ends at the shutdown.
    async fn work(shutdown: &CancellationToken) -> anyhow::Result<()> {
        shutdown.cancelled().await;
        Ok(())
    }

    async fn soon<T>(task: impl Future<Output = T>) -> T {
        timeout(Duration::from_mins(1), task).await.unwrap()
    }

    #[tokio::test]
    async fn a_task_that_ends_before_the_shutdown_ends_the_program() {
        type Spawn = fn(&mut Crew);
        let cases: [(Spawn, &str); 3] = [
            (|crew| crew.spawn("the relay", async {}), "the relay ended by itself"),
            (
                |crew| crew.spawn("the relay", async { Err::<(), _>(anyhow!("no bus")) }),
                "the relay: no bus",
            ),
            (|crew| crew.spawn("the relay", async { assert_eq!(1, 2) }), "the relay: task"),
        ];
        for (spawn, expected) in cases {
            let (mut crew, shutdown) = (Crew::default(), CancellationToken::new());
            crew.spawn("another", shutdown.clone().cancelled_owned());
            spawn(&mut crew);
            let error = soon(crew.watch(work(&shutdown), &shutdown)).await.unwrap_err();
            assert!(format!("{error:#}").starts_with(expected), "{error:#}");
            assert!(shutdown.is_cancelled(), "the others are to end too");
            soon(crew.finish()).await.unwrap();
        }
    }

    #[tokio::test]
    async fn what_goes_wrong_after_the_shutdown_is_told_at_the_end() {
        let (mut crew, shutdown) = (Crew::default(), CancellationToken::new());
        for failing in [false, true] {
            let shutdown = shutdown.clone();
            crew.spawn("a task", async move {
                shutdown.cancelled().await;
                if failing { Err(anyhow!("too late")) } else { Ok(()) }
            });
        }
        let end = async {
            shutdown.cancel();
            anyhow::Ok(7)
        };
        assert_eq!(soon(crew.watch(end, &shutdown)).await.unwrap(), 7);
        let error = soon(crew.finish()).await.unwrap_err();
        assert_eq!(format!("{error:#}"), "a task: too late");
    }

    #[tokio::test]
    async fn a_panic_of_a_task_is_that_of_who_asks_for_it() {
        assert_eq!(joined(tokio::spawn(async { 7 })).await, 7);
        let panicking = tokio::spawn(async { assert_eq!(1, 2) });
        let asking = tokio::spawn(joined(panicking));
        assert!(soon(asking).await.unwrap_err().is_panic());
        let cancelled = tokio::spawn(std::future::pending::<()>());
        cancelled.abort();
        let mut asking = Box::pin(joined(cancelled));
        tokio::task::yield_now().await;
        assert!((&mut asking).now_or_never().is_none());
    }
}
