//! What waits while that is away which it waits for: those who should say so have all hands full.

use std::future::ready;

use chrono::Utc;
use domain::EventId;
use events::{Inbound, TraceParent};
use serde_json::json;
use testkit::{Account, Program, World, eventually};

use crate::installation::{Servers, TENANT};

/// Fewer than a worker takes at once, so that it has all of them in hand.
const EVENTS: i64 = 20;

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_a_frozen_postgres_is_in_the_workers_metrics() {
    let (postgres, config) = testkit::postgres().await;
    let world = World::over(ready(config)).await;
    let account = world.account(TENANT, 1).await;
    let servers = Servers { bus: &world.bus_config, store: &world.store_config };
    let worker = servers.sync_worker(&[]).await;
    eventually("nothing waits", async || waiting(&worker).await == Some(0)).await;
    postgres.pause().await;
    for number in 0..EVENTS {
        publish(&world, &account, number).await;
    }
    eventually("all of it waits", async || waiting(&worker).await == Some(EVENTS)).await;
    postgres.resume().await;
    eventually("nothing waits any more", async || waiting(&worker).await == Some(0)).await;
}

/// What the metrics of a worker say that nobody has settled yet.
async fn waiting(worker: &Program) -> Option<i64> {
    let asked = testkit::http().get(format!("{}/metrics", worker.url()));
    let metrics = asked.send().await.unwrap().text().await.unwrap();
    let gauge = r#"axis_consume_pending{consumer="sync-worker"} "#;
    metrics.lines().find_map(|line| line.strip_prefix(gauge)?.parse().ok())
}

async fn publish(world: &World, account: &Account, number: i64) {
    let body = json!({ "event": "call_started", "id": number, "account": { "id": 1 } });
    let body = serde_json::to_vec(&body).unwrap();
    let inbound = Inbound {
        id: EventId::of(account.key, &body, &[]),
        account: account.key,
        tenant: account.tenant.clone(),
        event: "call_started".to_owned(),
        received_at: Utc::now(),
        delivery: None,
        origin: "webhook".to_owned(),
        trace: TraceParent::generate(),
    };
    world.bus.publisher().publish(inbound.envelope(body)).await.unwrap();
}
