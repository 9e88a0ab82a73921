//! Patience with others who hold what a command wants to change.

use service::retry::Policy;

/// How often to try again.
const TRIES: u32 = 20;

/// Tries again what somebody else was in the way of, after a pause: those who waited behind it go first.
pub(crate) async fn retried<T>(work: impl AsyncFn() -> anyhow::Result<T>) -> anyhow::Result<T> {
    let mut tries = 0;
    loop {
        match work().await {
            Err(error) if tries < TRIES && is_conflict(&error) => tries += 1,
            done => return done,
        }
        tokio::time::sleep(Policy::NEAR.delay(tries)).await;
    }
}

fn is_conflict(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(store::Error::Conflict(_)))
}
