//! Faults around every REST request.

use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use tokio::time::sleep;

use super::MAX_BODY;
use crate::faults::{After, Before, RequestKind};
use crate::server::Cutter;
use crate::sim::Sim;

/// How late this request's webhooks come.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EchoDelay(pub Duration);

pub(crate) async fn apply(State(sim): State<Sim>, mut request: Request, next: Next) -> Response {
    let kind = match (request.method(), request.uri().path()) {
        (&Method::GET, _) => RequestKind::Read,
        (&Method::POST, path) if path.ends_with("/messages") => RequestKind::MessageCreate,
        (&Method::POST, path) if path.ends_with("/webhooks") => RequestKind::WebhookCreate,
        (&Method::DELETE, _) => RequestKind::Delete,
        _ => RequestKind::OtherWrite,
    };
    let fate = sim.shared.faults.request(kind);
    let cutter = request.extensions().get::<ConnectInfo<Cutter>>().map(|info| info.0.clone());
    if fate.stalled {
        sim.shared.closing.run_until_cancelled(sim.shared.faults.answering()).await;
    }
    pause(&sim, fate.latency).await;
    match fate.before {
        None => {}
        Some(Before::RateLimited) => {
            return (StatusCode::TOO_MANY_REQUESTS, "Retry later\n").into_response();
        }
        Some(Before::Unavailable) => {
            let page = axum::response::Html("<h1>503 Service Unavailable</h1>");
            return (StatusCode::SERVICE_UNAVAILABLE, page).into_response();
        }
        Some(Before::TurnedAway) => return forbidden(),
        Some(Before::Cut) => return cut(cutter),
    }
    if !fate.echo_delay.is_zero() {
        request.extensions_mut().insert(EchoDelay(fate.echo_delay));
    }
    let answer = match fate.late {
        None => next.run(request).await,
        Some(late) => run_late(&sim, late, request, next).await,
    };
    if !answer.status().is_success() {
        return answer;
    }
    match sim.shared.faults.stored(kind) {
        None => answer,
        Some(After::Timeout(time)) => {
            pause(&sim, time).await;
            cut(cutter)
        }
        Some(After::Error) => {
            let body = json!({ "status": 500, "error": "Internal Server Error" });
            (StatusCode::INTERNAL_SERVER_ERROR, axum::Json(body)).into_response()
        }
        Some(After::KeptBack) => forbidden(),
        Some(After::Unprocessable) => {
            let body = json!({ "error": "Error connecting to Redis" });
            (StatusCode::UNPROCESSABLE_ENTITY, axum::Json(body)).into_response()
        }
        Some(After::Cut) => cut(cutter),
    }
}

/// Answers as a firewall does, and not as Chatwoot.
fn forbidden() -> Response {
    let page = axum::response::Html("<h1>403 Forbidden</h1>");
    (StatusCode::FORBIDDEN, page).into_response()
}

/// Runs the request after a while, in a task of its own: a caller who gives up does not end it.
/// What waits for all that is under way waits for this too.
async fn run_late(sim: &Sim, late: Duration, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    // Once the caller is gone there is nobody to read the body from.
    let Ok(body) = to_bytes(body, MAX_BODY).await else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let request = Request::from_parts(parts, Body::from(body));
    let sim = sim.clone();
    sim.shared.dispatch.begin();
    let work = tokio::spawn(async move {
        pause(&sim, late).await;
        let answer = next.run(request).await;
        sim.shared.dispatch.end();
        answer
    });
    work.await.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

/// Waits. Shutting down ends every pause.
async fn pause(sim: &Sim, time: Duration) {
    if !time.is_zero() {
        sim.shared.closing.run_until_cancelled(sleep(time)).await;
    }
}

/// Gives no answer at all or, if the connection is not ours to cut, one that breaks off.
fn cut(cutter: Option<Cutter>) -> Response {
    if let Some(cutter) = cutter {
        cutter.cut();
        return Response::default();
    }
    let broken = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
    let parts = futures_util::stream::once(std::future::ready(Err::<Vec<u8>, _>(broken)));
    Response::new(Body::from_stream(parts))
}
