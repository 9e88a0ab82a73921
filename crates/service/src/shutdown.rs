//! The first signal stops intake; a second one, or the deadline, ends the program.

use std::future::Future;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Cancels the token at the first `SIGTERM` or `SIGINT` and ends the process at the second.
pub(crate) async fn on_signal(shutdown: CancellationToken) {
    let (Ok(mut terminate), Ok(mut interrupt)) =
        (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        tracing::warn!("signals cannot be received; stop the program by SIGKILL");
        return;
    };
    let mut next = async || {
        tokio::select! {
            _ = terminate.recv() => "SIGTERM",
            _ = interrupt.recv() => "SIGINT",
        }
    };
    let first = next().await;
    tracing::info!(signal = first, "stopping: finishing what is in hand");
    shutdown.cancel();
    let second = next().await;
    tracing::warn!(signal = second, "stopping at once");
    std::process::exit(130);
}

/// Runs work; once the shutdown is wished for, for at most the deadline. `None`: it did not end.
pub async fn drain<T>(
    work: impl Future<Output = T>,
    shutdown: &CancellationToken,
    deadline: Duration,
) -> Option<T> {
    tokio::pin!(work);
    tokio::select! {
        done = &mut work => return Some(done),
        () = shutdown.cancelled() => {}
    }
    tokio::time::timeout(deadline, work).await.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_that_does_not_drain_is_dropped_at_the_deadline() {
        let shutdown = CancellationToken::new();
        shutdown.cancel();
        let never = std::future::pending::<()>();
        assert_eq!(drain(never, &shutdown, Duration::from_millis(1)).await, None);
        assert_eq!(drain(async { 7 }, &shutdown, Duration::from_secs(9)).await, Some(7));
    }
}
