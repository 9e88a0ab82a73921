//! Programs that are told to stop while servers are frozen: connections stay open, and whoever waits
//! for an answer waits in vain.

use std::future::ready;

use domain::ConversationId;
use futures_util::future::join_all;
use serde_json::json;
use testkit::{World, sqlx};

use crate::installation::{Servers, TENANT};

/// How many changes the API has to announce when it is told to stop.
const CHANGES: usize = 150;
/// Within this a program ends by itself, or with an error.
const DEADLINE: (&str, &str) = ("AXIS_SHUTDOWN_SECONDS", "12");

#[derive(Debug, Clone, Copy)]
struct Frozen {
    nats: bool,
    postgres: bool,
}

#[tokio::test(flavor = "multi_thread")]
async fn every_program_ends_while_nats_is_frozen() {
    ends_while(Frozen { nats: true, postgres: false }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_program_ends_while_postgres_is_frozen() {
    ends_while(Frozen { nats: false, postgres: true }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_program_ends_while_both_are_frozen() {
    ends_while(Frozen { nats: true, postgres: true }).await;
}

async fn ends_while(frozen: Frozen) {
    let (postgres, config) = testkit::postgres().await;
    let world = World::over(ready(config)).await;
    let servers = Servers { bus: &world.bus_config, store: &world.store_config };
    let api = servers.api(&[DEADLINE]).await;
    let (url, http) = (format!("{}/api/v1", api.url()), testkit::http());
    let programs = [
        servers.receiver(&[DEADLINE]).await,
        servers.sync_worker(&[DEADLINE]).await,
        servers.outbound_worker(&[DEADLINE]).await,
        api,
    ];
    let asked = http.get(format!("{url}/activity")).bearer_auth("mock-token");
    let mut screen = asked.header("accept", "text/event-stream").send().await.unwrap();
    assert!(screen.chunk().await.unwrap().is_some(), "a screen follows");
    let conversation = conversation(&world).await;

    if frozen.nats {
        world.nats.pause().await;
    }
    if !frozen.postgres {
        for number in 0..CHANGES {
            let priority = if number % 2 == 0 { "urgent" } else { "low" };
            let change = http.patch(format!("{url}/conversations/{conversation}"));
            let change = change.bearer_auth("mock-token").json(&json!({ "priority": priority }));
            let answer = change.send().await.unwrap();
            assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
        }
    }
    if frozen.postgres {
        postgres.pause().await;
    }
    let ended = join_all(programs.map(|program| async move {
        let log = program.log().to_owned();
        (program.stop().await, log)
    }))
    .await;
    for (well, log) in ended {
        assert!(well, "{frozen:?}: it ended with an error; its log is {}", log.display());
    }
}

async fn conversation(world: &World) -> ConversationId {
    let account = world.account(TENANT, 1).await;
    let id = ConversationId::of(account.key, 1, None);
    let mut transaction = world.store.worker().await.unwrap();
    sqlx::query(
        "insert into conversations (id, tenant_id, account_id, display_id, version_at,
           version_step, version_digest, status, created_at, last_activity_at)
         values ($1, $2, $3, 1, 0, 0, 0, 'open', now(), now())",
    )
    .bind(id.0)
    .bind(TENANT)
    .bind(account.key.0)
    .execute(&mut *transaction)
    .await
    .unwrap();
    store::commit(transaction).await.unwrap();
    id
}
