//! Sending requests: as fast as they are answered, or at a rate that nothing slows down.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use bytes::Bytes;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::http::Connection;
use crate::latency::Latency;

/// Most requests that are under way at a time.
const CONNECTIONS: usize = 64;

/// Where requests go, and how.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    address: SocketAddr,
    apart: bool,
}

impl From<SocketAddr> for Target {
    /// On connections that stay open, as a proxy has them.
    fn from(address: SocketAddr) -> Self {
        Self { address, apart: false }
    }
}

impl Target {
    /// Each request on a connection of its own, as Chatwoot sends them.
    pub fn apart(address: SocketAddr) -> Self {
        Self { address, apart: true }
    }

    async fn connect(self, number: usize) -> anyhow::Result<Connection> {
        if self.apart {
            Connection::from_elsewhere(number, self.address).await
        } else {
            Connection::open(self.address).await
        }
    }
}

/// How a run went.
pub struct Run {
    pub began: Instant,
    pub elapsed: Duration,
    pub latency: Latency,
    pub count: usize,
}

impl Run {
    pub fn rate(&self) -> f64 {
        self.count as f64 / self.elapsed.as_secs_f64()
    }
}

/// Sends the next request as soon as an earlier one was answered.
pub async fn closed(target: impl Into<Target>, requests: Vec<Bytes>) -> anyhow::Result<Run> {
    send(target.into(), requests, None).await
}

/// Sends this many per second whether or not earlier ones were answered. Latencies count from when
/// a request was due, so the time that it waits for a free connection counts.
pub async fn open(
    target: impl Into<Target>,
    requests: Vec<Bytes>,
    rate: f64,
) -> anyhow::Result<Run> {
    send(target.into(), requests, Some(rate)).await
}

async fn send(target: Target, requests: Vec<Bytes>, rate: Option<f64>) -> anyhow::Result<Run> {
    let count = requests.len();
    let requests: Arc<[Bytes]> = requests.into();
    let next = Arc::new(AtomicUsize::new(0));
    let due = Arc::new(Semaphore::new(0));
    let mut connections = Vec::with_capacity(CONNECTIONS);
    for number in 0..CONNECTIONS {
        connections.push(if target.apart { None } else { Some(target.connect(number).await?) });
    }
    let began = Instant::now();
    let mut senders = JoinSet::new();
    for mut connection in connections {
        let (requests, next, due) = (Arc::clone(&requests), Arc::clone(&next), Arc::clone(&due));
        senders.spawn(async move {
            let mut latency = Latency::new();
            loop {
                if rate.is_some() {
                    due.acquire().await?.forget();
                }
                let index = next.fetch_add(1, Ordering::Relaxed);
                let Some(request) = requests.get(index) else { return anyhow::Ok(latency) };
                let at = match rate {
                    Some(rate) => began + Duration::from_secs_f64(index as f64 / rate),
                    None => Instant::now(),
                };
                let mut own;
                let connection = if let Some(kept) = &mut connection {
                    kept
                } else {
                    own = target.connect(index).await?;
                    &mut own
                };
                let status = connection.ask(request).await?;
                latency.record(at.elapsed());
                ensure!(status == 200, "a request was answered with {status}");
            }
        });
    }
    let pacer = rate.map(|rate| {
        let due = Arc::clone(&due);
        // A thread of its own: the runtime's timers know only whole milliseconds.
        std::thread::spawn(move || pace(&due, count, rate, began))
    });
    let mut latency = Latency::new();
    while let Some(sender) = senders.join_next().await {
        latency.merge(&sender.context("a sender panicked")??)?;
    }
    if let Some(pacer) = pacer {
        pacer.join().map_err(|_| anyhow::anyhow!("the pacer panicked"))?;
    }
    Ok(Run { began, elapsed: began.elapsed(), latency, count })
}

fn pace(due: &Semaphore, count: usize, rate: f64, began: Instant) {
    let mut released = 0;
    while released < count {
        let by_now = ((began.elapsed().as_secs_f64() * rate) as usize + 1).min(count);
        if by_now > released {
            due.add_permits(by_now - released);
            released = by_now;
        }
        let at = began + Duration::from_secs_f64(released as f64 / rate);
        std::thread::sleep(at.saturating_duration_since(Instant::now()));
    }
    // One more for each sender that waits, so that it sees that nothing is left.
    due.add_permits(CONNECTIONS);
}
