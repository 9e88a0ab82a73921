//! What operators see and do: the pipeline, accounts.

use std::time::Duration;

use chrono::{TimeDelta, Utc};
use domain::{EventId, Permission, Permissions, Role};
use serde_json::{Value, json};
use store::webhook_events::{Outcome, WebhookEvent};
use testkit::{Account, eventually, sqlx};

use crate::support::{Seed, Served, TENANT, audit, body, comes_in, dead_letter, ids, problem};

/// An event that became of it what is said.
fn received(account: &Account, outcome: Outcome) -> WebhookEvent {
    WebhookEvent {
        id: EventId::generate(),
        received_at: Utc::now(),
        tenant: account.tenant.clone(),
        account: account.key,
        event: "message_created".to_owned(),
        origin: "webhook".to_owned(),
        delivery: None,
        digest: vec![1],
        stream_sequence: 1,
        outcome,
        detail: None,
    }
}

fn stage<'a>(pipeline: &'a Value, name: &str) -> &'a Value {
    pipeline["stages"].as_array().unwrap().iter().find(|stage| stage["name"] == name).unwrap()
}

/// P8: what is another tenant's is in no figure.
#[tokio::test]
async fn the_pipeline_shows_the_tenants_own_rates_lag_and_failures() {
    let served = Served::start().await;
    let theirs = served.world.account("theirs", 2).await;
    let received_at = Utc::now() - TimeDelta::milliseconds(40);
    let mut transaction = served.world.store.worker().await.unwrap();
    for (account, outcome) in [
        (&served.ours, Outcome::Applied),
        (&served.ours, Outcome::Ignored),
        (&served.ours, Outcome::Rejected),
        (&theirs, Outcome::Rejected),
    ] {
        let event = WebhookEvent { received_at, ..received(account, outcome) };
        store::webhook_events::record(&mut transaction, &[event], &[], &[]).await.unwrap();
    }
    store::commit(transaction).await.unwrap();
    for account in [&served.ours, &served.ours, &theirs] {
        comes_in(&served, account, "message_created").await;
        dead_letter(&served, account, "x").await;
    }
    let conversation = served.write(&Seed::open(1)).await;
    let path = format!("/conversations/{conversation}");
    body(served.patch(&path, &json!({ "priority": "high" })).send().await.unwrap()).await;

    let pipeline = served.read("/operations/pipeline").await;
    let names: Vec<_> = pipeline["stages"].as_array().unwrap().iter().map(|s| &s["name"]).collect();
    assert_eq!(names, ["receiver", "inbound", "sync", "outbound", "chatwoot", "activity"]);
    assert_eq!(stage(&pipeline, "receiver")["perMinute"], 0.6);
    assert_eq!(stage(&pipeline, "receiver")["pending"], Value::Null);
    assert_eq!(stage(&pipeline, "inbound")["pending"], 2);
    assert!(stage(&pipeline, "inbound")["oldestAt"].is_string());
    assert_eq!(stage(&pipeline, "sync")["errors"], 1);
    assert_eq!(stage(&pipeline, "outbound")["pending"], 1);
    assert!(stage(&pipeline, "outbound")["oldestAt"].is_string());
    assert_eq!(stage(&pipeline, "chatwoot")["errors"], 0);
    assert_eq!(pipeline["deadLetters"], 2);
    let points = pipeline["points"].as_array().unwrap();
    assert_eq!(points.len(), 60);
    let received: u64 = points.iter().map(|point| point["received"].as_u64().unwrap()).sum();
    assert_eq!(received, 3);
    let point = points.iter().find(|point| point["received"] != 0).unwrap();
    assert!(point["p50Ms"].as_f64().unwrap() >= 40.0, "{point}");
    assert!(point["p99Ms"].as_f64() >= point["p50Ms"].as_f64(), "{point}");
    assert_eq!(points[0]["p50Ms"], Value::Null);
}

/// It takes much counting, and every open screen asks for it again and again.
#[tokio::test]
async fn the_pipeline_is_looked_at_once_for_all_who_ask_in_a_moment() {
    let served = Served::start().await;
    let looked = async || served.read("/operations/pipeline").await["at"].clone();
    eventually("two are told the same", || async { looked().await == looked().await }).await;
}

#[tokio::test]
async fn the_pipeline_is_shown_while_the_streams_are_away() {
    let served = Served::start().await;
    for number in 2..=6 {
        served.world.account(TENANT, number).await;
    }
    served.world.nats.stop().await.unwrap();
    // Both within the time that a request has, however many accounts there are to ask for.
    let (pipeline, accounts) =
        tokio::join!(served.read("/operations/pipeline"), served.read("/operations/accounts"));
    assert_eq!(stage(&pipeline, "inbound")["pending"], Value::Null);
    assert_eq!(pipeline["deadLetters"], Value::Null);
    assert_eq!(ids(&accounts).len(), 6);
    assert_eq!(accounts["data"][5]["inbound"], Value::Null);
    let refused = served.refusal("/operations/dead-letters").await;
    assert_eq!(refused, (503, "unavailable".to_owned()));
}

#[tokio::test]
async fn events_that_waited_long_count_when_they_are_processed() {
    let served = Served::start().await;
    let mut transaction = served.world.store.worker().await.unwrap();
    for outcome in [Outcome::Applied, Outcome::Rejected] {
        let event = WebhookEvent {
            received_at: Utc::now() - TimeDelta::hours(2),
            ..received(&served.ours, outcome)
        };
        store::webhook_events::record(&mut transaction, &[event], &[], &[]).await.unwrap();
    }
    store::commit(transaction).await.unwrap();
    let pipeline = served.read("/operations/pipeline").await;
    let sync = stage(&pipeline, "sync");
    assert_eq!((&sync["perMinute"], &sync["errors"]), (&json!(0.4), &json!(1)));
    assert_eq!(stage(&pipeline, "receiver")["perMinute"], 0.0);
}

#[tokio::test]
async fn accounts_say_whether_they_answer_and_how_far_they_are_compared() {
    let served = Served::start().await;
    served.world.account("theirs", 2).await;
    let elsewhere =
        testkit::account(&served.world.store, "theirs", 7, "https://elsewhere.example", "token")
            .await;
    comes_in(&served, &served.ours, "message_created").await;
    let mut transaction = served.world.store.worker().await.unwrap();
    store::reconciliations::know_all(&mut transaction).await.unwrap();
    for (host, rate) in [("chatwoot.test:80", 120), ("elsewhere.example:443", 60)] {
        let (mut known, now) = store::hosts::lock(&mut transaction, host).await.unwrap();
        known.per_minute = rate;
        known.filled_at = now;
        store::hosts::write(&mut transaction, &known).await.unwrap();
    }
    for account in [served.ours.key, elsewhere.key] {
        let (mut breaker, now) =
            store::breakers::lock(&mut transaction, account).await.unwrap().unwrap();
        breaker.failures = 5;
        breaker.state = store::breakers::State::Open(now + Duration::from_mins(1));
        store::breakers::write(&mut transaction, &breaker).await.unwrap();
    }
    sqlx::query("update reconciliations set drift_found = 3, drift_repaired = 2")
        .execute(&mut *transaction)
        .await
        .unwrap();
    store::commit(transaction).await.unwrap();

    let list = served.read("/operations/accounts").await;
    let [account] = &list["data"].as_array().unwrap()[..] else { panic!("{list}") };
    assert_eq!(account["id"], served.ours.key.to_string());
    assert_eq!(
        (&account["breaker"]["state"], &account["breaker"]["failures"]),
        (&json!("open"), &json!(5))
    );
    assert_eq!(account["rate"]["perMinute"], 120);
    assert!(account["rate"]["available"].as_f64().unwrap() <= 2.0);
    assert_eq!(
        (&account["inbound"]["pending"], &account["outbound"]["pending"]),
        (&json!(1), &json!(0))
    );
    let compared = &account["reconciliation"];
    assert_eq!((&compared["driftFound"], &compared["driftRepaired"]), (&json!(3), &json!(2)));

    // What the tenant's role sees of installations is those that it is on.
    let tenant = TENANT.parse().unwrap();
    let mut transaction = served.world.store.tenant(&tenant).await.unwrap();
    let hosts = store::hosts::allowances(&mut transaction).await.unwrap();
    assert_eq!(hosts.iter().map(|host| &host.host).collect::<Vec<_>>(), ["chatwoot.test:80"]);
}

#[tokio::test]
async fn an_account_is_compared_when_an_operator_asks_for_it() {
    let served = Served::start().await;
    let mut transaction = served.world.store.worker().await.unwrap();
    store::reconciliations::know_all(&mut transaction).await.unwrap();
    sqlx::query(
        "update reconciliations set sweep_due_at = now() + interval '1 hour',
           walk_due_at = now() + interval '1 day'",
    )
    .execute(&mut *transaction)
    .await
    .unwrap();
    store::commit(transaction).await.unwrap();
    let due = async || {
        let mut transaction = served.world.store.worker().await.unwrap();
        let all = store::reconciliations::list(&mut transaction).await.unwrap();
        let progress = &all[0].progress;
        (progress.sweep_due_at <= Utc::now(), progress.walk.due_at <= Utc::now())
    };
    let path = format!("/operations/accounts/{}/reconcile", served.ours.key);
    let asked = served.post(&path, &json!({})).send().await.unwrap();
    assert_eq!(asked.status(), 202);
    assert_eq!(body(asked).await["id"], served.ours.key.to_string());
    assert_eq!(due().await, (true, false));
    body(served.post(&path, &json!({ "everything": true })).send().await.unwrap()).await;
    assert_eq!(due().await, (true, true));
    let deeds = audit(&served, "reconcile").await;
    assert_eq!(deeds.len(), 2);
    assert_eq!(deeds[0]["accountId"], served.ours.key.to_string());
}

#[tokio::test]
async fn who_may_look_may_not_therefore_act() {
    let served = Served::start().await;
    let id = dead_letter(&served, &served.ours, "x").await;
    let account = served.ours.key;
    let acts = [
        (
            format!("/operations/dead-letters/{id}/redrive"),
            json!({}),
            Permission::RedriveDeadLetters,
        ),
        (format!("/operations/dead-letters/{id}/drop"), json!({}), Permission::RedriveDeadLetters),
        (
            format!("/operations/accounts/{account}/reconcile"),
            json!({}),
            Permission::ReconcileAccounts,
        ),
        (
            "/operations/replay".to_owned(),
            json!({ "accountId": account, "from": Utc::now() - TimeDelta::hours(1) }),
            Permission::ReplayEvents,
        ),
    ];
    let viewer = served.key(TENANT, Role::Viewer.permissions()).await;
    let agent = served.key(TENANT, Role::Agent.permissions()).await;
    let get = async |token: &str, path: &str| {
        served.http.get(served.url(path)).bearer_auth(token).send().await.unwrap().status()
    };
    for path in ["/operations/pipeline", "/operations/dead-letters", "/operations/accounts"] {
        assert_eq!(
            (get(&viewer, path).await.as_u16(), get(&agent, path).await.as_u16()),
            (200, 403)
        );
    }
    for (path, body, needed) in acts {
        let request = served.http.post(served.url(&path)).bearer_auth(&viewer).json(&body);
        assert_eq!(problem(request.send().await.unwrap()).await, (403, "forbidden".to_owned()));
        let alone: Permissions = [needed].into_iter().collect();
        let alone = served.key(TENANT, alone).await;
        let request = served.http.post(served.url(&path)).bearer_auth(alone).json(&body);
        let status = request.send().await.unwrap().status();
        assert!(status.is_success() || status == 404, "{path}: {status}");
    }
}
