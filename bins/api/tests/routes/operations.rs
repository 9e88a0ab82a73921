//! What operators see and do: the pipeline, dead letters, replay, accounts.

use std::time::Duration;

use chrono::{TimeDelta, Utc};
use domain::{EventId, Permission, Permissions, Role};
use events::{Inbound, TraceParent};
use serde_json::{Value, json};
use store::webhook_events::{Outcome, WebhookEvent};
use testkit::reqwest::Response;
use testkit::{Account, eventually, sqlx};

use crate::support::{Seed, Served, TENANT, dead_letter, ids, problem};

fn inbound(account: &Account, event: &str) -> Inbound {
    Inbound {
        id: EventId::generate(),
        account: account.key,
        tenant: account.tenant.clone(),
        event: event.to_owned(),
        received_at: Utc::now(),
        delivery: None,
        origin: "webhook".to_owned(),
        trace: TraceParent::generate(),
    }
}

pub async fn comes_in(served: &Served, account: &Account, event: &str) {
    let envelope = inbound(account, event).envelope("{}");
    served.world.bus.publisher().publish(envelope).await.unwrap();
}

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

async fn body(answer: Response) -> Value {
    assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
    answer.json().await.unwrap()
}

async fn audit(served: &Served, action: &str) -> Vec<Value> {
    let list = served.read(&format!("/audit?action={action}")).await;
    list["data"].as_array().unwrap().clone()
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
async fn dead_letters_are_listed_with_personal_data_masked_page_by_page() {
    let served = Served::start().await;
    let theirs = served.world.account("theirs", 2).await;
    let first = dead_letter(&served, &served.ours, "Ana wrote").await;
    for _ in 0..20 {
        dead_letter(&served, &theirs, "confidential").await;
    }
    let second = dead_letter(&served, &served.ours, "Ana wrote").await;
    let list = served.read("/operations/dead-letters").await;
    assert_eq!(ids(&list), [second.clone(), first.clone()]);
    assert_eq!(list["page"]["nextCursor"], Value::Null);
    let row = &list["data"][0];
    assert_eq!((&row["stream"], &row["reason"]), (&json!("INBOUND"), &json!("undecodable")));
    assert_eq!(row["accountId"], served.ours.key.to_string());
    assert_eq!(row["event"], "message_created");
    assert_eq!(row["detail"], "invalid input \"A… (9 characters)\"");
    let page = served.read("/operations/dead-letters?limit=1").await;
    assert_eq!(ids(&page), [second]);
    let cursor = page["page"]["nextCursor"].as_str().unwrap();
    let page = served.read(&format!("/operations/dead-letters?limit=1&cursor={cursor}")).await;
    assert_eq!(ids(&page), std::slice::from_ref(&first));
    for (filter, count) in [
        ("reason=undecodable&stream=INBOUND", 2),
        ("reason=other", 0),
        ("stream=OUTBOUND", 0),
        (&*format!("accountId={}", served.ours.key), 2),
        (&*format!("accountId={}", theirs.key), 0),
    ] {
        let list = served.read(&format!("/operations/dead-letters?{filter}")).await;
        assert_eq!(ids(&list).len(), count, "{filter}");
    }
    let shown = served.read(&format!("/operations/dead-letters/{first}")).await;
    assert_eq!(shown["payload"]["event"], "message_created");
    assert_eq!(shown["payload"]["content"], "A… (9 characters)");
    assert!(!shown.to_string().contains("Ana"), "{shown}");
    assert_eq!(served.refusal("/operations/dead-letters?cursor=x").await.0, 422);
}

#[tokio::test]
async fn dead_letters_are_counted_behind_others_that_were_removed() {
    let served = Served::start().await;
    let theirs = served.world.account("theirs", 2).await;
    let letters = served.world.bus.dead_letters();
    dead_letter(&served, &served.ours, "x").await;
    let counted = async || served.read("/operations/pipeline").await["deadLetters"].clone();
    for (removed, expected) in [(220, json!(1)), (800, Value::Null)] {
        for _ in 0..removed {
            dead_letter(&served, &theirs, "x").await;
            let newest = letters.among(None, 1).await.unwrap().0.pop().unwrap();
            letters.drop(newest.sequence).await.unwrap();
        }
        assert_eq!(counted().await, expected, "behind {removed} more");
    }
}

#[tokio::test]
async fn a_dead_letter_is_sent_again_once_and_what_was_done_is_in_the_audit() {
    let served = Served::start().await;
    let id = dead_letter(&served, &served.ours, "Ana wrote").await;
    let path = format!("/operations/dead-letters/{id}/redrive");
    let held = async || served.world.bus.stream("INBOUND").await.unwrap().messages;
    let tried = body(served.post(&path, &json!({ "dryRun": true })).send().await.unwrap()).await;
    assert_eq!((&tried["outcome"], &tried["dryRun"]), (&json!("would-be-sent"), &json!(true)));
    assert_eq!((held().await, audit(&served, "dead-letters%20redrive").await.len()), (0, 0));

    let request = || served.post(&path, &json!({})).header("idempotency-key", "once");
    let sent = body(request().send().await.unwrap()).await;
    assert_eq!((&sent["outcome"], &sent["sequence"]), (&json!("sent"), &json!(1)));
    assert_eq!(sent["deadLetter"]["id"], id);
    let again = request().send().await.unwrap();
    assert_eq!(again.headers()["idempotency-replayed"], "true");
    assert_eq!(body(again).await, sent);
    let gone = served.post(&path, &json!({})).send().await.unwrap();
    assert_eq!(problem(gone).await, (404, "not-found".to_owned()));
    assert_eq!((held().await, ids(&served.read("/operations/dead-letters").await).len()), (1, 0));

    let deeds = audit(&served, "dead-letters%20redrive").await;
    let [ended, begun] = &deeds[..] else { panic!("{deeds:?}") };
    assert_eq!((&begun["details"]["begins"], &begun["count"]), (&json!(true), &Value::Null));
    assert_eq!(ended["details"], json!({ "begun": begun["id"], "ended": "done" }));
    assert_eq!((&ended["count"], &ended["actor"]), (&json!(1), &json!("member dev-admin")));
    assert_eq!(ended["accountId"], served.ours.key.to_string());
    assert!(!format!("{deeds:?}").contains("Ana"));
}

#[tokio::test]
async fn of_two_who_drop_a_dead_letter_one_does() {
    let served = Served::start().await;
    let id = dead_letter(&served, &served.ours, "x").await;
    let kept = dead_letter(&served, &served.ours, "x").await;
    let path = format!("/operations/dead-letters/{id}/drop");
    let tried = body(served.post(&path, &json!({ "dryRun": true })).send().await.unwrap()).await;
    assert_eq!(tried["outcome"], "would-be-dropped");
    let drop = || served.post(&path, &json!({})).send();
    let (one, other) = tokio::join!(drop(), drop());
    let mut outcomes = Vec::new();
    for answer in [one.unwrap(), other.unwrap()] {
        match answer.status().as_u16() {
            200 => outcomes.push(body(answer).await["outcome"].as_str().unwrap().to_owned()),
            status => assert_eq!(status, 404),
        }
    }
    assert_eq!(outcomes.iter().filter(|outcome| *outcome == "dropped").count(), 1, "{outcomes:?}");
    assert_eq!(ids(&served.read("/operations/dead-letters").await), [kept]);
}

#[tokio::test]
async fn a_replay_counts_first_then_goes_on_by_itself_and_tells_how_it_ended() {
    let served = Served::start().await;
    let theirs = served.world.account("theirs", 2).await;
    for event in ["message_created", "message_created", "contact_updated"] {
        comes_in(&served, &served.ours, event).await;
        comes_in(&served, &theirs, event).await;
    }
    let from = Utc::now() - TimeDelta::hours(1);
    let mut wanted = json!({ "accountId": served.ours.key, "from": from });
    let counted = served.post("/operations/replay", &wanted).send().await.unwrap();
    assert_eq!(counted.status(), 200);
    let counted = body(counted).await;
    assert_eq!((&counted["count"], &counted["ended"]), (&json!(3), &json!("done")));
    let by = json!([
        { "event": "contact_updated", "count": 1 }, { "event": "message_created", "count": 2 },
    ]);
    assert_eq!((&counted["by"], &counted["goOnFrom"]), (&by, &Value::Null));
    assert_eq!(audit(&served, "replay").await.len(), 0);

    wanted["dryRun"] = false.into();
    wanted["event"] = "message_created".into();
    wanted["most"] = 1.into();
    let begun = served.post("/operations/replay", &wanted).send().await.unwrap();
    assert_eq!(begun.status(), 202);
    let location = begun.headers()["location"].to_str().unwrap().replace("/api/v1", "");
    let begun = body(begun).await;
    assert_eq!(location, format!("/operations/replays/{}", begun["id"].as_str().unwrap()));
    assert_eq!((&begun["state"], &begun["count"]), (&json!("running"), &Value::Null));
    eventually("the replay has ended", || async {
        served.read(&location).await["state"] != "running"
    })
    .await;
    let ended = served.read(&location).await;
    assert_eq!((&ended["state"], &ended["count"]), (&json!("most"), &json!(1)));
    assert_eq!(ended["by"], "member dev-admin");
    assert_eq!(served.world.bus.stream("INBOUND").await.unwrap().messages, 7);
    assert_eq!(ids(&served.read("/operations/replays").await), [begun["id"].as_str().unwrap()]);
    assert_eq!(audit(&served, "replay").await.len(), 2);
}

#[tokio::test]
async fn a_replay_that_cannot_be_is_refused() {
    let served = Served::start().await;
    let account = served.ours.key;
    let now = Utc::now();
    for (wanted, field) in [
        (json!({ "accountId": account, "from": now + TimeDelta::hours(1) }), "from"),
        (json!({ "accountId": account, "from": now, "to": now }), "to"),
        (json!({ "accountId": account, "from": now, "event": "" }), "event"),
        (json!({ "accountId": account, "from": now, "most": 0 }), "most"),
        (json!({ "accountId": account, "from": now, "perSecond": 1_001 }), "perSecond"),
    ] {
        let answer = served.post("/operations/replay", &wanted).send().await.unwrap();
        assert_eq!(answer.status(), 422, "{wanted}");
        let refused: Value = answer.json().await.unwrap();
        assert_eq!(refused["errors"][0]["field"], field, "{wanted}");
    }
}

#[tokio::test]
async fn a_replay_whose_program_is_gone_is_lost() {
    let served = Served::start().await;
    let mut transaction = served.world.store.worker().await.unwrap();
    let entry = store::audit::Entry {
        actor: "member x".to_owned(),
        source: "api",
        action: "replay".to_owned(),
        target: "from then".to_owned(),
        tenant: Some(TENANT.parse().unwrap()),
        account: None,
        count: None,
        details: json!({ "begins": true, "endsBy": "2026-01-01T00:00:00Z" }),
    };
    store::audit::record(&mut transaction, &entry).await.unwrap();
    // As the tool wrote them once: without a word of when they should have ended.
    for hours in [25, 23] {
        sqlx::query(
            "insert into audit (id, actor, source, action, target, tenant_id, details, at)
             values (gen_random_uuid(), 'operator', 'axis', 'replay', 'from then', $1,
                     '{\"begins\": true}', now() - make_interval(hours => $2))",
        )
        .bind(TENANT)
        .bind(hours)
        .execute(&mut *transaction)
        .await
        .unwrap();
    }
    store::commit(transaction).await.unwrap();
    let list = served.read("/operations/replays").await;
    let states: Vec<_> = list["data"].as_array().unwrap().iter().map(|row| &row["state"]).collect();
    assert_eq!(states, ["lost", "running", "lost"]);
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
