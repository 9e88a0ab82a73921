//! Waits for conditions that must come true.

use std::future::Future;
use std::time::Duration;

use tokio::time::{Instant, sleep};

/// How long to wait before giving up.
const PATIENCE: Duration = Duration::from_mins(1);
/// The most that one poll counts towards that: this process, or its machine, may have been asleep meanwhile.
const LONGEST: Duration = Duration::from_secs(10);

/// Polls until the condition holds. Panics with `what` if it does not within a minute.
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

/// Polls until there is an answer, and returns it. Panics with `what` if there is none within a minute.
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
