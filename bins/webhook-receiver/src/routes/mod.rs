//! The addresses that Chatwoot posts to.
//!
//! | path | whose event is it |
//! |---|---|
//! | `POST /api/v1/webhooks/chatwoot/{source}` | the source's, by its key; the body's account must be its account |
//! | `POST /api/v1/webhooks/chatwoot` | the account's that the body names and whose secret made the signature |

mod body;
mod examine;
mod hour;
mod refusal;
#[cfg(test)]
mod tests;
mod told;
mod webhooks;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::post;
use tokio::sync::Semaphore;

use self::body::Bodies;
use crate::config::{AcknowledgeAfter, Config};
use crate::journal::Journal;
use crate::metrics::Metrics;
use crate::sources::Sources;

pub(crate) use refusal::Reason;
use told::Refused;
pub(crate) use told::run as tell_refused;

/// How many bytes the bodies in hand may hold. Beyond that, senders are asked to try again.
const BODIES: usize = 256 * 1024 * 1024;

/// How many further bytes are reserved for small bodies, which are most. Large ones cannot use these up.
const SMALL_BODIES: usize = 16 * 1024 * 1024;

/// How many of the bytes the bodies for the address that anybody can guess may hold.
const GUESSED: usize = BODIES / 8;

/// How many long bodies are examined at once. One that is not UTF-8 takes several times its length meanwhile, and its
/// sender need not be known.
const EXAMINED: usize = 4;

/// The state that the handlers share.
#[derive(Debug)]
pub(crate) struct Intake {
    pub(crate) sources: Arc<Sources>,
    pub(crate) journal: Arc<Journal>,
    /// What is left of [`BODIES`] and [`SMALL_BODIES`], and of [`GUESSED`].
    bodies: Arc<Bodies>,
    guessed: Arc<Semaphore>,
    examining: Arc<Semaphore>,
    /// The only one for the address that anybody can guess.
    examining_guessed: Arc<Semaphore>,
    max_body_bytes: usize,
    read_timeout: Duration,
    tolerance: Duration,
    acknowledge_after: AcknowledgeAfter,
    metrics: Metrics,
    pub(crate) refused: Refused,
}

impl Intake {
    pub(crate) fn of(sources: Arc<Sources>, journal: Arc<Journal>, config: &Config) -> Self {
        Self {
            sources,
            journal,
            bodies: Arc::new(Bodies::new(BODIES, SMALL_BODIES)),
            guessed: Arc::new(Semaphore::new(GUESSED)),
            examining: Arc::new(Semaphore::new(EXAMINED)),
            examining_guessed: Arc::new(Semaphore::new(1)),
            max_body_bytes: config.max_body_bytes,
            read_timeout: Duration::from_secs(config.read_seconds),
            tolerance: Duration::from_secs(config.tolerance_seconds),
            acknowledge_after: config.acknowledge_after,
            metrics: Metrics::register(),
            refused: Refused::default(),
        }
    }
}

/// The webhook routes.
pub(crate) fn router(intake: Arc<Intake>) -> Router {
    Router::new()
        .route("/api/v1/webhooks/chatwoot", post(webhooks::by_body))
        .route("/api/v1/webhooks/chatwoot/{source}", post(webhooks::by_source))
        .with_state(intake)
}
