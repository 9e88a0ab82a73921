//! Listening, serving until the shutdown, and the routes every program has.

use std::io;
use std::time::Duration;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::serve::ListenerExt;
use axum::{Json, Router};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

use crate::{Health, drain, metrics};

/// The address cannot be listened on.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {host}:{port}: {source}; choose another with HOST and PORT")]
pub struct ListenError {
    host: String,
    port: u16,
    source: io::Error,
}

/// Listens on an address; port 0 takes a free one.
pub async fn listen(host: &str, port: u16) -> Result<TcpListener, ListenError> {
    TcpListener::bind((host, port)).await.map_err(|source| ListenError {
        host: host.to_owned(),
        port,
        source,
    })
}

/// How long connections may stay open after the shutdown: requests end by themselves, half ones do not.
const LAST_REQUESTS: Duration = Duration::from_secs(10);

/// How long a client may take nothing of what is written to it. Its machine may say for ever that it has
/// no room yet; the body is not asked for more meanwhile, and so comes to no end and keeps its place.
const STALLED: Duration = Duration::from_mins(1);

/// Serves until the shutdown, then lets requests in hand end, for 10 s at most. A client that reads nothing
/// of its answer is given up after a minute.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    shutdown: CancellationToken,
) -> io::Result<()> {
    serve_readers(listener, router, shutdown, STALLED).await
}

async fn serve_readers(
    listener: TcpListener,
    router: Router,
    shutdown: CancellationToken,
    stalled: Duration,
) -> io::Result<()> {
    let listener = listener.tap_io(move |stream| prepare(stream, stalled));
    // Given a bare router, axum copies all its routes for every connection.
    let shared = router.into_make_service();
    let stopping = shutdown.clone().cancelled_owned();
    let serving = axum::serve(listener, shared).with_graceful_shutdown(stopping);
    drain(serving.into_future(), &shutdown, LAST_REQUESTS).await.unwrap_or_else(|| {
        tracing::warn!("connections that somebody keeps open are left");
        Ok(())
    })
}

fn prepare(stream: &TcpStream, stalled: Duration) {
    // A live event is one small write: waiting to fill a packet would only delay it.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection keeps waiting to fill packets");
    }
    if let Err(error) = give_up_after(stream, stalled) {
        tracing::debug!(%error, "a connection waits for its client without end");
    }
}

/// Linux counts the time in which the client answers and has no room like that in which it does not
/// answer at all.
#[cfg(target_os = "linux")]
fn give_up_after(stream: &TcpStream, stalled: Duration) -> io::Result<()> {
    let millis = u32::try_from(stalled.as_millis()).unwrap_or(u32::MAX);
    rustix::net::sockopt::set_tcp_user_timeout(stream, millis).map_err(io::Error::from)
}

#[cfg(not(target_os = "linux"))]
fn give_up_after(_: &TcpStream, _: Duration) -> io::Result<()> {
    Ok(())
}

/// `/live`, `/ready`, `/health` and `/metrics`.
///
/// `/live` says that the process runs. `/ready` is 503 while a part is down. `/health` tells the
/// state of every part, with the same status as `/ready`.
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
    (code(report.status), [(header::CACHE_CONTROL, "no-store")], Json(report)).into_response()
}

async fn exposition() -> Response {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], metrics::render()).into_response()
}

fn code(status: &str) -> StatusCode {
    if status == "down" { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use axum::body::Body;
    use futures_util::stream;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio_util::sync::DropGuard;

    use super::*;

    /// Counts how often it was copied.
    struct Copied(Arc<AtomicUsize>);

    impl Clone for Copied {
        fn clone(&self) -> Self {
            self.0.fetch_add(1, Ordering::SeqCst);
            Self(Arc::clone(&self.0))
        }
    }

    #[tokio::test]
    async fn a_connection_costs_no_copy_of_the_routes() {
        let copies = Arc::new(AtomicUsize::new(0));
        let counted = Copied(Arc::clone(&copies));
        let route = get(move || {
            std::hint::black_box(&counted);
            std::future::ready("")
        });
        let router = routes(&Health::default()).route("/copied", route);
        let listener = listen("127.0.0.1", 0).await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let serving = tokio::spawn(serve(listener, router, stop.clone()));
        let connect = async || {
            let mut stream = TcpStream::connect(address).await.unwrap();
            let request = b"GET /live HTTP/1.1\r\nhost: here\r\nconnection: close\r\n\r\n";
            stream.write_all(request).await.unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await.unwrap();
            assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        };
        connect().await;
        let before = copies.load(Ordering::SeqCst);
        for _ in 0..10 {
            connect().await;
        }
        assert_eq!(copies.load(Ordering::SeqCst), before);
        stop.cancel();
        serving.await.unwrap().unwrap();
    }

    /// Has no end, and holds something as long as it lives.
    fn endless(held: DropGuard) -> Body {
        static PIECE: [u8; 65_536] = [b'x'; 65_536];
        Body::from_stream(stream::unfold(held, async |held| {
            Some((Ok::<_, Infallible>(&PIECE[..]), held))
        }))
    }

    #[tokio::test]
    async fn who_reads_nothing_does_not_keep_what_the_answer_holds() {
        let given_up = CancellationToken::new();
        let held = given_up.clone();
        let route = get(move || std::future::ready(endless(held.clone().drop_guard())));
        let router = Router::new().route("/endless", route);
        let listener = listen("127.0.0.1", 0).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stalled) = (CancellationToken::new(), Duration::from_millis(100));
        let serving = tokio::spawn(serve_readers(listener, router, stop.clone(), stalled));
        let mut unread = TcpStream::connect(address).await.unwrap();
        unread.write_all(b"GET /endless HTTP/1.1\r\nhost: here\r\n\r\n").await.unwrap();
        let given_up = tokio::time::timeout(Duration::from_mins(1), given_up.cancelled()).await;
        given_up.expect("its answer is let go of");
        stop.cancel();
        serving.await.unwrap().unwrap();
        drop(unread);
    }

    #[tokio::test(start_paused = true)]
    async fn half_a_request_holds_up_no_end() {
        let listener = listen("127.0.0.1", 0).await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let serving = tokio::spawn(serve(listener, routes(&Health::default()), stop.clone()));
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"GET /live HTTP/1.1\r\nhost: here\r\n\r\nGET /li").await.unwrap();
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"HTTP/1.1 200", "what came with it has been read");
        stop.cancel();
        let ended = tokio::time::timeout(Duration::from_hours(1), serving).await;
        ended.expect("it ends").unwrap().unwrap();
    }
}
