//! The first signal stops intake, after a while if the program has to leave a balancer. A further signal, or the
//! deadline, ends the program.

use std::future::Future;
use std::task::Poll;
use std::time::Duration;

use futures_util::stream::{Stream, StreamExt as _, poll_fn};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::{Health, Leaving};

/// A signal that stops a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Signal {
    /// Sent by its supervisor.
    Terminate,
    /// Sent by somebody at the terminal.
    Interrupt,
}

impl Signal {
    fn name(self) -> &'static str {
        match self {
            Self::Terminate => "SIGTERM",
            Self::Interrupt => "SIGINT",
        }
    }
}

/// Stops the program at the first `SIGTERM` or `SIGINT`, and ends the process at the next one after that.
pub(crate) async fn on_signal(leaving: Leaving, health: Health, shutdown: CancellationToken) {
    let (Ok(mut terminate), Ok(mut interrupt)) =
        (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        tracing::warn!("cannot receive signals; stop the program with SIGKILL");
        return;
    };
    let signals = poll_fn(move |context| {
        if terminate.poll_recv(context).is_ready() {
            return Poll::Ready(Some(Signal::Terminate));
        }
        interrupt.poll_recv(context).map(|_| Some(Signal::Interrupt))
    });
    follow(signals, &leaving, &health, &shutdown).await;
    std::process::exit(130);
}

/// Leaves at the first signal if that is `SIGTERM`, then cancels the token, and returns at the next signal. A signal
/// while leaving ends that early.
async fn follow(
    mut signals: impl Stream<Item = Signal> + Unpin,
    leaving: &Leaving,
    health: &Health,
    shutdown: &CancellationToken,
) {
    let first = signals.next().await;
    if first == Some(Signal::Terminate) {
        leaving.run(health, signals.next()).await;
    }
    tracing::info!(signal = first.map(Signal::name), "stopping: finishing what is in hand");
    shutdown.cancel();
    let last = signals.next().await;
    tracing::warn!(signal = last.map(Signal::name), "stopping at once");
}

/// Runs `work`, but for at most `deadline` once the shutdown has begun. Returns `None` if it did not end in time.
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
    use futures_util::stream::{self, StreamExt as _};
    use tokio::time::Instant;

    use super::*;

    const LEAVES: Duration = Duration::from_secs(7);

    /// Follows these signals, which come at once. After how long the shutdown came, and whether the end did.
    async fn followed(signals: &[Signal], leaves: Duration) -> (Duration, bool) {
        let signals = stream::iter(signals.to_vec()).chain(stream::pending());
        let (health, shutdown) = (Health::default(), CancellationToken::new());
        let leaving = Leaving::lasting(leaves);
        let began = Instant::now();
        let ended = async {
            shutdown.cancelled().await;
            let after = began.elapsed();
            // All that came at once has been followed by then.
            tokio::time::sleep(Duration::from_secs(1)).await;
            (after, false)
        };
        tokio::select! {
            biased;
            () = follow(signals, &leaving, &health, &shutdown) => (began.elapsed(), true),
            ended = ended => ended,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_supervisors_signal_has_the_program_leave_first_and_a_second_one_ends_that() {
        use Signal::{Interrupt, Terminate};
        let none = Duration::ZERO;
        for (signals, leaves, expected) in [
            (&[Terminate][..], LEAVES, (LEAVES, false)),
            (&[Terminate], none, (none, false)),
            (&[Interrupt], LEAVES, (none, false)),
            (&[Interrupt, Interrupt], LEAVES, (none, true)),
            (&[Terminate, Terminate], LEAVES, (none, false)),
            (&[Terminate, Interrupt], LEAVES, (none, false)),
            (&[Terminate, Terminate, Terminate], LEAVES, (none, true)),
            (&[Terminate, Terminate], none, (none, true)),
        ] {
            assert_eq!(followed(signals, leaves).await, expected, "{signals:?} {leaves:?}");
        }
    }

    #[tokio::test]
    async fn work_that_does_not_drain_is_dropped_at_the_deadline() {
        let shutdown = CancellationToken::new();
        shutdown.cancel();
        let never = std::future::pending::<()>();
        assert_eq!(drain(never, &shutdown, Duration::from_millis(1)).await, None);
        assert_eq!(drain(async { 7 }, &shutdown, Duration::from_secs(9)).await, Some(7));
    }
}
