//! Reads the rest of a request that is answered before all of it was read. If the connection were closed instead, a
//! client that is still sending would get a connection error, and never see the answer.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::http::header;
use futures_util::StreamExt as _;
use hyper::body::{Body as HttpBody, Bytes, Frame, Incoming, SizeHint};
use tokio::runtime::Handle;
use tokio::time::timeout;

use super::heads::Head;

/// How many bytes of the rest are read: more than the longest request that any program takes.
const MOST: usize = 128 << 20;

/// How long the rest of a request may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Without a byte.
    pub(super) pause: Duration,
    /// Altogether.
    pub(super) total: Duration,
}

/// Has the rest of the request's body read if its handler lets go of the body before its end.
pub(super) fn reading_rest(request: Request<Incoming>, head: &Head, limits: Limits) -> Request {
    let awaits_consent = request.headers().contains_key(header::EXPECT);
    request.map(|body| {
        if body.is_end_stream() {
            Body::empty()
        } else {
            Body::new(Whole { body: Some(body), awaits_consent, head: head.clone(), limits })
        }
    })
}

/// A body that is read to its end, by whomever.
struct Whole {
    /// None once it has ended.
    body: Option<Incoming>,
    /// Whether the client waits for a first sign before it sends the body. Without one it sends nothing.
    awaits_consent: bool,
    head: Head,
    limits: Limits,
}

impl HttpBody for Whole {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        self.awaits_consent = false;
        let Some(body) = &mut self.body else { return Poll::Ready(None) };
        let frame = ready!(Pin::new(body).poll_frame(context));
        if !matches!(frame, Some(Ok(_))) {
            self.body = None;
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(|| SizeHint::with_exact(0), HttpBody::size_hint)
    }
}

impl Drop for Whole {
    fn drop(&mut self) {
        let Some(rest) = self.body.take() else { return };
        if rest.is_end_stream() || self.awaits_consent {
            return;
        }
        // There is no runtime if the program is just ending, and then nobody waits for the answer.
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(discard(rest, self.head.clone(), self.limits));
        }
    }
}

async fn discard(rest: Incoming, head: Head, limits: Limits) {
    let reading = async {
        let mut chunks = Body::new(rest).into_data_stream();
        let mut read = 0;
        // Once the answer has gone, the library tells the end of a body of known length only with the next request.
        while !chunks.is_end_stream()
            && read <= MOST
            && let Ok(Some(Ok(chunk))) = timeout(limits.pause, chunks.next()).await
        {
            read += chunk.len();
        }
    };
    // Then the client may get a connection error.
    let _ = timeout(limits.total, reading).await;
    // What came after the answer was not the next request's.
    head.is_awaited();
}
