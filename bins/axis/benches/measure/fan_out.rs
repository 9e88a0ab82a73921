//! One event to many clients.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use bytes::Bytes;
use events::{Envelope, Headers};
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use serde_json::json;
use testkit::Program;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::arguments::{Part, Scale};
use crate::http::{Connection, find};
use crate::latency::median;
use crate::peers::Peer;
use crate::report::{Budget, Row, Unit};
use crate::screen::{ended, listen};
use crate::stage::{Stage, TENANT, address, resident_mib};

const EVENTS: usize = 15;
/// Connections that are being opened at once.
const OPENING: usize = 64;
/// How long a client may take to have a whole event, before the measurement ends.
const PATIENCE: Duration = Duration::from_secs(30);
/// The type of the events: nothing else on the stream is of it.
const KIND: &str = "message_created";

pub async fn measure(scale: Scale) -> anyhow::Result<Vec<Row>> {
    let stage = Stage::start().await?;
    let mut rows = Vec::new();
    for clients in [scale.of(1_000), scale.of(10_000)] {
        let api = stage.program("api").await;
        let alone = resident_mib(&api)?;
        let audience = Audience::gather(address(&api)?, clients).await?;
        let ours = deliver(&audience, async |event| publish(&stage, event).await).await?;
        let crowded = resident_mib(&api)?;
        end(api, audience).await;

        let peer = Peer::start("fan-out").await?;
        let audience = Audience::gather(peer.address, clients).await?;
        let mut connection = Connection::open(peer.address).await?;
        let theirs = deliver(&audience, async |event| post(&mut connection, event).await).await?;

        let row = |what: &str, unit, value| {
            Row::new(Part::FanOut, format!("{clients} clients: {what}"), unit, value)
        };
        rows.push(
            row("until the last has an event", Unit::Millis, ours)
                .against("a bare broadcast", theirs),
        );
        let memory = row("memory of the api", Unit::MiB, crowded).against("without clients", alone);
        let all = clients >= 10_000;
        rows.push(if all { memory.within(Budget::AtMost(300.0)) } else { memory });
        let each = (crowded - alone) * 1024.0 / clients as f64;
        rows.push(row("memory for each", Unit::KiB, each));
    }
    Ok(rows)
}

async fn end(api: Program, audience: Audience) {
    drop(audience);
    // Its clients have gone, so nothing holds it up.
    api.stop().await;
}

/// Clients that count the events that reach them.
struct Audience {
    clients: usize,
    heard: watch::Receiver<usize>,
    _reading: JoinSet<()>,
}

impl Audience {
    async fn gather(target: SocketAddr, clients: usize) -> anyhow::Result<Self> {
        let streams: Vec<TcpStream> = stream::iter(0..clients)
            .map(|_| listen(target))
            .buffer_unordered(OPENING)
            .try_collect()
            .await
            .context("gathering clients; is the limit of open files high enough?")?;
        let (told, heard) = watch::channel(0);
        let (told, count) = (Arc::new(told), Arc::new(AtomicUsize::new(0)));
        let mut reading = JoinSet::new();
        for stream in streams {
            let (told, count) = (Arc::clone(&told), Arc::clone(&count));
            reading.spawn(async move {
                let mut client = Client { stream, begun: false };
                while client.hears().await {
                    let heard = count.fetch_add(1, Ordering::Relaxed) + 1;
                    if heard.is_multiple_of(clients) {
                        told.send_replace(heard);
                    }
                }
            });
        }
        Ok(Self { clients, heard, _reading: reading })
    }

    /// Waits until every client has had this many events.
    async fn has_heard(&self, events: usize) -> anyhow::Result<()> {
        let mut heard = self.heard.clone();
        let all = heard.wait_for(|heard| *heard >= events * self.clients);
        tokio::time::timeout(PATIENCE, all).await.context("some clients hear nothing")??;
        Ok(())
    }
}

struct Client {
    stream: TcpStream,
    /// Whether a part of an event has come.
    begun: bool,
}

impl Client {
    /// Reads up to the end of the next event. Returns `false` at the end of the stream.
    async fn hears(&mut self) -> bool {
        let mut buffer = [0; 4096];
        loop {
            let Ok(read @ 1..) = self.stream.read(&mut buffer).await else { return false };
            let bytes = &buffer[..read];
            // Only its beginning is searched, since the rest may be long.
            self.begun |= find(&bytes[..read.min(160)], KIND.as_bytes()).is_some();
            if self.begun && ended(bytes) {
                self.begun = false;
                return true;
            }
        }
    }
}

/// Returns the median time until the last client has an event, in milliseconds.
async fn deliver(
    audience: &Audience,
    mut tell: impl AsyncFnMut(Bytes) -> anyhow::Result<()>,
) -> anyhow::Result<f64> {
    let mut took = Vec::new();
    for number in 1..=EVENTS {
        let event = Bytes::from(event(number).to_string());
        let began = Instant::now();
        tell(event).await?;
        audience.has_heard(number).await?;
        took.push(began.elapsed().as_secs_f64() * 1000.0);
    }
    Ok(median(took))
}

/// An event as the sync worker announces it, of the usual size.
fn event(number: usize) -> serde_json::Value {
    let (at, id) = (chrono::Utc::now(), Uuid::now_v7());
    let preview = json!({
        "id": id, "content": "Where is my order?", "messageType": "incoming", "private": false,
        "state": null, "createdAt": at,
    });
    json!({
        "id": id, "type": KIND, "source": "chatwoot", "accountId": id, "conversationId": id,
        "actor": { "type": "contact", "id": "7", "name": "Ana Example" }, "occurredAt": at,
        "data": { "number": number },
        "conversation": {
            "id": id, "accountId": id, "chatwootId": 42, "status": "open", "priority": null,
            "channel": "Channel::WebWidget", "inboxId": 11,
            "contact": { "id": id, "name": "Ana Example", "thumbnail": null }, "assignee": null,
            "team": null, "labels": ["orders", "late"], "canReply": true, "unreadCount": 1,
            "lastMessage": preview, "snoozedUntil": null, "waitingSince": at, "firstReplyAt": null,
            "lastActivityAt": at, "createdAt": at, "updatedAt": at, "customAttributes": {},
        },
        "message": {
            "id": id, "conversationId": id, "chatwootId": number, "messageType": "incoming",
            "contentType": "text", "content": "Where is my order?", "contentAttributes": {},
            "private": false, "deleted": false,
            "sender": { "type": "contact", "id": 7, "name": "Ana Example" }, "attachments": [],
            "state": null, "stateReason": null, "attempts": 0, "nextAttemptAt": null,
            "clientId": null, "createdAt": at, "updatedAt": at,
        },
    })
}

async fn publish(stage: &Stage, event: Bytes) -> anyhow::Result<()> {
    let envelope = Envelope {
        subject: events::subject::activity(&TENANT.parse()?, KIND),
        message_id: Uuid::now_v7().to_string(),
        headers: Headers::default(),
        payload: event,
    };
    stage.bus.publisher().publish(envelope).await?;
    Ok(())
}

/// Posts the frame that the API would write.
async fn post(connection: &mut Connection, event: Bytes) -> anyhow::Result<()> {
    let event = String::from_utf8_lossy(&event);
    let frame = format!("id: 6437a8b2c91f3:1\nevent: {KIND}\ndata: {event}\n\n");
    let length = frame.len();
    let request =
        format!("POST / HTTP/1.1\r\nhost: measure\r\ncontent-length: {length}\r\n\r\n{frame}");
    connection.ask(request.as_bytes()).await?;
    Ok(())
}
