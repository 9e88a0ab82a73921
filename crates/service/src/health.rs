//! The health of a program, part by part.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use serde::Serialize;
use tokio::sync::Mutex;
use tokio::time::{Instant, MissedTickBehavior};

/// The health of a part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "status", content = "detail", rename_all = "lowercase")]
pub enum Status {
    /// It works.
    Up,
    /// The program does its job, but not as it should.
    Degraded(String),
    /// The program cannot do its job.
    Down(String),
}

impl Status {
    /// Up, or degraded with a reason.
    pub fn up_or_degraded(up: bool, reason: &str) -> Self {
        if up { Self::Up } else { Self::Degraded(reason.to_owned()) }
    }

    fn severity(&self) -> u8 {
        match self {
            Self::Up => 0,
            Self::Degraded(_) => 1,
            Self::Down(_) => 2,
        }
    }
}

type Check = Arc<dyn Fn() -> Pin<Box<dyn Future<Output = Status> + Send>> + Send + Sync>;

/// The parts of a program and the check of each. Cheap to clone.
///
/// Anybody may ask for a program's health, as often as they like, and some checks ask remote servers. So one report
/// is made at a time, and given to everyone who asks meanwhile or within a moment after it.
#[derive(Clone, Default)]
pub struct Health(Arc<Inner>);

#[derive(Default)]
struct Inner {
    checks: RwLock<BTreeMap<&'static str, Check>>,
    /// How long a report may be reused.
    lasts: Duration,
    /// The last report. Whoever holds the lock makes the next one.
    last: Mutex<Option<Made>>,
}

struct Made {
    began: Instant,
    ended: Instant,
    report: Arc<Report>,
}

/// The response of `/health`.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    /// `up`, `degraded` or `down`: the status of the worst part.
    pub status: &'static str,
    /// Part by part.
    pub checks: BTreeMap<&'static str, Status>,
}

/// How often the parts are checked if nobody asks.
const LOOK: Duration = Duration::from_secs(15);
/// A part whose check does not answer within this time is down.
const PATIENCE: Duration = Duration::from_secs(2);

impl Health {
    /// Reuses a report for `lasts`. By default none is reused: everyone gets one begun after they asked.
    pub fn lasting(lasts: Duration) -> Self {
        Self(Arc::new(Inner { lasts, ..Inner::default() }))
    }

    /// Registers the check of a part. A second one with the same name replaces the first.
    pub fn check<F, S>(&self, name: &'static str, ask: F)
    where
        F: Fn() -> S + Send + Sync + 'static,
        S: Future<Output = Status> + Send + 'static,
    {
        let check: Check = Arc::new(move || Box::pin(ask()));
        self.0.checks.write().unwrap_or_else(PoisonError::into_inner).insert(name, check);
    }

    pub(crate) async fn report(&self) -> Arc<Report> {
        let asked = Instant::now();
        let mut last = self.0.last.lock().await;
        let parts = self.0.checks.read().unwrap_or_else(PoisonError::into_inner).len();
        // A report from before all parts were registered says nothing about the others.
        if let Some(made) = &*last
            && made.report.checks.len() == parts
            && (made.began >= asked || made.ended.elapsed() < self.0.lasts)
        {
            return Arc::clone(&made.report);
        }
        let began = Instant::now();
        let report = Arc::new(self.look().await);
        *last = Some(Made { began, ended: Instant::now(), report: Arc::clone(&report) });
        report
    }

    /// Makes a report from time to time, for ever, so that the metrics are current even if nobody asks.
    pub(crate) async fn watch(self) {
        let mut ticks = tokio::time::interval(LOOK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            self.report().await;
        }
    }

    async fn look(&self) -> Report {
        let checks = self.0.checks.read().unwrap_or_else(PoisonError::into_inner).clone();
        let asked = checks.into_iter().map(async |(name, check)| {
            let answer = tokio::time::timeout(PATIENCE, check()).await;
            let status = answer.unwrap_or_else(|_| Status::Down("does not answer".to_owned()));
            metrics::gauge!("axis_health", "part" => name).set(f64::from(status.severity()));
            (name, status)
        });
        let checks: BTreeMap<_, _> =
            futures_util::future::join_all(asked).await.into_iter().collect();
        let status = match checks.values().map(Status::severity).max() {
            None | Some(0) => "up",
            Some(1) => "degraded",
            Some(_) => "down",
        };
        Report { status, checks }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use futures_util::future::join_all;
    use metrics_exporter_prometheus::PrometheusBuilder;

    use super::*;

    /// Says how often it was asked, in its own time.
    fn counting(health: &Health) -> Arc<AtomicU32> {
        let count = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&count);
        health.check("part", move || {
            let number = counted.fetch_add(1, Ordering::Relaxed) + 1;
            async move {
                tokio::time::sleep(Duration::from_millis(300)).await;
                Status::Degraded(number.to_string())
            }
        });
        count
    }

    async fn told(health: &Health) -> Status {
        health.report().await.checks["part"].clone()
    }

    #[tokio::test(start_paused = true)]
    async fn strangers_who_ask_again_and_again_have_the_parts_asked_once_in_a_moment() {
        let health = Health::lasting(Duration::from_secs(1));
        let count = counting(&health);
        let first = Status::Degraded("1".to_owned());
        let all = join_all((0..50).map(|_| told(&health))).await;
        assert!(all.iter().all(|one| *one == first), "{all:?}");
        tokio::time::advance(Duration::from_millis(900)).await;
        assert_eq!(told(&health).await, first);
        tokio::time::advance(Duration::from_millis(100)).await;
        assert_eq!(told(&health).await, Status::Degraded("2".to_owned()));
        assert_eq!(count.load(Ordering::Relaxed), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_report_of_before_a_part_was_there_is_told_to_nobody_after_it() {
        let health = Health::lasting(Duration::from_secs(1));
        assert_eq!(health.report().await.status, "up");
        health.check("part", async || Status::Down("not there yet".to_owned()));
        assert_eq!(health.report().await.status, "down");
        health.check("stopping", async || Status::Down("it was told to stop".to_owned()));
        assert!(health.report().await.checks.contains_key("stopping"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_report_that_does_not_last_is_told_to_those_who_asked_before_it_alone() {
        let health = Health::default();
        counting(&health);
        let later = async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            join_all((0..50).map(|_| told(&health))).await
        };
        let (first, later) = tokio::join!(told(&health), later);
        assert_eq!(first, Status::Degraded("1".to_owned()));
        // The first was under way when they asked.
        assert!(later.iter().all(|one| *one == Status::Degraded("2".to_owned())), "{later:?}");
        assert_eq!(told(&health).await, Status::Degraded("3".to_owned()));
    }

    #[test]
    fn the_metrics_tell_of_each_part_though_nobody_asks() {
        let recorder = PrometheusBuilder::new().build_recorder();
        let told = recorder.handle();
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_time().start_paused(true).build().unwrap();
        let severity = Arc::new(AtomicU32::new(0));
        let health = Health::default();
        let asked = Arc::clone(&severity);
        health.check("part", move || {
            let status = match asked.load(Ordering::Relaxed) {
                0 => Status::Up,
                1 => Status::Degraded(String::new()),
                _ => Status::Down(String::new()),
            };
            async move { status }
        });
        metrics::with_local_recorder(&recorder, || {
            runtime.block_on(async {
                let mut watching = Box::pin(health.watch());
                for now in 0..3 {
                    severity.store(now, Ordering::Relaxed);
                    let longest = Duration::from_secs(20);
                    assert!(tokio::time::timeout(longest, &mut watching).await.is_err());
                    let line = format!("axis_health{{part=\"part\"}} {now}");
                    assert!(told.render().contains(&line), "{line}: {}", told.render());
                }
            });
        });
    }
}
