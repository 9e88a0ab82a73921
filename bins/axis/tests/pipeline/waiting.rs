//! What waits while that is away which it waits for: those who should say so have all hands full.

use std::future::ready;

use chrono::Utc;
use domain::EventId;
use events::{Inbound, TraceParent};
use serde_json::json;
use testkit::{Account, Program, World, eventually, sqlx};

use crate::endings::conversation;
use crate::installation::{Servers, TENANT};

/// Fewer than a worker takes at once, so that it has all of them in hand.
const EVENTS: i32 = 20;

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_a_frozen_postgres_is_in_the_workers_metrics() {
    let (postgres, config) = testkit::postgres().await;
    let world = World::over(ready(config)).await;
    let account = world.account(TENANT, 1).await;
    let servers = Servers { bus: &world.bus_config, store: &world.store_config };
    let worker = servers.sync_worker(&[]).await;
    eventually("nothing waits", async || waiting(&worker).await == Some(0.0)).await;
    postgres.pause().await;
    for number in 0..EVENTS {
        publish(&world, &account, number).await;
    }
    eventually("all of it waits", async || waiting(&worker).await == Some(f64::from(EVENTS))).await;
    postgres.resume().await;
    eventually("nothing waits any more", async || waiting(&worker).await == Some(0.0)).await;
}

/// Whoever carries it out cannot say so.
#[tokio::test(flavor = "multi_thread")]
async fn what_waits_without_any_worker_is_in_the_apis_metrics() {
    let world = World::start().await;
    let account = world.account(TENANT, 1).await;
    let id = conversation(&world, &account).await;
    let mut transaction = world.store.worker().await.unwrap();
    // Asked for a quarter of an hour ago; one that may still be taken back; one that a snooze holds back.
    for (ago, not_before, due) in [("15m", "-15m", "0"), ("1s", "1h", "0"), ("1h", "-1h", "10h")] {
        sqlx::query(
            "insert into outbox (operation_id, tenant_id, account_id, conversation_id, command, payload,
               traceparent, created_at, not_before, due_at)
             values (gen_random_uuid(), $1, $2, $3, 'set_status', '{}', $7,
               now() - $4::interval, now() + $5::interval, now() + $6::interval)",
        )
        .bind(TENANT)
        .bind(account.key.0)
        .bind(id.0)
        .bind(ago)
        .bind(not_before)
        .bind(due)
        .bind(TraceParent::generate().to_string())
        .execute(&mut *transaction)
        .await
        .unwrap();
    }
    store::commit(transaction).await.unwrap();
    let servers = Servers { bus: &world.bus_config, store: &world.store_config };
    let api = servers.api(&[]).await;
    let commands = async || metric(&api, "axis_outbox_waiting_commands").await;
    eventually("one command waits", async || commands().await == Some(1.0)).await;
    let of = async |chatwoot: &str| {
        let name = format!("axis_outbox_oldest_seconds{{chatwoot=\"{chatwoot}\"}}");
        metric(&api, &name).await.map(|seconds| (900.0..1200.0).contains(&seconds))
    };
    let told = async || (of("answers").await, of("silent").await);
    eventually("it waits for a quarter of an hour", async || {
        told().await == (Some(true), Some(false))
    })
    .await;
    let hosts = async || metric(&api, "axis_outbox_silent_hosts").await;
    assert_eq!(hosts().await, Some(0.0));
    let mut transaction = world.store.worker().await.unwrap();
    sqlx::query(
        "insert into chatwoot_breakers (account_id, tenant_id, failures, opened, state, until)
         select id, tenant_id, 5, 1, 'open', now() + interval '1 minute' from chatwoot_accounts",
    )
    .execute(&mut *transaction)
    .await
    .unwrap();
    store::commit(transaction).await.unwrap();
    eventually("it waits for a Chatwoot that does not answer", async || {
        told().await == (Some(false), Some(true)) && hosts().await == Some(1.0)
    })
    .await;
    let health = async || metric(&api, r#"axis_health{part="postgres"}"#).await;
    eventually("the database is well", async || health().await == Some(0.0)).await;
}

/// What a program's metrics say of this one.
pub async fn metric(program: &Program, name: &str) -> Option<f64> {
    let asked = testkit::http().get(format!("{}/metrics", program.url()));
    let metrics = asked.send().await.unwrap().text().await.unwrap();
    metrics.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok())
}

/// What the metrics of a worker say that nobody has settled yet.
async fn waiting(worker: &Program) -> Option<f64> {
    metric(worker, r#"axis_consume_pending{consumer="sync-worker"}"#).await
}

async fn publish(world: &World, account: &Account, number: i32) {
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
