//! P9: a NATS that is there and says nothing holds up nobody who does not ask it.

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use serde_json::json;
use store::Store;
use testkit::World;
use testkit::reqwest::{self, RequestBuilder, Response};

use crate::support::{Served, dead_letter, problem};

/// With so few connections that those who look for a dead letter would hold all of them.
#[tokio::test]
async fn who_looks_for_a_dead_letter_holds_no_connection_to_the_database() {
    let mut world = World::start().await;
    let few = store::Config { database_connections: 2, ..world.store_config.clone() };
    world.store = Store::connect(&few, "test").unwrap();
    let served = Served::over(world).await;
    let id = dead_letter(&served, &served.ours, "x").await;
    let path = format!("/operations/dead-letters/{id}");
    served.world.nats.pause().await;
    let mut asked: FuturesUnordered<_> = (0..3).map(|_| served.get(&path).send()).collect();
    let others = async {
        // More than there are connections, and few: NATS is given up after 5 s.
        for _ in 0..5 {
            served.read("/labels").await;
        }
    };
    tokio::select! {
        biased;
        answered = asked.next() => panic!("NATS has answered nothing: {answered:?}"),
        () = others => {}
    }
    served.world.nats.resume().await;
}

/// Whoever reads letters, or counts what a replay would bring, may hold much.
#[tokio::test]
async fn only_so_many_read_much_of_a_stream_at_a_time() {
    let served = Served::start().await;
    let one = format!("/operations/dead-letters/{}", dead_letter(&served, &served.ours, "x").await);
    let from = chrono::Utc::now() - chrono::TimeDelta::hours(1);
    let wanted = json!({ "accountId": served.ours.key, "from": from });
    let read = |number: usize| match number % 3 {
        0 => served.get(&one).send(),
        1 => served.get("/operations/dead-letters").send(),
        _ => served.post("/operations/replay", &wanted).send(),
    };
    served.world.nats.pause().await;
    // All but as many as one tenant may have in hand.
    so_many_are_refused(&served, (0..15).map(read).collect(), 15 - 12).await;
    // More than have room at a time: who has read gives the place back.
    for _ in 0..17 {
        served.read("/operations/dead-letters").await;
    }
}

/// They hold connections while they wait.
#[tokio::test]
async fn who_has_an_account_compared_leaves_connections_to_others() {
    let served = Served::start().await;
    let path = format!("/operations/accounts/{}/reconcile", served.ours.key);
    served.world.nats.pause().await;
    let compare = || served.post(&path, &json!({}));
    let asked = (0..8).map(|_| compare()).map(RequestBuilder::send).collect();
    // All but as many as one tenant may have in hand.
    so_many_are_refused(&served, asked, 8 - 5).await;
}

/// Has NATS say nothing until then: who is answered makes room for another. Answers may come in any order.
async fn so_many_are_refused(
    served: &Served,
    mut asked: FuturesUnordered<impl Future<Output = reqwest::Result<Response>>>,
    expected: usize,
) {
    let mut refused = 0;
    while let Some(answer) = asked.next().await {
        let answer = answer.unwrap();
        if answer.status() == 503 && problem(answer).await.1 == "busy" {
            refused += 1;
            if refused == expected {
                served.world.nats.resume().await;
            }
        }
    }
    assert_eq!(refused, expected);
}
