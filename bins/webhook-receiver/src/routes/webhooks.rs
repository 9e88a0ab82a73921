//! `POST /api/v1/webhooks/chatwoot` and `POST /api/v1/webhooks/chatwoot/{source}`.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use chrono::Utc;
use domain::{AccountKey, EventId};
use events::{Inbound, TraceParent};
use serde::Serialize;
use tokio::sync::{Semaphore, oneshot};
use tokio::time::Instant;

use super::Intake;
use super::body::{self, Budget};
use super::examine::{Arrived, Claim, sent_trace};
use super::refusal::Refusal;
use crate::config::AcknowledgeAfter;
use crate::sources::Snapshot;

/// The longest body that is checked inline, in bytes, times the secrets that it may have to be compared with. Checking
/// a longer one would hold up other requests.
const INLINE: usize = 512 * 1024;
/// How long a response waits for the journal and the stream, out of the 5 s that Chatwoot waits for it.
const STREAM_DEADLINE: Duration = Duration::from_secs(3);

/// The response once the event is durable.
#[derive(Debug, Serialize)]
struct Accepted {
    id: EventId,
}

pub(super) async fn by_source(
    State(intake): State<Arc<Intake>>,
    Path(source): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let claim = |snapshot: Arc<Snapshot>| {
        let account: AccountKey = source.parse().map_err(|_| Refusal::UnknownSource)?;
        snapshot.by_key(account).cloned().map(Claim::Source).ok_or(Refusal::UnknownSource)
    };
    intake.answer(claim, headers, body).await
}

pub(super) async fn by_body(
    State(intake): State<Arc<Intake>>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    intake.answer(|snapshot| Ok(Claim::Body(snapshot)), headers, body).await
}

impl Intake {
    async fn answer(
        &self,
        claim: impl FnOnce(Arc<Snapshot>) -> Result<Claim, Refusal>,
        headers: HeaderMap,
        body: Body,
    ) -> Response {
        let started = Instant::now();
        let sent = sent_trace(&headers);
        let claim = self.sources.present().ok_or(Refusal::SourcesUnknown).and_then(claim);
        let claimed = claim.as_ref().ok().and_then(Claim::account);
        let read = match claim {
            Ok(claim) => self.read(claim, headers, sent, body).await,
            Err(refusal) => Err(refusal),
        };
        let (source, trace, kept) = match read {
            Ok((inbound, body)) => {
                (Some(inbound.account), Some(inbound.trace), self.keep(inbound, body).await)
            }
            Err(refusal) => (claimed, sent, Err(refusal)),
        };
        let trace_id = || trace.map(|trace| trace.trace_id());
        match kept {
            Ok(id) => {
                self.metrics.accepted(started.elapsed());
                tracing::debug!(trace.id = trace_id(), event.id = %id, "accepted a webhook");
                Json(Accepted { id }).into_response()
            }
            Err(refusal) => {
                let reason = refusal.reason();
                self.metrics.refused(reason, source.is_some());
                self.refused.note(source, &refusal);
                tracing::debug!(
                    trace.id = trace_id(),
                    webhook.reason = reason.as_str(),
                    "refused a webhook: {refusal}"
                );
                refusal.into_response()
            }
        }
    }

    /// Reads and checks the event.
    async fn read(
        &self,
        claim: Claim,
        headers: HeaderMap,
        sent: Option<TraceParent>,
        body: Body,
    ) -> Result<(Inbound, Bytes), Refusal> {
        if !is_json(&headers) {
            return Err(Refusal::MediaType);
        }
        // If the headers cannot be those of a signed request, its body need not be read.
        claim.check_headers(&headers, Utc::now(), self.tolerance).map_err(Refusal::Signature)?;
        let (senders, examining) = match &claim {
            Claim::Source(source) => (&source.bodies, &self.examining),
            Claim::Body(_) => (&self.guessed, &self.examining_guessed),
        };
        let examining = Arc::clone(examining);
        let budget = Budget { all: Arc::clone(&self.bodies), senders: Arc::clone(senders) };
        let body = body::read(body, self.max_body_bytes, self.read_timeout, &budget).await?;
        let length = body.as_ref().len();
        let arrived = Arrived { headers, sent, body, at: Utc::now(), tolerance: self.tolerance };
        if length * claim.secrets().max(2) <= INLINE {
            return arrived.examine(&claim);
        }
        aside(examining, move || arrived.examine(&claim)).await
    }

    /// Makes the event durable. Returns its id.
    async fn keep(&self, inbound: Inbound, body: Bytes) -> Result<EventId, Refusal> {
        let id = inbound.id;
        match self.acknowledge_after {
            AcknowledgeAfter::Journal => {
                self.journal.append(inbound, body, None).await.map_err(Refusal::Journal)?;
            }
            AcknowledgeAfter::Stream => {
                let (waiter, published) = oneshot::channel();
                let until = Instant::now() + STREAM_DEADLINE;
                let append = self.journal.append(inbound, body, Some(waiter));
                append.await.map_err(Refusal::Journal)?;
                let in_time = tokio::time::timeout_at(until, published).await;
                in_time.ok().and_then(Result::ok).ok_or(Refusal::NotPublished)?;
            }
        }
        Ok(id)
    }
}

/// Runs `examine` on a thread of its own, when it is its turn. Fails with [`Refusal::Failed`] if it panicked.
async fn aside<T: Send + 'static>(
    turns: Arc<Semaphore>,
    examine: impl FnOnce() -> Result<T, Refusal> + Send + 'static,
) -> Result<T, Refusal> {
    let turn = turns.acquire_owned().await.map_err(|_| Refusal::Failed)?;
    let examined = tokio::task::spawn_blocking(move || {
        // Held until the end, even if the request is given up.
        let _turn = turn;
        examine()
    });
    examined.await.unwrap_or(Err(Refusal::Failed))
}

fn is_json(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_fault_of_ours_is_not_taken_for_a_crowd() {
        let turns = Arc::new(Semaphore::new(1));
        let panicked =
            aside::<()>(Arc::clone(&turns), || std::panic::resume_unwind(Box::new("a fault")));
        assert_eq!(panicked.await, Err(Refusal::Failed));
        assert_eq!(aside(Arc::clone(&turns), || Ok(7)).await, Ok(7), "the turn was given back");
        turns.close();
        assert_eq!(aside(turns, || Ok(7)).await, Err(Refusal::Failed));
    }
}
