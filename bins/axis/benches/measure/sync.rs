//! Applying events: how many a second, against the writing alone.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use events::{Envelope, subject};
use testkit::eventually;
use testkit::sqlx::{self, PgConnection};

use crate::arguments::{Part, Scale};
use crate::database::{self, REFERRED, TABLES};
use crate::events::Events;
use crate::latency::median;
use crate::report::{Budget, Row, Unit};
use crate::stage::{Stage, TENANT, resident_mib};

const EVENTS: usize = 20_000;
const ROUNDS: usize = 3;
const CONVERSATIONS: usize = 4_000;
/// How many events the worker takes at once, and on how many connections, by default.
const BATCH: usize = 200;
const CONNECTIONS: usize = 4;
/// The other database.
const BARE: &str = "bare";

pub async fn measure(scale: Scale) -> anyhow::Result<Vec<Row>> {
    let stage = Stage::start().await?;
    stage.write_log_ahead().await?;
    let account = stage.account(TENANT, 1).await?;
    let mut database = stage.superuser().await?;
    stage.make_database(BARE).await?;
    let mut events = Events::of(&account, CONVERSATIONS);
    let count = scale.of(EVENTS).div_ceil(BATCH) * BATCH;

    // Once unmeasured, so that prepared statements, caches and the tables' first pages are there.
    apply(&stage, &mut database, &mut events, count / 5).await?;
    let (mut ours, mut theirs, mut memories) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..scale.rounds(ROUNDS) {
        let (rate, memory) = apply(&stage, &mut database, &mut events, count).await?;
        ours.push(rate);
        memories.push(memory);
        theirs.push(upsert(&stage, &mut database, count).await?);
    }
    Ok(vec![
        Row::new(Part::Sync, "events applied and announced", Unit::PerSecond, median(ours))
            .against("a bare batched upsert of the same rows", median(theirs))
            .within(Budget::RatioAtLeast(0.7)),
        Row::new(Part::Sync, "memory after all that", Unit::MiB, median(memories)),
    ])
}

/// Lets a worker apply this many more events, which wait for it in the stream, and announce them.
/// Returns events per second, and what the worker has in memory then, in MiB.
pub async fn apply(
    stage: &Stage,
    database: &mut PgConnection,
    events: &mut Events,
    count: usize,
) -> anyhow::Result<(f64, f64)> {
    let before = stage.bus.stream(subject::INBOUND).await?.last_sequence;
    let told = stage.bus.stream(subject::ACTIVITY).await?.last_sequence;
    publish(stage, events.envelopes(count)).await?;
    let worker = stage.program("sync-worker").await;
    eventually("every event is announced", || async {
        let stream = stage.bus.stream(subject::ACTIVITY).await;
        stream.is_ok_and(|stream| stream.last_sequence >= told + count as u64)
    })
    .await;
    let ended = Utc::now();
    let began: DateTime<Utc> = sqlx::query_scalar(
        "select min(processed_at) from webhook_events where stream_sequence > $1",
    )
    .bind(before as i64)
    .fetch_one(database)
    .await?;
    let took = ended.signed_duration_since(began).as_seconds_f64();
    Ok((count as f64 / took, resident_mib(&worker)?))
}

/// Puts events into `INBOUND`.
pub async fn publish(stage: &Stage, envelopes: Vec<Envelope<Bytes>>) -> anyhow::Result<()> {
    let publisher = stage.bus.publisher();
    for part in envelopes.chunks(1_000) {
        for published in publisher.publish_all(part.to_vec()).await {
            published?;
        }
    }
    Ok(())
}

/// Writes the rows of the last events to the other database, in batches as the worker does. Returns
/// events per second.
async fn upsert(stage: &Stage, database: &mut PgConnection, count: usize) -> anyhow::Result<f64> {
    let mut bare = stage.connect(BARE).await?;
    for table in REFERRED {
        database::rows(database, table).await?.write(&mut bare).await?;
    }
    let mut tables = Vec::new();
    for table in TABLES {
        tables.push(database::rows(database, table).await?.newest(count));
    }
    let mut connections = Vec::new();
    for _ in 0..CONNECTIONS {
        connections.push(stage.connect(BARE).await?);
    }
    let batches = database::upsert(&tables, count / BATCH, BATCH, connections).await?;
    Ok(batches * BATCH as f64)
}
