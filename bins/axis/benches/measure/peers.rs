//! What the programs are compared with: the least that could do a part of their work.
//!
//! | peer | does |
//! |---|---|
//! | `http` | reads a request's body and answers 200 |
//! | `append` | the same, once the body is in a file and synced, one sync for all that wait |
//! | `fan-out` | writes what is posted to it to every client that listens, as it came |
//!
//! Each is a process of its own, like the program that it is compared with: it is this program
//! again, with the peer's name as its arguments.

use std::convert::Infallible;
use std::fs::File;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Stdio;

use anyhow::{Context as _, bail};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::post;
use futures_util::stream;
use testkit::{eventually, free_port};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};
use tokio::sync::{broadcast, mpsc, oneshot};
use tokio_util::sync::CancellationToken;

const ASKED: &str = "peer";

/// What every peer answers; as long as what the receiver answers.
const ANSWER: &str = r#"{"id":"00000000-0000-8000-8000-000000000000"}"#;

/// The peer that this process is to be, if any.
pub fn asked_for() -> Option<Vec<String>> {
    let mut arguments = std::env::args().skip(1);
    (arguments.next().as_deref() == Some(ASKED)).then(|| arguments.collect())
}

/// Runs as that peer until it is killed.
pub async fn run(peer: &[String]) -> anyhow::Result<()> {
    let [kind, port] = peer else { bail!("a peer has a kind and a port") };
    let router = match kind.as_str() {
        "http" => Router::new().fallback(async |_: Bytes| answer()),
        "append" => append(),
        "fan-out" => fan_out(),
        other => bail!("no peer is called {other}"),
    };
    let listener = TcpListener::bind(("127.0.0.1", port.parse()?)).await?;
    service::serve(listener, router, CancellationToken::new()).await?;
    Ok(())
}

/// A running peer. It is killed when this is dropped.
pub struct Peer {
    pub address: SocketAddr,
    _child: Child,
}

impl Peer {
    pub async fn start(kind: &str) -> anyhow::Result<Self> {
        let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let child = Command::new(std::env::current_exe()?)
            .args([ASKED, kind, &address.port().to_string()])
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .context("starting a peer")?;
        eventually("the peer listens", || async { TcpStream::connect(address).await.is_ok() })
            .await;
        Ok(Self { address, _child: child })
    }
}

/// Connects to NATS with nothing but the client library.
pub async fn nats(url: &str) -> anyhow::Result<async_nats::Client> {
    let address: async_nats::ServerAddr = url.parse()?;
    let token = address.username().unwrap_or_default().to_owned();
    async_nats::ConnectOptions::with_token(token)
        .connect(address)
        .await
        .context("connecting to NATS")
}

fn answer() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], ANSWER)
}

type Waiting = (Bytes, oneshot::Sender<()>);

fn append() -> Router {
    let (queue, waiting) = mpsc::channel::<Waiting>(4096);
    let path = testkit::scratch("append").join("file");
    std::thread::spawn(move || {
        if let Err(error) = write_in_groups(path, waiting) {
            eprintln!("the peer cannot append: {error}");
        }
    });
    Router::new()
        .fallback(post(async |State(queue): State<mpsc::Sender<Waiting>>, body: Bytes| {
            let (done, synced) = oneshot::channel();
            let queued = queue.send((body, done)).await.is_ok();
            if queued && synced.await.is_ok() {
                answer().into_response()
            } else {
                StatusCode::SERVICE_UNAVAILABLE.into_response()
            }
        }))
        .with_state(queue)
}

fn write_in_groups(path: PathBuf, mut waiting: mpsc::Receiver<Waiting>) -> std::io::Result<()> {
    let mut file = File::create(path)?;
    let (mut group, mut bytes) = (Vec::new(), Vec::new());
    while waiting.blocking_recv_many(&mut group, 1024) > 0 {
        bytes.clear();
        for (body, _) in &group {
            bytes.extend_from_slice(body);
        }
        file.write_all(&bytes)?;
        file.sync_data()?;
        for (_, done) in group.drain(..) {
            // A client that went away does not mind.
            let _ = done.send(());
        }
    }
    Ok(())
}

fn fan_out() -> Router {
    let frames = broadcast::Sender::<Bytes>::new(1024);
    let told = frames.clone();
    let tell = async move |frame: Bytes| {
        // Nobody may be listening.
        let _ = told.send(frame);
        answer()
    };
    let listen = async move || {
        let ready = Bytes::from_static(b"event: ready\ndata: {}\n\n");
        let listening = (Some(ready), frames.subscribe());
        let frames = stream::unfold(listening, async |(first, mut frames)| {
            let frame = match first {
                Some(first) => first,
                None => frames.recv().await.ok()?,
            };
            Some((Ok::<_, Infallible>(frame), (None, frames)))
        });
        ([(header::CONTENT_TYPE, "text/event-stream")], Body::from_stream(frames))
    };
    Router::new().fallback(post(tell).get(listen))
}
