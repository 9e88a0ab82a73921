//! What works and what does not, part by part.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use serde::Serialize;

/// How a part is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "status", content = "detail", rename_all = "lowercase")]
pub enum Status {
    /// It works.
    Up,
    /// The program does its duty, but not as it should.
    Degraded(String),
    /// The program cannot do its duty.
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

/// The parts of a program and how each is asked for its state. Cheap to clone.
#[derive(Clone, Default)]
pub struct Health(Arc<RwLock<BTreeMap<&'static str, Check>>>);

/// The answer of `/health`.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    /// `up`, `degraded` or `down`: that of the worst part.
    pub status: &'static str,
    /// Part by part.
    pub checks: BTreeMap<&'static str, Status>,
}

/// A part that does not answer within this time is down.
const PATIENCE: Duration = Duration::from_secs(2);

impl Health {
    /// Registers a part; a second one of the same name replaces the first.
    pub fn check<F, S>(&self, name: &'static str, ask: F)
    where
        F: Fn() -> S + Send + Sync + 'static,
        S: Future<Output = Status> + Send + 'static,
    {
        let check: Check = Arc::new(move || Box::pin(ask()));
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(name, check);
    }

    pub(crate) async fn report(&self) -> Report {
        let checks = self.0.read().unwrap_or_else(PoisonError::into_inner).clone();
        let asked = checks.into_iter().map(async |(name, check)| {
            let answer = tokio::time::timeout(PATIENCE, check()).await;
            (name, answer.unwrap_or_else(|_| Status::Down("does not answer".to_owned())))
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
