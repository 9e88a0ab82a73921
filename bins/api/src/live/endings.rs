//! Ends live streams when the program stops: one after another, so that their clients do not all come back at once.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use rand::RngExt as _;
use tokio_util::sync::CancellationToken;

/// The longest time in which all streams end: half of what requests have after the shutdown.
const LONGEST: Duration = Duration::from_secs(5);
/// Each stream beyond the first adds this to the time in which all end.
const EACH: Duration = Duration::from_millis(5);

/// When streams end. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Endings {
    shutdown: CancellationToken,
    open: Arc<AtomicUsize>,
}

impl Endings {
    pub(crate) fn at(shutdown: CancellationToken) -> Self {
        Self { shutdown, open: Arc::default() }
    }

    /// Counts a stream until its `Ending` is dropped. The `Ending` completes when the stream should end.
    pub(crate) fn join(&self) -> Ending {
        self.open.fetch_add(1, Ordering::Relaxed);
        let endings = self.clone();
        let over = Box::pin(async move {
            endings.shutdown.cancelled().await;
            let share = rand::rng().random_range(0.0..=1.0);
            tokio::time::sleep(endings.spread().mul_f64(share)).await;
        });
        Ending { over, open: Arc::clone(&self.open) }
    }

    /// Waits until all streams have ended. Until then they are told what happens.
    pub(crate) async fn over(self) {
        self.shutdown.cancelled().await;
        tokio::time::sleep(self.spread()).await;
    }

    fn spread(&self) -> Duration {
        let further = self.open.load(Ordering::Relaxed).saturating_sub(1);
        LONGEST.min(EACH.saturating_mul(u32::try_from(further).unwrap_or(u32::MAX)))
    }
}

/// Completes when its stream should end; must not be polled after that.
pub(crate) struct Ending {
    over: Pin<Box<dyn Future<Output = ()> + Send>>,
    open: Arc<AtomicUsize>,
}

impl Future for Ending {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        self.over.as_mut().poll(context)
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        self.open.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use futures_util::future::join_all;
    use tokio::time::Instant;

    use super::*;

    /// After how long so many streams end, and after how long nobody is told anything any more.
    async fn ended(streams: usize) -> (Vec<Duration>, Duration) {
        let shutdown = CancellationToken::new();
        let endings = Endings::at(shutdown.clone());
        let open: Vec<_> = (0..streams).map(|_| endings.join()).collect();
        drop(endings.join());
        shutdown.cancel();
        let began = Instant::now();
        let each = open.into_iter().map(async |ending| {
            ending.await;
            began.elapsed()
        });
        let over = async {
            endings.over().await;
            began.elapsed()
        };
        tokio::join!(join_all(each), over)
    }

    #[tokio::test(start_paused = true)]
    async fn many_streams_end_one_after_the_other_and_a_single_one_at_once() {
        assert_eq!(ended(1).await, (vec![Duration::ZERO], Duration::ZERO));
        for (streams, longest) in [(11, EACH * 10), (5_000, LONGEST)] {
            let (each, over) = ended(streams).await;
            assert_eq!(over, longest);
            assert!(each.iter().all(|one| *one <= longest), "{streams}");
            let moments: BTreeSet<_> = each.iter().map(Duration::as_millis).collect();
            assert!(moments.len() > 5, "{streams}: {moments:?}");
        }
    }
}
