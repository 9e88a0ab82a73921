//! Waiting for what must become true.

use std::future::Future;
use std::time::Duration;

use tokio::time::{Instant, sleep};

/// After this long, what should hold never will.
const PATIENCE: Duration = Duration::from_mins(1);
/// One question counts for no more: this process, or its machine, may have been asleep meanwhile.
const LONGEST: Duration = Duration::from_secs(10);

/// Asks until the answer is yes; panics with `what` when it stays no.
pub async fn eventually<F>(what: &str, mut holds: impl FnMut() -> F)
where
    F: Future<Output = bool>,
{
    eventually_some(what, || {
        let answer = holds();
        async move { answer.await.then_some(()) }
    })
    .await;
}

/// Asks until there is an answer; panics with `what` when none comes.
pub async fn eventually_some<T, F>(what: &str, mut ask: impl FnMut() -> F) -> T
where
    F: Future<Output = Option<T>>,
{
    let mut waited = Duration::ZERO;
    loop {
        let asked = Instant::now();
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(waited < PATIENCE, "waited {PATIENCE:?} in vain: {what}");
        sleep(Duration::from_millis(20)).await;
        waited += asked.elapsed().min(LONGEST);
    }
}
