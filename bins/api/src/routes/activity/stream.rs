//! The timeline live: server-sent events.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::Body;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use bus::Bus;
use bytes::Bytes;
use chrono::Utc;
use futures_util::stream;
use rand::RngExt as _;
use tokio::time::Instant;

use crate::App;
use crate::auth::{CallerKind, Principal};
use crate::capacity::Room;
use crate::error::ApiError;
use crate::live::{Filter, InTurn, Resume, Session, Terms};

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
struct Open {
    session: Session<InTurn<Bus>>,
    end: Option<Instant>,
    _counted: Counted,
}

impl Open {
    /// Returns the next frame to write, or `None` when the stream ends.
    async fn next(&mut self) -> Option<Bytes> {
        match self.end {
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
