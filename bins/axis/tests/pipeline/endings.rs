//! Programs that are told to stop while servers are frozen: connections stay open, and whoever waits
//! for an answer waits in vain. And programs that a balancer sends requests to.

use std::future::ready;

use domain::ConversationId;
use futures_util::future::join_all;
use futures_util::stream::{self, StreamExt as _};
use serde_json::json;
use testkit::reqwest::{Client, StatusCode};
use testkit::{Account, World, eventually, eventually_some, sqlx};

use crate::installation::{Servers, TENANT};

/// How many events a receiver has to publish when it is told to stop, and how long they are: more than is
/// under way at once, and than connections hold.
const EVENTS: usize = 1_100;
const LENGTH: usize = 32 * 1024;
/// How many changes the API has to announce when it is told to stop.
const CHANGES: usize = 150;
/// Within this a program ends by itself, or with an error.
const DEADLINE: (&str, &str) = ("AXIS_SHUTDOWN_SECONDS", "30");

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

/// A balancer sends requests until it has seen `/ready`, and Chatwoot sends a webhook once.
#[tokio::test(flavor = "multi_thread")]
async fn who_is_told_to_stop_answers_on_until_balancers_have_noticed() {
    let world = World::start().await;
    let servers = Servers { bus: &world.bus_config, store: &world.store_config };
    let leaves = ("AXIS_LEAVE_SECONDS", "600");
    let (receiver, api) = (servers.receiver(&[leaves]).await, servers.api(&[leaves]).await);
    let events = Events::start(&world, receiver.url()).await;
    for program in [&receiver, &api] {
        program.ask_to_stop();
        let ready = format!("{}/ready", program.url());
        eventually("it says that it is not ready", async || {
            let answer = events.http.get(&ready).send().await.unwrap();
            answer.status() == StatusCode::SERVICE_UNAVAILABLE
        })
        .await;
    }
    events.is_taken(1).await;
    let path = format!("{}/api/v1/conversations", api.url());
    let answer = eventually_some("conversations are read", async || {
        let answer = events.http.get(&path).bearer_auth("mock-token").send().await.unwrap();
        answer.status().is_success().then_some(answer)
    })
    .await;
    assert_eq!(answer.headers()["connection"], "close");
    for program in [receiver, api] {
        assert!(program.stop().await, "it does not wait any longer when it is told again");
    }
}

async fn ends_while(frozen: Frozen) {
    let (postgres, config) = testkit::postgres().await;
    let world = World::over(ready(config)).await;
    let servers = Servers { bus: &world.bus_config, store: &world.store_config };
    let api = servers.api(&[DEADLINE]).await;
    let receiver = servers.receiver(&[DEADLINE]).await;
    let (url, http) = (format!("{}/api/v1", api.url()), testkit::http());
    let events = Events::start(&world, receiver.url()).await;
    let programs = [
        receiver,
        servers.sync_worker(&[DEADLINE]).await,
        servers.outbound_worker(&[DEADLINE]).await,
        api,
    ];
    let asked = http.get(format!("{url}/activity")).bearer_auth("mock-token");
    let mut screen = asked.header("accept", "text/event-stream").send().await.unwrap();
    assert!(screen.chunk().await.unwrap().is_some(), "a screen follows");
    let conversation = conversation(&world, &events.account).await;

    if frozen.nats {
        world.nats.pause().await;
        events.send_in_vain().await;
    }
    if !frozen.postgres {
        for number in 0..CHANGES {
            let priority = if number % 2 == 0 { "urgent" } else { "low" };
            let (path, wanted) =
                (format!("{url}/conversations/{conversation}"), json!({ "priority": priority }));
            eventually("the change is taken", async || {
                let change = http.patch(&path).bearer_auth("mock-token").json(&wanted);
                let answer = change.send().await.unwrap();
                let status = answer.status();
                assert!(!status.is_client_error(), "{status}: {}", answer.text().await.unwrap());
                status.is_success()
            })
            .await;
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

/// Events of an account that a receiver knows.
struct Events {
    account: Account,
    receiver: String,
    http: Client,
}

impl Events {
    async fn start(world: &World, receiver: String) -> Self {
        let account = world.account(TENANT, 1).await;
        testkit::unsigned(&world.store, &world.bus, &account).await;
        let events = Self { account, receiver, http: testkit::http() };
        events.is_taken(0).await;
        events
    }

    async fn send(&self, number: usize) -> StatusCode {
        let account = json!({ "id": 1 });
        let event = json!({ "event": "call_started", "id": number, "account": account, "content": "x".repeat(LENGTH) });
        let to = format!("{}/api/v1/webhooks/chatwoot/{}", self.receiver, self.account.key.token());
        self.http.post(to).json(&event).send().await.unwrap().status()
    }

    /// Sends this one until the receiver takes it: if the disk of a busy machine is slow, that is refused.
    async fn is_taken(&self, number: usize) {
        let what = "the receiver takes an event";
        eventually(what, async || self.send(number).await.is_success()).await;
    }

    /// Until the receiver knows that it waits in vain for what it has published.
    async fn send_in_vain(&self) {
        let sending = stream::iter(1..=EVENTS).map(|number| self.is_taken(number));
        sending.buffer_unordered(32).count().await;
        eventually("publishing fails", async || {
            let metrics = self.http.get(format!("{}/metrics", self.receiver)).send().await.unwrap();
            let metrics = metrics.text().await.unwrap();
            let failed = r#"axis_publish_failures_total{reason="timeout"} "#;
            metrics.lines().filter_map(|line| line.strip_prefix(failed)).any(|count| count != "0")
        })
        .await;
    }
}

/// An account's first conversation, as a row of which nobody has told.
pub async fn conversation(world: &World, account: &Account) -> ConversationId {
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
