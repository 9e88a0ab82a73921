//! Listening, and the routes that every program has.

use std::io;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use tokio::net::TcpListener;

use crate::{Health, metrics};

/// The program cannot listen on an address.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {host}:{port}: {source}; choose another with HOST and PORT")]
pub struct ListenError {
    host: String,
    port: u16,
    source: io::Error,
}

impl ListenError {
    /// Whether somebody else listens on that address.
    pub fn is_taken(&self) -> bool {
        self.source.kind() == io::ErrorKind::AddrInUse
    }
}

/// Listens on an address. Port 0 means any free port.
pub async fn listen(host: &str, port: u16) -> Result<TcpListener, ListenError> {
    TcpListener::bind((host, port)).await.map_err(|source| ListenError {
        host: host.to_owned(),
        port,
        source,
    })
}

/// Makes the routes `/live`, `/ready`, `/health` and `/metrics`.
///
/// `/live` says that the process runs. `/ready` is 503 while a part is down. `/health` reports every part, with the
/// same HTTP status as `/ready`. Both may be a moment old.
pub fn routes(health: &Health) -> Router {
    Router::new()
        .route("/live", get(async || "live\n"))
        .route("/ready", get(ready))
        .route("/health", get(report))
        .route("/metrics", get(exposition))
        .with_state(health.clone())
}

async fn ready(State(health): State<Health>) -> Response {
    let status = health.report().await.status;
    (code(status), format!("{status}\n")).into_response()
}

async fn report(State(health): State<Health>) -> Response {
    let report = health.report().await;
    (code(report.status), [(header::CACHE_CONTROL, "no-store")], Json(&*report)).into_response()
}

async fn exposition() -> Response {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], metrics::render()).into_response()
}

fn code(status: &str) -> StatusCode {
    if status == "down" { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK }
}
