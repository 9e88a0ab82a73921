//! Replays on whose way to the database something is lost.

use std::future::ready;
use std::time::Duration;

use chrono::{TimeDelta, Utc};
use serde_json::{Value, json};
use store::{Config, Store};
use testkit::reqwest::{self, RequestBuilder, Response};
use testkit::{Postgres, Way, World, eventually, eventually_some, sqlx};
use tokio::task::JoinHandle;

use super::{commits, execute, with_a_copy_that_never_comes};
use crate::support::{Served, comes_in, waiting};

/// An API that has this way to its database.
async fn by_a_way(config: &Config) -> (Way, Served) {
    let way = Way::to(config).await;
    let mut world = World::over(ready(config.clone())).await;
    world.store = Store::connect(&way.config, "test").unwrap();
    (way, Served::over(world).await)
}

fn replay(served: &Served) -> RequestBuilder {
    let from = Utc::now() - TimeDelta::hours(1);
    let wanted = json!({ "accountId": served.ours.key, "from": from, "dryRun": false });
    served.post("/operations/replay", &wanted)
}

/// A replay that was asked for, and whose record is being committed: the database waits for its copies.
struct Committing {
    /// Stops when this is dropped.
    postgres: Postgres,
    config: Config,
    way: Way,
    served: Served,
    request: JoinHandle<reqwest::Result<Response>>,
}

async fn committing() -> Committing {
    let rows = "new.details ? 'begins'";
    let (postgres, config) = with_a_copy_that_never_comes("audit", rows).await;
    let (way, served) = by_a_way(&config).await;
    comes_in(&served, &served.ours, "message_created").await;
    let request = tokio::spawn(replay(&served).send());
    commits(&served).await;
    Committing { postgres, config, way, served, request }
}

/// Postgres has its copies.
async fn is_copied(config: &Config) {
    let statements = ["alter system reset synchronous_standby_names", "select pg_reload_conf()"];
    execute(config, &statements).await;
}

/// Nobody who asked before this has patience any more.
async fn patience_ends() {
    tokio::time::pause();
    tokio::time::advance(store::PATIENCE + Duration::from_secs(1)).await;
    tokio::time::resume();
}

async fn is_carried_out(served: &Served) {
    eventually("it is done", async || {
        let list = served.read("/operations/replays").await;
        list["data"].as_array().unwrap().iter().map(|one| &one["state"]).eq(["done"])
    })
    .await;
    assert_eq!(served.world.bus.stream("INBOUND").await.unwrap().messages, 2);
}

#[tokio::test]
async fn a_replay_whose_commit_is_never_answered_is_carried_out() {
    let Committing { postgres: _postgres, config, way, served, request } = committing().await;
    way.leave_unanswered();
    is_copied(&config).await;
    patience_ends().await;
    assert_eq!(request.await.unwrap().unwrap().status(), 503);
    is_carried_out(&served).await;
}

/// Its connection is lost while the database waits for its copies, which nobody else sees before they have it.
#[tokio::test]
async fn a_replay_that_is_committed_after_it_was_looked_for_is_carried_out() {
    let Committing { postgres: _postgres, config, way, served, request } = committing().await;
    way.cut_off();
    assert_eq!(request.await.unwrap().unwrap().status(), 503);
    let look = ["from audit where id = $1", "COMMIT"];
    eventually("it was looked for in vain", async || way.has_heard(&look)).await;
    is_copied(&config).await;
    is_carried_out(&served).await;
}

#[tokio::test]
async fn replays_that_a_silent_database_did_not_record_leave_room_for_others() {
    let config = testkit::database().await;
    let (way, served) = by_a_way(&config).await;
    let store = Store::connect(&config, "another").unwrap();
    let mut in_the_way = store.worker().await.unwrap();
    let lock = "set local role none; lock table audit in share row exclusive mode";
    sqlx::raw_sql(lock).execute(&mut *in_the_way).await.unwrap();
    // As many as a tenant may have.
    let requests = [(); 3].map(|()| tokio::spawn(replay(&served).send()));
    eventually("they wait", async || waiting(&store).await == 3).await;
    way.leave_unanswered();
    store::rollback(in_the_way).await.unwrap();
    patience_ends().await;
    for request in requests {
        assert_eq!(request.await.unwrap().unwrap().status(), 503);
    }
    let begun: Value = eventually_some("there is room for another", async || {
        let answer = replay(&served).send().await.unwrap();
        if answer.status() == 202 { Some(answer.json().await.unwrap()) } else { None }
    })
    .await;
    assert_eq!(begun["state"], "running");
}
