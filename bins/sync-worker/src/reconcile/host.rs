//! A Chatwoot host, which all of its accounts share here: requests go one after the other, and none while it asks us to
//! slow down. A request that is refused for that keeps its place and is sent again. If its work began anew each time,
//! work that needs more requests than the host answers in a row would never end.

use std::ops::Deref;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chatwoot::CallError;
use service::Pace;
use service::retry::Policy;
use tokio::time::{Instant, sleep_until, timeout};

/// A request that is refused for this long fails. Most limits are by the minute, a few by the hour.
const LONGEST: Duration = Duration::from_mins(70);

/// A host, and the sessions that use it.
pub(super) struct Host {
    name: String,
    pace: tokio::sync::Mutex<Pace>,
    pause: Mutex<Pause>,
    guests: AtomicUsize,
    /// How many of the guests have been at it for long.
    long: AtomicUsize,
}

#[derive(Debug, Default)]
struct Pause {
    /// When the last pause began, and when it ends or ended.
    last: Option<(Instant, Instant)>,
    /// How many pauses there were since the host last answered.
    in_a_row: u32,
}

impl Host {
    pub(super) fn new(name: &str, per_second: u32) -> Self {
        Self {
            name: name.to_owned(),
            pace: tokio::sync::Mutex::new(Pace::new(per_second)),
            pause: Mutex::default(),
            guests: AtomicUsize::new(0),
            long: AtomicUsize::new(0),
        }
    }

    /// Sends a request when it is its turn and `ready` has completed. Sends it again for as long as the answer is to
    /// slow down, but not for longer than [`LONGEST`].
    pub(super) async fn ask<T, R, Q>(
        &self,
        ready: impl Fn() -> R,
        question: impl Fn() -> Q,
    ) -> Result<T, CallError>
    where
        R: Future<Output = ()>,
        Q: Future<Output = Result<T, CallError>>,
    {
        let began = Instant::now();
        loop {
            let asked_at = self.turn(ready()).await;
            let answer = question().await;
            let Err(CallError::RateLimited { retry_after }) = &answer else {
                self.answered(asked_at);
                return answer;
            };
            self.slow_down(*retry_after, asked_at);
            if began.elapsed() >= LONGEST {
                return answer;
            }
        }
    }

    /// How long the present pause still lasts. Returns `None` if there is none.
    pub(super) fn pause(&self) -> Option<Duration> {
        let (_, until) = self.known().last?;
        let left = until.saturating_duration_since(Instant::now());
        (!left.is_zero()).then_some(left)
    }

    /// How many guests yield their place to others: all of them during a pause, or else those that have been at it for
    /// long.
    pub(super) fn yielding(&self) -> usize {
        let yielding = if self.pause().is_some() { &self.guests } else { &self.long };
        yielding.load(Ordering::Relaxed)
    }

    /// Waits for a request's turn, in the order of arrival. Returns the time at which it may be sent.
    async fn turn(&self, ready: impl Future<Output = ()>) -> Instant {
        let mut pace = self.pace.lock().await;
        pace.turn().await;
        ready.await;
        while let Some(left) = self.pause() {
            sleep_until(Instant::now() + left).await;
        }
        Instant::now()
    }

    /// Begins a pause, unless the refused request was already under way when the last pause began.
    fn slow_down(&self, asked: Option<Duration>, asked_at: Instant) {
        let mut pause = self.known();
        if pause.last.is_some_and(|(since, _)| asked_at <= since) {
            return;
        }
        pause.in_a_row = pause.in_a_row.saturating_add(1);
        let now = Instant::now();
        pause.last = Some((now, now + Policy::FAR.delay_asked(pause.in_a_row, asked)));
        metrics::counter!("axis_reconcile_pauses_total").increment(1);
        if pause.in_a_row == 1 {
            let host = self.name.as_str();
            tracing::warn!(host, "Chatwoot asks to slow down; comparing pauses for a while");
        }
    }

    fn answered(&self, asked_at: Instant) {
        let mut pause = self.known();
        if pause.last.is_some_and(|(since, _)| asked_at > since) {
            pause.in_a_row = 0;
        }
    }

    fn known(&self) -> MutexGuard<'_, Pause> {
        self.pause.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A session that uses a host. It no longer counts once this is dropped.
pub(super) struct Guest {
    host: Arc<Host>,
    long: AtomicBool,
}

impl Guest {
    pub(super) fn of(host: &Arc<Host>) -> Self {
        host.guests.fetch_add(1, Ordering::Relaxed);
        Self { host: Arc::clone(host), long: AtomicBool::new(false) }
    }

    /// Does some work. If it takes longer than `long`, this guest yields its place to others from then on.
    pub(super) async fn yielding_after<W: Future>(&self, long: Duration, work: W) -> W::Output {
        let mut work = pin!(work);
        if let Ok(done) = timeout(long, work.as_mut()).await {
            return done;
        }
        if !self.long.swap(true, Ordering::Relaxed) {
            self.host.long.fetch_add(1, Ordering::Relaxed);
        }
        work.await
    }
}

impl Deref for Guest {
    type Target = Host;

    fn deref(&self) -> &Host {
        &self.host
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        self.host.guests.fetch_sub(1, Ordering::Relaxed);
        if *self.long.get_mut() {
            self.host.long.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers some questions by their numbers, and refuses the others.
    struct Chatwoot {
        asked: AtomicUsize,
        answers: fn(usize) -> bool,
        retry_after: Option<Duration>,
    }

    impl Chatwoot {
        fn answering(answers: fn(usize) -> bool) -> Self {
            Self { asked: AtomicUsize::new(0), answers, retry_after: None }
        }

        /// The number of the question that it answered.
        async fn answer(&self) -> Result<usize, CallError> {
            let number = self.asked.fetch_add(1, Ordering::Relaxed);
            // Questions are under way at the same time.
            tokio::time::sleep(Duration::from_millis(100)).await;
            if (self.answers)(number) {
                return Ok(number);
            }
            Err(CallError::RateLimited { retry_after: self.retry_after })
        }

        async fn asked_of(&self, host: &Host) -> Result<usize, CallError> {
            host.ask(|| std::future::ready(()), || self.answer()).await
        }

        fn asked(&self) -> usize {
            self.asked.load(Ordering::Relaxed)
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_refused_question_is_asked_again_when_it_was_told_to() {
        let host = Host::new("chatwoot.test:443", 1_000);
        let wish = Duration::from_secs(42);
        let chatwoot =
            Chatwoot { retry_after: Some(wish), ..Chatwoot::answering(|number| number == 1) };
        let began = Instant::now();
        assert_eq!(chatwoot.asked_of(&host).await.unwrap(), 1);
        let waited = began.elapsed();
        assert!((wish..wish * 2).contains(&waited), "{waited:?}");
        assert_eq!(host.pause(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn one_storm_is_one_pause_and_who_comes_later_waits_behind_it() {
        let host = Arc::new(Host::new("chatwoot.test:443", 1_000));
        let chatwoot = Chatwoot::answering(|number| number >= 3);
        let guests = [(); 4].map(|()| Guest::of(&host));
        assert_eq!(host.yielding(), 0, "they are at work");
        let three = async {
            tokio::join!(
                chatwoot.asked_of(&guests[0]),
                chatwoot.asked_of(&guests[1]),
                chatwoot.asked_of(&guests[2])
            )
        };
        let late = async {
            while host.pause().is_none() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            assert_eq!((host.yielding(), chatwoot.asked()), (4, 3));
            chatwoot.asked_of(&guests[3]).await
        };
        let ((first, second, third), fourth) = tokio::join!(three, late);
        let mut numbers = [first, second, third, fourth].map(Result::unwrap);
        numbers.sort_unstable();
        assert_eq!(numbers, [3, 4, 5, 6], "each was asked once more, and no more often");
        assert_eq!(host.known().in_a_row, 0);
        drop(guests);
        assert_eq!(host.guests.load(Ordering::Relaxed), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_at_it_for_long_leaves_its_place_to_others_and_counts_once() {
        let host = Arc::new(Host::new("chatwoot.test:443", 1_000));
        let guests = [(); 2].map(|()| Guest::of(&host));
        let long = Duration::from_secs(20);
        guests[0].yielding_after(long, tokio::time::sleep(long / 2)).await;
        assert_eq!(host.yielding(), 0);
        for _ in 0..2 {
            guests[0].yielding_after(long, tokio::time::sleep(long * 2)).await;
            assert_eq!(host.yielding(), 1);
        }
        host.slow_down(None, Instant::now());
        assert_eq!(host.yielding(), 2, "both can only wait");
        drop(guests);
        assert_eq!(host.long.load(Ordering::Relaxed), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_host_that_refuses_everything_is_asked_ever_less_and_given_up_in_the_end() {
        let host = Host::new("chatwoot.test:443", 1_000);
        let chatwoot = Chatwoot::answering(|_| false);
        let began = Instant::now();
        let refused = chatwoot.asked_of(&host).await;
        assert!(matches!(refused, Err(CallError::RateLimited { .. })));
        assert!(began.elapsed() >= LONGEST);
        let asked = chatwoot.asked();
        assert!((12..=40).contains(&asked), "{asked}");
    }
}
