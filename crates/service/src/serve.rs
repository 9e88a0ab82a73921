//! Serves HTTP connections until the shutdown, with bounds on their time, memory and number.

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
mod heads;
mod peers;
mod rest;
#[cfg(test)]
mod tests;

use first::First;
use heads::Heads;
use peers::Peers;
use rest::reading_rest;

/// How long connections may stay open after the shutdown. Whole requests end by themselves, half-sent ones do not.
const LAST_REQUESTS: Duration = Duration::from_secs(10);

/// How many connections are served at a time by default: 20,000 live streams, and what goes on beside them.
pub(crate) const MOST_CONNECTIONS: u32 = 25_000;

/// How many unread bytes of a request a connection may hold: its line and headers, or a piece of its body. The
/// sender may be anybody, so all connections together hold less than this of each ([`heads::MOST`]).
const UNREAD: usize = 64 * 1024;

/// How long clients may keep a connection waiting.
#[derive(Debug, Clone, Copy)]
struct Patience {
    /// How long a client may go without reading anything of a response. Its machine may say for ever that it has no
    /// room; the response's body would then never end, and would keep what it holds.
    stalled: Duration,
    /// How long the headers of the first request may take. Whoever opens a connection has something to ask.
    first: Duration,
    /// How long a request's headers may take, and how long a connection may be idle before the next request, which
    /// the library counts as one. It is longer than the minute for which proxies keep idle connections: otherwise a
    /// webhook would now and then be sent on a connection that is just being closed, and Chatwoot does not resend it.
    head: Duration,
    /// What is left of a request that is answered before all of it was read.
    rest: rest::Limits,
}

const PATIENCE: Patience = Patience {
    stalled: Duration::from_mins(1),
    first: Duration::from_secs(10),
    head: Duration::from_secs(75),
    rest: rest::Limits { pause: Duration::from_secs(5), total: Duration::from_secs(30) },
};

/// Accepts connections, of which a limited number are served at a time. Further ones wait to be accepted. A
/// connection from an address that already has its share is closed.
#[derive(Debug)]
pub struct Listener {
    tcp: TcpListener,
    places: Arc<Semaphore>,
    peers: Arc<Peers>,
    heads: Heads,
    leaving: Leaving,
}

impl Listener {
    /// Makes a listener that serves at most `connections` at a time.
    pub fn with_places(tcp: TcpListener, connections: u32) -> Self {
        let connections = usize::try_from(connections).unwrap_or(Semaphore::MAX_PERMITS);
        let peers = Arc::new(Peers::of(connections, &[]));
        let places = Arc::new(Semaphore::new(connections));
        Self { tcp, places, peers, heads: Heads::of(heads::MOST), leaving: Leaving::default() }
    }

    /// Bounds the buffers of long headers that have yet to be completed.
    #[cfg(test)]
    fn with_room_for_heads(self, bytes: usize) -> Self {
        Self { heads: Heads::of(bytes), ..self }
    }

    /// Exempts these addresses from the limit per address.
    #[must_use]
    pub fn trusting(self, proxies: &[IpAddr]) -> Self {
        let places = self.places.available_permits();
        Self { peers: Arc::new(Peers::of(places, proxies)), ..self }
    }

    /// Closes each connection after its next response once the program is leaving.
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

/// Serves until the shutdown, then lets requests in hand finish, for 10 s at most. Gives up a client that reads
/// nothing of its response for a minute, that takes a little longer than that to send whole headers, or that takes
/// 10 s to send those of its first request. A request that is answered before all of it was read is read on, for 30 s
/// at most, so that its client gets to the answer.
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
        tracing::warn!("clients keep connections open; they are dropped");
    });
    Ok(())
}

/// Serves every connection that is accepted before the shutdown to its end.
async fn accept_all(
    listener: Listener,
    router: Router,
    shutdown: &CancellationToken,
    patience: Patience,
) {
    let Listener { mut tcp, places, peers, heads, leaving } = listener;
    // Otherwise all routes would be copied for every connection.
    let router: Router = router.with_state(());
    let service = TowerToHyperService::new(router);
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(patience.head).max_buf_size(UNREAD);
    let open = GracefulShutdown::new();
    loop {
        let next = async {
            let place = Arc::clone(&places).acquire_owned().await;
            // Retries by itself if a single connection fails, or if too many files are open.
            let (stream, from) = axum::serve::Listener::accept(&mut tcp).await;
            (stream, from, place)
        };
        let Some((stream, from, place)) = shutdown.run_until_cancelled(next).await else { break };
        let Some(counted) = peers.admit(from.ip()) else {
            tracing::debug!(from = %from.ip(), "closed a connection: its address has its share already");
            continue;
        };
        prepare(&stream, patience.stalled);
        let (service, leaving, head) = (service.clone(), leaving.clone(), heads.head());
        let stream = head.counting(stream);
        let answer = service_fn(move |request| {
            head.is_read();
            let request = reading_rest(request, &head, patience.rest);
            let (answer, leaving, head) = (service.call(request), leaving.clone(), head.clone());
            async move {
                let mut answer = answer.await?;
                head.is_awaited();
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
        tracing::debug!(%error, "cannot turn off the delay of small packets for a connection");
    }
    if let Err(error) = give_up_after(stream, stalled) {
        tracing::debug!(%error, "cannot bound how long a connection waits for its client");
    }
}

/// Closes a connection whose client has taken no data for this long. Linux treats a client that answers but has no
/// room like one that does not answer at all.
#[cfg(target_os = "linux")]
fn give_up_after(stream: &TcpStream, stalled: Duration) -> io::Result<()> {
    let millis = u32::try_from(stalled.as_millis()).unwrap_or(u32::MAX);
    rustix::net::sockopt::set_tcp_user_timeout(stream, millis).map_err(io::Error::from)
}

#[cfg(not(target_os = "linux"))]
fn give_up_after(_: &TcpStream, _: Duration) -> io::Result<()> {
    Ok(())
}
