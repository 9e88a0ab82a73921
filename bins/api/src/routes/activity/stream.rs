//! The timeline live: server-sent events.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::Body;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use domain::TenantId;
use futures_util::stream;
use rand::RngExt as _;
use tokio::sync::OwnedSemaphorePermit;

use crate::App;
use crate::error::ApiError;
use crate::live::{Filter, Resume, Session, Terms};

/// What clients wait before they come back, in milliseconds: spread, so that those who lost their
/// stream together do not come back together.
const RETRY: std::ops::RangeInclusive<u32> = 1_000..=3_000;

/// Opens a stream for one client, after the event with the id `last`.
pub(super) fn open(
    app: &App,
    tenant: TenantId,
    filter: Filter,
    last: Option<&str>,
) -> Result<Response, ApiError> {
    let permit =
        Arc::clone(&app.streams).try_acquire_owned().map_err(|_| ApiError::TooManyStreams)?;
    let terms = Terms {
        tenant,
        filter,
        resume: Resume::from_last_event_id(last),
        heartbeat: app.heartbeat,
        retry: rand::rng().random_range(RETRY),
    };
    let (history, shutdown) = (app.bus.clone(), app.shutdown.clone());
    let session = Session::begin(history, app.fan_out.clone(), terms, shutdown);
    let frames = stream::unfold((session, Open::count(permit)), async |(mut session, open)| {
        session.next().await.map(|frame| (Ok::<_, Infallible>(frame), (session, open)))
    });
    let headers = [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-store"),
        // Proxies shall hand on each event at once.
        (header::HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    Ok((headers, Body::from_stream(frames)).into_response())
}

/// A stream that is open, as long as it lives.
struct Open {
    _permit: OwnedSemaphorePermit,
}

impl Open {
    fn count(permit: OwnedSemaphorePermit) -> Self {
        metrics::gauge!("axis_api_streams").increment(1);
        Self { _permit: permit }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        metrics::gauge!("axis_api_streams").decrement(1);
    }
}
