//! P9: a NATS or a Chatwoot that is there and says nothing holds up nobody who does not ask it.

use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use chatwoot_sim::{Sim, admin_token};
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use serde_json::json;
use store::Store;
use testkit::reqwest::{self, RequestBuilder, Response};
use testkit::{World, sqlx};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};

use crate::accounts::Stage;
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
        // More than there are connections, and few: NATS is given up after 10 s here.
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

/// A Chatwoot that answers a request once what it gives out for it is used; and its address.
async fn answering_when_told(sim: &Sim) -> (String, mpsc::UnboundedReceiver<oneshot::Sender<()>>) {
    let (asked, asks) = mpsc::unbounded_channel();
    let held = move |request: Request, next: Next| {
        let asked = asked.clone();
        async move {
            let (answer, told) = oneshot::channel();
            asked.send(answer).ok();
            told.await.ok();
            next.run(request).await
        }
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = sim.router().layer(from_fn(held));
    tokio::spawn(async { axum::serve(listener, router).await });
    (url, asks)
}

/// The workers that compare the account would wait for its rows.
#[tokio::test]
async fn who_rotates_an_account_locks_no_row_of_it_while_chatwoot_is_asked() {
    let stage = Stage::new().await;
    let served = &stage.served;
    let path = stage.connected().await;
    let (url, mut asks) = answering_when_told(&stage.chatwoot.sim).await;
    let mut transaction = served.world.store.worker().await.unwrap();
    sqlx::query("update chatwoot_accounts set base_url = $1 where chatwoot_account_id = 7")
        .bind(url)
        .execute(&mut *transaction)
        .await
        .unwrap();
    store::reconciliations::know_all(&mut transaction).await.unwrap();
    sqlx::query("update reconciliations set failures = 1")
        .execute(&mut *transaction)
        .await
        .unwrap();
    store::commit(transaction).await.unwrap();
    let rows = async || {
        let mut transaction = served.world.store.worker().await.unwrap();
        let rows = "select a.sealed_api_token, r.failures
                    from chatwoot_accounts a join reconciliations r on r.account_id = a.id
                    where a.chatwoot_account_id = 7 for update nowait";
        let row: (Vec<u8>, i32) = sqlx::query_as(rows).fetch_one(&mut *transaction).await.unwrap();
        store::rollback(transaction).await.unwrap();
        row
    };
    let before = rows().await;
    let body = json!({ "token": admin_token(7), "webhookSecret": true });
    let mut rotation = Box::pin(served.post(&format!("{path}/rotate"), &body).send());
    let mut times = 0;
    let answer = loop {
        tokio::select! {
            answer = &mut rotation => break answer.unwrap(),
            Some(answer) = asks.recv() => {
                rows().await;
                answer.send(()).ok();
                times += 1;
            }
        }
    };
    assert_eq!(answer.status(), 200);
    assert!(times >= 4, "{times}: whose token it is; its webhooks listed, moved and made");
    let (token, failures) = rows().await;
    assert_ne!(token, before.0);
    assert_eq!((before.1, failures), (1, 0), "it is compared again");
}
