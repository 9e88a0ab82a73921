//! Acknowledging webhooks: as many as possible, and half as many. Chatwoot opens a connection for
//! each webhook, and that is what is judged; a proxy in between may keep some open.

use std::future::IntoFuture as _;
use std::net::SocketAddr;
use std::time::Instant;

use anyhow::Context as _;
use bytes::Bytes;
use events::subject;
use futures_util::TryStreamExt as _;
use futures_util::stream::FuturesUnordered;
use testkit::eventually;

use crate::arguments::{Part, Scale};
use crate::events::Events;
use crate::latency::median;
use crate::load::{self, Target};
use crate::machine::settle_disk;
use crate::peers::{self, Peer};
use crate::report::{Budget, Row, Unit};
use crate::stage::{Stage, TENANT, address, resident_mib};

const REQUESTS: usize = 40_000;
const ROUNDS: usize = 4;
/// Seconds at half load: long enough that what happens every few seconds counts by its share.
const STEADY: usize = 20;
/// Messages that the bare publisher has under way at once; as many as the receiver.
const IN_FLIGHT: usize = 1024;

pub async fn measure(scale: Scale) -> anyhow::Result<Vec<Row>> {
    let stage = Stage::start().await?;
    let account = stage.account(TENANT, 1).await?;
    let receiver = stage.receiver(&[&account]).await?;
    let (http, append) = (Peer::start("http").await?, Peer::start("append").await?);
    let ours = address(&receiver)?;
    let mut events = Events::of(&account, 1_000);

    // All run once unmeasured, so that connections, allocators and files are warm.
    let count = scale.of(REQUESTS);
    for target in [http.address, append.address, ours] {
        load::closed(target, events.requests(count / 10)).await?;
    }
    let mut bare = Vec::new();
    for _ in 0..scale.rounds(ROUNDS) {
        bare.push(publish(&stage, events.bodies(count)).await?);
    }
    let sent = count / 10;
    let mut run = Run { stage, events, scale, http, append, ours, bare: median(bare), sent };
    let mut rows = run.measure("a connection for each", Target::apart, true).await?;
    rows.extend(run.measure("64 kept connections", Target::from, false).await?);
    let memory = resident_mib(&receiver)?;
    rows.push(Row::new(Part::Receiver, "memory after all that", Unit::MiB, memory));
    Ok(rows)
}

/// The receiver, what it is compared with, and how many webhooks it has been sent.
struct Run {
    stage: Stage,
    events: Events,
    scale: Scale,
    http: Peer,
    append: Peer,
    ours: SocketAddr,
    /// Messages per second of the bare publisher.
    bare: f64,
    sent: usize,
}

impl Run {
    /// Sends webhooks in one way. If `judged`, the receiver has to hold its budgets in it.
    async fn measure(
        &mut self,
        way: &str,
        to: fn(SocketAddr) -> Target,
        judged: bool,
    ) -> anyhow::Result<Vec<Row>> {
        let (http, append, ours) = (to(self.http.address), to(self.append.address), to(self.ours));
        let count = self.scale.of(REQUESTS);
        let mut rates: [Vec<f64>; 4] = Default::default();
        let [handled, appended, acknowledged, published] = &mut rates;
        for _ in 0..self.scale.rounds(ROUNDS) {
            handled.push(load::closed(http, self.events.requests(count)).await?.rate());
            appended.push(load::closed(append, self.events.requests(count)).await?.rate());
            let run = load::closed(ours, self.events.requests(count)).await?;
            self.sent += count;
            acknowledged.push(run.rate());
            let all_there = in_stream(&self.stage, self.sent).await;
            published.push(count as f64 / all_there.duration_since(run.began).as_secs_f64());
        }
        let [handled, appended, acknowledged, published] = rates.map(median);

        let rate = acknowledged / 2.0;
        let count = (rate * self.scale.of(STEADY * 10) as f64 / 10.0) as usize;
        let theirs = load::open(http, self.events.requests(count), rate).await?.latency;
        let requests = self.events.requests(count);
        // What the floods before it left, in the stream or unwritten, is no part of half load.
        empty(&self.stage).await?;
        settle_disk();
        let steady = load::open(ours, requests, rate).await?.latency;
        self.sent += count;
        in_stream(&self.stage, self.sent).await;

        let row = |name: &str, unit, value| {
            Row::new(Part::Receiver, format!("{way}: {name}"), unit, value)
        };
        let within = |row: Row, budget| if judged { row.within(budget) } else { row };
        let acknowledging = row("acknowledged", Unit::PerSecond, acknowledged)
            .against("a bare HTTP handler", handled);
        let late = row("acknowledged at half load, p99", Unit::Millis, steady.quantile(0.99))
            .against("a bare HTTP handler", theirs.quantile(0.99));
        Ok(vec![
            within(acknowledging, Budget::RatioAtLeast(0.4)),
            row("acknowledged: disk", Unit::PerSecond, acknowledged)
                .against("a bare append with group fsync", appended),
            row("in the stream", Unit::PerSecond, published)
                .against("its own acknowledging", acknowledged)
                .within(Budget::RatioAtLeast(0.9)),
            row("in the stream: NATS", Unit::PerSecond, published)
                .against("a bare JetStream publisher", self.bare),
            row("acknowledged at half load, p50", Unit::Millis, steady.quantile(0.5))
                .against("a bare HTTP handler", theirs.quantile(0.5)),
            within(late, Budget::AtMost(10.0)),
        ])
    }
}

/// Waits until the stream has everything that was acknowledged. Returns when it had.
async fn in_stream(stage: &Stage, acknowledged: usize) -> Instant {
    eventually("the stream has all that was acknowledged", || async {
        let stream = stage.bus.stream(subject::INBOUND).await;
        stream.is_ok_and(|stream| stream.last_sequence >= acknowledged as u64)
    })
    .await;
    Instant::now()
}

/// Removes what is in the stream, which holds less than a fast machine sends here.
async fn empty(stage: &Stage) -> anyhow::Result<()> {
    let jetstream = async_nats::jetstream::new(peers::nats(stage.nats_url()).await?);
    let inbound = jetstream.get_stream_no_info(subject::INBOUND).await?;
    inbound.purge().await.context("emptying a stream")?;
    Ok(())
}

/// Publishes to a stream of its own with nothing but the client library. Returns messages per second.
async fn publish(stage: &Stage, bodies: Vec<String>) -> anyhow::Result<f64> {
    let jetstream = async_nats::jetstream::new(peers::nats(stage.nats_url()).await?);
    let config = async_nats::jetstream::stream::Config {
        name: "BARE".to_owned(),
        subjects: vec!["bare".to_owned()],
        ..Default::default()
    };
    jetstream.create_stream(config).await.context("making a stream")?;
    let count = bodies.len();
    let began = Instant::now();
    let mut flying = FuturesUnordered::new();
    for body in bodies {
        if flying.len() >= IN_FLIGHT {
            flying.try_next().await?;
        }
        let sent = jetstream.publish("bare", Bytes::from(body)).await?;
        flying.push(sent.into_future());
    }
    while flying.try_next().await?.is_some() {}
    let rate = count as f64 / began.elapsed().as_secs_f64();
    jetstream.delete_stream("BARE").await.context("removing a stream")?;
    Ok(rate)
}
