//! What every request gets: an id, a trace, its share in the metrics, and a problem if it fails.

use std::time::Instant;

use axum::extract::{FromRequestParts, MatchedPath, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use events::TraceParent;
use tracing::Instrument as _;

use crate::error::ApiError;
use crate::problem::Problem;

const REQUEST_ID: &str = "x-request-id";
const REQUEST_ID_LENGTH: usize = 128;

/// The trace that a request is part of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Trace(pub(crate) TraceParent);

impl<S: Send + Sync> FromRequestParts<S> for Trace {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let known = parts.extensions.get().copied();
        Ok(known.unwrap_or_else(|| Self(TraceParent::generate())))
    }
}

/// The outermost layer.
pub(crate) async fn track(mut request: Request, next: Next) -> Response {
    let began = Instant::now();
    let trace = trace(request.headers());
    let request_id = request_id(request.headers());
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    // Not the path: it could be anything, and metrics keep every value for ever.
    let route = route.unwrap_or("none").to_owned();
    request.extensions_mut().insert(Trace(trace));
    let span = tracing::info_span!(
        "api.request",
        http.method = %method,
        http.route = route,
        trace.id = trace.trace_id(),
        request.id = request_id.to_str().unwrap_or_default(),
    );
    let mut response = next.run(request).instrument(span.clone()).await;
    if bare_failure(&response) {
        response = span.in_scope(|| name_failure(response));
    }
    let mut response = Problem::write(response, &trace.trace_id());
    let headers = response.headers_mut();
    headers.insert(REQUEST_ID, request_id);
    if let Ok(value) = HeaderValue::from_str(&trace.to_string()) {
        headers.insert(TraceParent::HEADER, value);
    }
    measure(&method, route, response.status(), began);
    span.in_scope(|| tracing::debug!(http.status = response.status().as_u16(), "answered"));
    response
}

fn trace(headers: &HeaderMap) -> TraceParent {
    let sent = headers.get(TraceParent::HEADER).and_then(|value| value.to_str().ok());
    let parent: Option<TraceParent> = sent.and_then(|text| text.parse().ok());
    parent.map_or_else(TraceParent::generate, |parent| parent.child())
}

/// Returns the caller's request id if it is fit for a log line, or else a new one.
fn request_id(headers: &HeaderMap) -> HeaderValue {
    let fit = |value: &&HeaderValue| {
        (1..=REQUEST_ID_LENGTH).contains(&value.len())
            && value.as_bytes().iter().all(u8::is_ascii_graphic)
    };
    headers.get(REQUEST_ID).filter(fit).cloned().unwrap_or_else(|| {
        HeaderValue::from_str(&uuid::Uuid::now_v7().to_string())
            .unwrap_or(HeaderValue::from_static("none"))
    })
}

/// Whether a layer answered a failure with nothing but a status.
fn bare_failure(response: &Response) -> bool {
    (response.status().is_client_error() || response.status().is_server_error())
        && response.extensions().get::<Problem>().is_none()
        && !response.headers().contains_key(header::CONTENT_TYPE)
}

fn name_failure(response: Response) -> Response {
    let error = match response.status() {
        StatusCode::PAYLOAD_TOO_LARGE => ApiError::TooLarge,
        StatusCode::SERVICE_UNAVAILABLE => ApiError::Timeout,
        StatusCode::METHOD_NOT_ALLOWED => ApiError::MethodNotAllowed,
        StatusCode::NOT_FOUND => ApiError::NoRoute,
        _ => return response,
    };
    let mut named = error.into_response();
    for (name, value) in response.headers() {
        if name != header::CONTENT_LENGTH && !named.headers().contains_key(name) {
            named.headers_mut().append(name, value.clone());
        }
    }
    named
}

fn measure(method: &Method, route: String, status: StatusCode, began: Instant) {
    let (method, status) = (known(method), status.as_str().to_owned());
    let labels = [("method", method.to_owned()), ("route", route), ("status", status)];
    metrics::counter!("axis_api_requests_total", &labels).increment(1);
    metrics::histogram!("axis_api_request_seconds", &labels).record(began.elapsed().as_secs_f64());
}

/// Names a method, if it is one that we use: a client may send any word as one, and metrics keep
/// every value for ever.
fn known(method: &Method) -> &'static str {
    const USED: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    USED.into_iter().find(|used| *used == method.as_str()).unwrap_or("other")
}

/// Answers a request whose handler panicked.
#[expect(clippy::needless_pass_by_value, reason = "the layer passes it by value")]
pub(crate) fn panicked(panic: Box<dyn std::any::Any + Send>) -> Response {
    let what = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no message");
    ApiError::internal(anyhow::anyhow!("a handler panicked: {what}")).into_response()
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::routing::get;
    use metrics_exporter_prometheus::PrometheusBuilder;
    use tower::ServiceExt as _;
    use tower_http::catch_panic::CatchPanicLayer;
    use tower_http::timeout::TimeoutLayer;

    use super::*;

    async fn asked(method: &str, path: &str) -> Response {
        let patience = std::time::Duration::ZERO;
        let router = Router::new()
            .route("/panic", get(async || -> &'static str { panic!("secret") }))
            .route("/slow", get(std::future::pending::<()>))
            .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, patience))
            .layer(CatchPanicLayer::custom(panicked))
            .layer(axum::middleware::from_fn(track));
        let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
        router.oneshot(request).await.unwrap()
    }

    async fn answer(path: &str) -> (StatusCode, serde_json::Value) {
        let answer = asked("GET", path).await;
        let status = answer.status();
        let body = axum::body::to_bytes(answer.into_body(), usize::MAX).await.unwrap();
        (status, serde_json::from_slice(&body).unwrap())
    }

    #[tokio::test]
    async fn a_panic_tells_nothing_of_the_inside() {
        let (status, problem) = answer("/panic").await;
        assert_eq!((status.as_u16(), &problem["code"]), (500, &"internal".into()));
        assert!(!problem.to_string().contains("secret"));
    }

    #[tokio::test]
    async fn what_takes_too_long_is_a_problem_too() {
        let (status, problem) = answer("/slow").await;
        assert_eq!((status.as_u16(), &problem["code"]), (503, &"timeout".into()));
    }

    #[tokio::test]
    async fn metrics_keep_no_method_that_somebody_made_up() {
        let recorder = PrometheusBuilder::new().build_recorder();
        let handle = recorder.handle();
        let _recording = metrics::set_default_local_recorder(&recorder);
        for method in ["GET", "MADE-UP", "ANOTHER", "get"] {
            asked(method, "/slow").await;
        }
        let kept = handle.render();
        assert!(kept.contains(r#"method="GET""#) && kept.contains(r#"method="other""#), "{kept}");
        let made_up = ["MADE-UP", "ANOTHER", "get"].map(|method| format!(r#"method="{method}""#));
        assert!(!made_up.iter().any(|method| kept.contains(method)), "{kept}");
    }
}
