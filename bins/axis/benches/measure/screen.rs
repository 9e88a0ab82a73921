//! A client of the live stream.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use serde::Deserialize;
use testkit::eventually;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

use crate::http::get;

/// Which messages came to the screen, and when.
pub struct Screen {
    heard: Arc<Mutex<VecDeque<(i64, Instant)>>>,
    reading: JoinHandle<()>,
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.reading.abort();
    }
}

#[derive(Deserialize)]
struct Told {
    #[serde(rename = "type")]
    kind: String,
    message: Option<Message>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Message {
    chatwoot_id: Option<i64>,
}

impl Screen {
    /// Opens the live stream of an API.
    pub async fn open(api: SocketAddr) -> anyhow::Result<Self> {
        let mut stream = listen(api).await?;
        let heard = Arc::new(Mutex::new(VecDeque::new()));
        let hearing = Arc::clone(&heard);
        let reading = tokio::spawn(async move {
            let mut buffer = Vec::with_capacity(64 * 1024);
            while stream.read_buf(&mut buffer).await.is_ok_and(|read| read > 0) {
                let at = Instant::now();
                let Some(end) = buffer.iter().rposition(|byte| *byte == b'\n') else { continue };
                let numbers = buffer[..end].split(|byte| *byte == b'\n').filter_map(number);
                let mut hearing = hearing.lock().unwrap_or_else(PoisonError::into_inner);
                hearing.extend(numbers.map(|number| (number, at)));
                drop(hearing);
                buffer.drain(..=end);
            }
        });
        Ok(Self { heard, reading })
    }

    /// Waits until this many messages have come, and takes them.
    pub async fn take(&self, count: usize) -> Vec<(i64, Instant)> {
        eventually("every message comes to the screen", || async {
            self.heard.lock().unwrap_or_else(PoisonError::into_inner).len() >= count
        })
        .await;
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).drain(..).collect()
    }
}

/// How long each message took, if those from number `first` on were sent at a steady rate.
pub fn latencies(
    heard: &[(i64, Instant)],
    first: i64,
    began: Instant,
    rate: f64,
) -> impl Iterator<Item = Duration> {
    heard.iter().map(move |(number, at)| {
        let sent = began + Duration::from_secs_f64((number - first) as f64 / rate);
        at.saturating_duration_since(sent)
    })
}

/// Reads the number in Chatwoot of a message from one line of the stream.
fn number(line: &[u8]) -> Option<i64> {
    let told: Told = serde_json::from_slice(line.strip_prefix(b"data: ")?).ok()?;
    // The numbers in bodies count from 1.
    (told.kind == "message_created").then_some(told.message?.chatwoot_id? - 1)
}

/// Opens a live stream and waits until it is ready.
pub async fn listen(target: SocketAddr) -> anyhow::Result<TcpStream> {
    let mut stream = TcpStream::connect(target).await.context("connecting to the live stream")?;
    stream.write_all(get("/api/v1/activity", "text/event-stream").as_bytes()).await?;
    let mut buffer = Vec::with_capacity(1024);
    while !buffer.windows(12).any(|window| window == b"event: ready") || !ended(&buffer) {
        if stream.read_buf(&mut buffer).await? == 0 {
            bail!("the live stream was refused: {}", String::from_utf8_lossy(&buffer));
        }
    }
    Ok(stream)
}

/// Whether these bytes end with a whole frame in a chunk of its own.
pub fn ended(bytes: &[u8]) -> bool {
    bytes.ends_with(b"\n\n\r\n")
}
