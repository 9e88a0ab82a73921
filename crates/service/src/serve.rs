//! Serving connections until the shutdown, each for its time and within its bounds.

use std::convert::Infallible;
use std::io;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::{HeaderValue, header};
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::{Leaving, drain};

mod first;
mod peers;
#[cfg(test)]
mod tests;

use first::First;
use peers::Peers;

/// How long connections may stay open after the shutdown: requests end by themselves, half ones do not.
const LAST_REQUESTS: Duration = Duration::from_secs(10);

/// How many connections are served at a time unless somebody says otherwise: 20,000 live streams, and what goes
/// on beside them.
pub(crate) const MOST_CONNECTIONS: u32 = 25_000;

/// Unread bytes that a connection may hold of a request: its line and headers, or a piece of its body. The sender may
/// be anybody.
const UNREAD: usize = 64 * 1024;

/// How long others may make a connection wait.
#[derive(Debug, Clone, Copy)]
struct Patience {
    /// How long a client may take nothing of what is written to it. Its machine may say for ever that it has
    /// no room yet; the body is not asked for more meanwhile, and so comes to no end and keeps its place.
    stalled: Duration,
    /// How long a connection may take to bring the headers of its first request. Whoever opens one has
    /// something to ask.
    first: Duration,
    /// How long a request's headers may be under way, and how long a connection may lie idle before the next one:
    /// the library counts both as one. Longer than the minute for which proxies keep theirs, or now and then
    /// a webhook would be sent on a connection that ends just then, and Chatwoot does not send it again.
    head: Duration,
}

const PATIENCE: Patience = Patience {
    stalled: Duration::from_mins(1),
    first: Duration::from_secs(10),
    head: Duration::from_secs(75),
};

/// Where connections come in, and how many are served at a time. Further ones wait to be accepted, and those of
/// an address that has its share of them are closed.
#[derive(Debug)]
pub struct Listener {
    tcp: TcpListener,
    places: Arc<Semaphore>,
    peers: Arc<Peers>,
    leaving: Leaving,
}

impl Listener {
    /// A listener that serves `connections` at a time.
    pub fn with_places(tcp: TcpListener, connections: u32) -> Self {
        let connections = usize::try_from(connections).unwrap_or(Semaphore::MAX_PERMITS);
        let peers = Arc::new(Peers::of(connections, &[]));
        let places = Arc::new(Semaphore::new(connections));
        Self { tcp, places, peers, leaving: Leaving::default() }
    }

    /// Lets these addresses have any number of the connections.
    #[must_use]
    pub fn trusting(self, proxies: &[IpAddr]) -> Self {
        let places = self.places.available_permits();
        Self { peers: Arc::new(Peers::of(places, proxies)), ..self }
    }

    /// Once the program is leaving, closes each connection after its next answer.
    #[must_use]
    pub fn until_left(self, leaving: Leaving) -> Self {
        Self { leaving, ..self }
    }
}

impl From<TcpListener> for Listener {
    fn from(tcp: TcpListener) -> Self {
        Self::with_places(tcp, MOST_CONNECTIONS)
    }
}

/// Serves until the shutdown, then lets requests in hand end, for 10 s at most. A client that reads nothing
/// of its answer is given up after a minute, one that sends no whole headers a little later, and one that sends none at first after 10 s.
pub async fn serve(
    listener: impl Into<Listener>,
    router: Router,
    shutdown: CancellationToken,
) -> io::Result<()> {
    serve_patiently(listener.into(), router, shutdown, PATIENCE).await
}

async fn serve_patiently(
    listener: Listener,
    router: Router,
    shutdown: CancellationToken,
    patience: Patience,
) -> io::Result<()> {
    let serving = Box::pin(accept_all(listener, router, &shutdown, patience));
    drain(serving, &shutdown, LAST_REQUESTS).await.unwrap_or_else(|| {
        tracing::warn!("connections that somebody keeps open are left");
    });
    Ok(())
}

/// Serves every connection that comes before the shutdown, each to its end.
async fn accept_all(
    listener: Listener,
    router: Router,
    shutdown: &CancellationToken,
    patience: Patience,
) {
    let Listener { mut tcp, places, peers, leaving } = listener;
    // Otherwise all routes would be copied for every connection.
    let router: Router = router.with_state(());
    let service = TowerToHyperService::new(router);
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(patience.head).max_buf_size(UNREAD);
    let open = GracefulShutdown::new();
    loop {
        let next = async {
            let place = Arc::clone(&places).acquire_owned().await;
            // Goes on by itself after what befalls single connections, or when there are too many files.
            let (stream, from) = axum::serve::Listener::accept(&mut tcp).await;
            (stream, from, place)
        };
        let Some((stream, from, place)) = shutdown.run_until_cancelled(next).await else { break };
        let Some(counted) = peers.admit(from.ip()) else {
            tracing::debug!(from = %from.ip(), "closed a connection: its address has its share");
            continue;
        };
        prepare(&stream, patience.stalled);
        let (service, leaving) = (service.clone(), leaving.clone());
        let answer = service_fn(move |request| {
            let (answer, leaving) = (service.call(request), leaving.clone());
            async move {
                let mut answer = answer.await?;
                if leaving.has_begun() {
                    let close = HeaderValue::from_static("close");
                    answer.headers_mut().insert(header::CONNECTION, close);
                }
                Ok::<_, Infallible>(answer)
            }
        });
        let first = First::default();
        let connection = http.serve_connection(TokioIo::new(stream), first.noting(answer));
        let connection = open.watch(connection);
        tokio::spawn(async move {
            let mut connection = pin!(connection);
            let ended = match tokio::time::timeout(patience.first, connection.as_mut()).await {
                Err(_) if first.has_come() => connection.await,
                Err(_) => Ok(()),
                Ok(ended) => ended,
            };
            if let Err(error) = ended {
                tracing::trace!(%error, "a connection ended before its time");
            }
            drop((place, counted));
        });
    }
    drop(tcp);
    open.shutdown().await;
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
