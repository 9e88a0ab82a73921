//! The timeline live: server-sent events.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::Body;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use chrono::Utc;
use futures_util::stream;
use rand::RngExt as _;
use tokio::time::Instant;

use crate::App;
use crate::auth::{CallerKind, Principal};
use crate::capacity::Room;
use crate::error::ApiError;
use crate::live::{Filter, History, Resume, Session, Terms};

/// How long clients wait before they come back, in milliseconds. Spread, so that those who lost
/// their streams together do not come back together.
const RETRY: std::ops::RangeInclusive<u32> = 1_000..=3_000;
/// How long a stream goes on that was opened with an API key.
const LONGEST_WITH_KEY: Duration = Duration::from_mins(15);

/// Opens a stream for one client, after the event with the id `last`.
pub(super) fn open(
    app: &App,
    principal: &Principal,
    filter: Filter,
    last: Option<&str>,
) -> Result<Response, ApiError> {
    let room = app.streams.enter_as(principal).ok_or(ApiError::TooManyStreams)?;
    let terms = Terms {
        tenant: principal.tenant.clone(),
        filter,
        resume: Resume::from_last_event_id(last),
        heartbeat: app.heartbeat,
        retry: rand::rng().random_range(RETRY),
    };
    let (history, fan_out) = (app.history.clone(), app.fan_out.clone());
    let session = Session::begin(history, fan_out, terms, app.endings.join());
    let open = Open { session, end: end(principal), _counted: Counted::new(room) };
    let frames = stream::unfold(open, async |mut open| {
        let frame = open.next().await?;
        Some((Ok::<_, Infallible>(frame), open))
    });
    let headers = [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-store"),
        // Proxies must pass on each event at once.
        (header::HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    Ok((headers, Body::from_stream(frames)).into_response())
}

/// When a stream must end, for its client to authenticate again. `None` means never.
fn end(principal: &Principal) -> Option<Instant> {
    let left = principal.ends_at.map(|end| (end - Utc::now()).to_std().unwrap_or_default());
    let left = match principal.kind {
        // The key may have been revoked since.
        CallerKind::ApiKey => {
            Some(left.map_or(LONGEST_WITH_KEY, |left| left.min(LONGEST_WITH_KEY)))
        }
        CallerKind::Member => left,
    };
    left.and_then(|left| Instant::now().checked_add(left))
}

/// A stream that is open.
struct Open<H> {
    session: Session<H>,
    end: Option<Instant>,
    _counted: Counted,
}

impl<H: History> Open<H> {
    /// Returns the next frame to write, or `None` when the stream ends.
    async fn next(&mut self) -> Option<Bytes> {
        match self.end {
            // A timeout looks at the clock only if there is nothing to write, and a slow reader always leaves something.
            Some(end) if end <= Instant::now() => None,
            Some(end) => tokio::time::timeout_at(end, self.session.next()).await.ok()?,
            None => self.session.next().await,
        }
    }
}

/// The room of an open stream, counted in the metrics as long as it lives.
struct Counted {
    _room: Room,
}

impl Counted {
    fn new(room: Room) -> Self {
        metrics::gauge!("axis_api_streams").increment(1);
        Self { _room: room }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        metrics::gauge!("axis_api_streams").decrement(1);
    }
}

#[cfg(test)]
mod tests {
    use bus::{BusError, LiveMessage, Part};
    use domain::TenantId;
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::capacity::Capacity;
    use crate::live::{Endings, FanOut, Position};

    #[derive(Clone)]
    struct NoPast;

    impl History for NoPast {
        async fn read(
            &self,
            _: TenantId,
            after: Position,
            _: u64,
            _: bus::Most,
        ) -> Result<Part, BusError> {
            Err(BusError::Reset { after: after.sequence })
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_ends_with_its_token_though_its_reader_always_has_something_to_read() {
        const LEFT: Duration = Duration::from_mins(5);
        let tenant: TenantId = "acme".parse().unwrap();
        let fan_out = FanOut::default();
        fan_out.begin(&Position { epoch: "e".into(), sequence: 0 });
        let terms = Terms {
            tenant: tenant.clone(),
            filter: Filter::default(),
            resume: Resume::Now,
            heartbeat: LEFT * 2,
            retry: 1_000,
        };
        let endings = Endings::at(CancellationToken::new());
        let session = Session::begin(NoPast, fan_out.clone(), terms, endings.join());
        let room = Capacity::new(1).enter(&tenant).unwrap();
        let end = Some(Instant::now() + LEFT);
        let mut open = Open { session, end, _counted: Counted::new(room) };
        for passes in [Duration::ZERO, LEFT / 2] {
            tokio::time::advance(passes).await;
            fan_out.moment(&typing());
            assert!(open.next().await.is_some());
        }
        tokio::time::advance(LEFT / 2).await;
        assert_eq!(open.next().await, None, "it is one event behind");
    }

    fn typing() -> LiveMessage {
        LiveMessage { subject: "live.acme.typing".to_owned(), payload: "{}".into() }
    }
}
