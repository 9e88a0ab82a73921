//! Acknowledging webhooks: as many as can be, and at half of that.

use std::future::IntoFuture as _;
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
use crate::load::{self, CONNECTIONS};
use crate::peers::{self, Peer};
use crate::report::{Budget, Row, Unit};
use crate::stage::{Stage, TENANT, address, resident_mib};

const REQUESTS: usize = 40_000;
const ROUNDS: usize = 4;
/// Seconds at half load.
const STEADY: usize = 6;
/// Messages that the bare publisher has under way at once; as many as the receiver.
const IN_FLIGHT: usize = 1024;

pub async fn measure(scale: Scale) -> anyhow::Result<Vec<Row>> {
    let stage = Stage::start().await?;
    let account = stage.account(TENANT, 1).await?;
    let receiver = stage.receiver(&[&account]).await?;
    let (http, append) = (Peer::start("http").await?, Peer::start("append").await?);
    let ours = address(&receiver)?;
    let mut events = Events::of(&account, 1_000);

    // All once unmeasured: connections, allocators and files are warm then.
    let count = scale.of(REQUESTS);
    for target in [http.address, append.address, ours] {
        load::closed(target, events.requests(count / 10)).await?;
    }
    let mut sent = count / 10;
    let mut rates: [Vec<f64>; 5] = Default::default();
    let [handled, appended, acknowledged, published, bare] = &mut rates;
    for _ in 0..scale.rounds(ROUNDS) {
        handled.push(load::closed(http.address, events.requests(count)).await?.rate());
        appended.push(load::closed(append.address, events.requests(count)).await?.rate());
        let run = load::closed(ours, events.requests(count)).await?;
        sent += count;
        acknowledged.push(run.rate());
        let all_there = in_stream(&stage, sent).await;
        published.push(count as f64 / all_there.duration_since(run.began).as_secs_f64());
        bare.push(publish(&stage, events.bodies(count)).await?);
    }
    let [handled, appended, acknowledged, published, bare] = rates.map(median);

    let rate = acknowledged / 2.0;
    let count = (rate * scale.of(STEADY * 10) as f64 / 10.0) as usize;
    let theirs = load::open(http.address, events.requests(count), rate).await?.latency;
    let steady = load::open(ours, events.requests(count), rate).await?.latency;

    let row = |name: &str, unit, value| Row::new(Part::Receiver, name, unit, value);
    let closed = format!("acknowledged, {CONNECTIONS} connections");
    Ok(vec![
        row(&closed, Unit::PerSecond, acknowledged)
            .against("a bare HTTP handler", handled)
            .within(Budget::RatioAtLeast(0.4)),
        row(&format!("{closed}: disk"), Unit::PerSecond, acknowledged)
            .against("a bare append with group fsync", appended),
        row("in the stream", Unit::PerSecond, published)
            .against("its own acknowledging", acknowledged)
            .within(Budget::RatioAtLeast(0.9)),
        row("in the stream: NATS", Unit::PerSecond, published)
            .against("a bare JetStream publisher", bare),
        row("acknowledged at half load, p50", Unit::Millis, steady.quantile(0.5))
            .against("a bare HTTP handler", theirs.quantile(0.5)),
        row("acknowledged at half load, p99", Unit::Millis, steady.quantile(0.99))
            .against("a bare HTTP handler", theirs.quantile(0.99))
            .within(Budget::AtMost(10.0)),
        row("memory after all that", Unit::MiB, resident_mib(&receiver)?),
    ])
}

/// When the stream has everything that was acknowledged.
async fn in_stream(stage: &Stage, acknowledged: usize) -> Instant {
    eventually("the stream has all that was acknowledged", || async {
        let stream = stage.bus.stream(subject::INBOUND).await;
        stream.is_ok_and(|stream| stream.messages >= acknowledged as u64)
    })
    .await;
    Instant::now()
}

/// Publishes to a stream of its own with nothing but the client library; messages a second.
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
