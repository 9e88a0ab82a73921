//! Conversations with very many messages, and a Chatwoot that makes them up (P7, P9).

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use crate::support::stage::{FAST, Stage, config};
use crate::support::{count, execute};
use axum::Json;
use axum::extract::Request;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use chatwoot_sim::Options;
use serde_json::json;
use sync_worker::reconcile::Reconciler;
use testkit::eventually;
use tokio_util::sync::CancellationToken;

/// A number in the query of a request.
fn number(request: &Request, name: &str) -> Option<i64> {
    let query = request.uri().query()?;
    let mut parts = query.split('&').filter_map(|part| part.split_once('='));
    parts.find(|(key, _)| *key == name)?.1.parse().ok()
}

/// Sweeps find nothing, and each conversation of a walk has always more messages, which no row is ever written for.
fn never_ends(request: &mut Request) -> Option<Response> {
    let query = request.uri().query().unwrap_or_default();
    if query.contains("updated_within") || query.contains("last_activity_at") {
        let nothing = json!({ "data": { "meta": {}, "payload": [] } });
        return Some(Json(nothing).into_response());
    }
    let after = number(request, "after").filter(|_| request.uri().path().ends_with("/messages"))?;
    let (first, entries) = match number(request, "before") {
        None => (after + 1, 5_000),
        Some(_) => (after, 999),
    };
    // As text: there are more than a million.
    let mut lines = String::with_capacity(400_000);
    for id in first..first + entries {
        let comma = if id == first { "" } else { "," };
        write!(lines, r#"{comma}{{"id":{id},"message_type":2,"content":"","created_at":1}}"#)
            .unwrap();
    }
    let json = [(header::CONTENT_TYPE, "application/json")];
    Some((json, format!(r#"{{"meta":{{}},"payload":[{lines}]}}"#)).into_response())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_compared_though_four_of_another_tenant_never_end_and_their_walks_end_too() {
    let options = Options { accounts: (1..=5).collect(), ..Options::default() };
    let stage = Stage::set(options, false).await;
    let (store, rows) = (&stage.world.store, &stage.world.store_config);
    let url = stage.chatwoot.url();
    for number in 1..=4 {
        let token = chatwoot_sim::admin_token(number);
        testkit::account(store, "acme", number, &url, &token).await;
        stage.chatwoot.sim.start_conversation(number, "hello").unwrap();
    }
    stage.behind(never_ends).await;
    let reconciler =
        Reconciler::new(config(), testkit::secret_key(), store.clone(), stage.world.bus.clone());
    let stop = CancellationToken::new();
    let comparing = tokio::spawn(reconciler.run(stop.clone()));
    eventually("they are at it", async || {
        count(rows, "reconciliations where swept_to is not null and held_until > now()").await >= 3
    })
    .await;

    // The other tenant's Chatwoot answers, as one does.
    let token = chatwoot_sim::admin_token(5);
    testkit::account(store, "widgets", 5, &url, &token).await;
    stage.chatwoot.sim.start_conversation(5, "hello").unwrap();
    eventually("it is compared", async || {
        let walked = "reconciliations where tenant_id = 'widgets' and walked_at is not null";
        count(rows, walked).await == 1
    })
    .await;

    // What has gone on for so long is given up.
    eventually("all have been read in part", async || {
        count(rows, "long_conversations where compared_after > 5000").await == 4
    })
    .await;
    execute(rows, "update long_conversations set parts = 1000").await;
    eventually("their walks end", async || {
        let ended = "reconciliations where tenant_id = 'acme' and walked_at is not null
                     and unread[1] like 'messages after % of conversation %: the answers never end%'";
        count(rows, ended).await == 4
    })
    .await;
    assert_eq!(count(rows, "long_conversations").await, 0);
    stop.cancel();
    comparing.await.unwrap();
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_very_long_conversation_is_compared_whole_in_parts() {
    const MESSAGES: i64 = 5_300;
    let (stage, conversations) = Stage::untold(1).await;
    for message in 1..MESSAGES {
        let text = format!("message {message}");
        stage.chatwoot.sim.customer_writes(1, conversations[0], &text).unwrap();
    }
    let asked = Arc::<Mutex<Vec<&str>>>::default();
    let asks = Arc::clone(&asked);
    let alone = format!("/conversations/{}", conversations[0]);
    stage
        .behind(move |request| {
            let path = request.uri().path();
            if path.ends_with("/messages") && number(request, "after") == Some(0) {
                asks.lock().unwrap().push("its first messages");
            }
            if path.ends_with(&alone) {
                asks.lock().unwrap().push("itself");
            }
            None
        })
        .await;
    let backfill = stage.backfill();
    let told = |_: &_| {};
    let reached = backfill.everything(stage.account.key, FAST, true, &stage.shutdown, told).await;
    let reached = reached.unwrap();
    assert!(reached.complete && reached.unread.is_empty(), "{reached:?}");
    stage.settled().await;
    let rows = &stage.world.store_config;
    assert_eq!(count(rows, "messages").await, MESSAGES);
    assert_eq!(count(rows, "long_conversations").await, 0);
    // The walk's second part begins where the first one has ended; the sweep after it reads what is recent.
    let walked = ["its first messages", "itself"];
    let swept = ["its first messages"];
    assert_eq!(*asked.lock().unwrap(), [&walked[..], &swept[..]].concat());
    stage.end().await;
}
