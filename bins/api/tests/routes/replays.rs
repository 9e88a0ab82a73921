//! What operators have replayed.

use chrono::{TimeDelta, Utc};
use domain::Role;
use serde_json::{Value, json};
use store::audit::Entry;
use testkit::{Account, eventually, sqlx};

use crate::support::{Served, TENANT, audit, body, comes_in, ids, problem};

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
    // More than have room at a time: who has counted gives its place back.
    for _ in 0..17 {
        let counted = served.post("/operations/replay", &wanted).send().await.unwrap();
        assert_eq!(counted.status(), 200);
    }
    let counted = served.post("/operations/replay", &wanted).send().await.unwrap();
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
    assert_eq!(ended["progress"], Value::Null);
    assert_eq!(ended["by"], "member dev-admin");
    assert_eq!(served.world.bus.stream("INBOUND").await.unwrap().messages, 7);
    assert_eq!(ids(&served.read("/operations/replays").await), [begun["id"].as_str().unwrap()]);
    assert_eq!(audit(&served, "replay").await.len(), 2);
}

/// Whoever asks, and whichever process: the one that runs it may not be theirs.
#[tokio::test]
async fn a_replay_tells_how_far_it_is_and_one_whose_program_is_gone_how_far_it_came() {
    let served = Served::start().await;
    for number in 0..60 {
        comes_in(&served, &served.ours, &format!("event_{number}")).await;
    }
    let from = Utc::now() - TimeDelta::hours(1);
    let wanted = json!({
        "accountId": served.ours.key, "from": from, "dryRun": false, "perSecond": 2,
    });
    let begun = served.post("/operations/replay", &wanted).send().await.unwrap();
    let location = begun.headers()["location"].to_str().unwrap().replace("/api/v1", "");
    eventually("it has come somewhere", async || {
        served.read(&location).await["count"].as_u64().is_some_and(|count| count > 0)
    })
    .await;
    let shown = served.read(&location).await;
    assert_eq!((&shown["state"], &shown["progress"]["total"]), (&json!("running"), &json!(60)));
    let [count, done] = [&shown["count"], &shown["progress"]["done"]].map(Value::as_u64);
    assert!((1..60).contains(&count.unwrap()) && done >= count, "{shown}");

    let mut transaction = served.world.store.worker().await.unwrap();
    let long_ago = json!({ "begins": true, "endsBy": "2026-01-01T00:00:00Z" });
    let lost = store::audit::record(&mut transaction, &entry(None, long_ago)).await.unwrap();
    sqlx::query("insert into audit_progress values ($1, $2, 7, 9, 5, now())")
        .bind(lost.0)
        .bind(TENANT)
        .execute(&mut *transaction)
        .await
        .unwrap();
    store::commit(transaction).await.unwrap();
    let lost = served.read(&format!("/operations/replays/{lost}")).await;
    assert_eq!((&lost["state"], &lost["count"]), (&json!("lost"), &json!(5)));
    assert_eq!(lost["progress"], json!({ "done": 7, "total": 9 }));
}

/// P9: what one tenant has replayed slowly takes no place that another one needs.
#[tokio::test]
async fn a_tenants_replays_leave_room_for_another_tenants() {
    let served = Served::start().await;
    let theirs = served.world.account("theirs", 2).await;
    let key = served.key("theirs", Role::Admin.permissions()).await;
    // So many that one in a second takes longer than this test.
    for number in 0..60 {
        comes_in(&served, &served.ours, &format!("event_{number}")).await;
        comes_in(&served, &theirs, &format!("event_{number}")).await;
    }
    let from = Utc::now() - TimeDelta::hours(1);
    let replay = async |account: &Account, token: &str| {
        let wanted = json!({
            "accountId": account.key, "from": from, "dryRun": false, "perSecond": 1,
        });
        let request = served.http.post(served.url("/operations/replay")).bearer_auth(token);
        request.json(&wanted).send().await.unwrap()
    };
    for _ in 0..3 {
        assert_eq!(replay(&served.ours, "mock-token").await.status(), 202);
    }
    let full = (503, "too-many-replays".to_owned());
    assert_eq!(problem(replay(&served.ours, "mock-token").await).await, full);
    assert_eq!(replay(&theirs, &key).await.status(), 202);
    assert_eq!(problem(replay(&theirs, &key).await).await, full, "all are taken");
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

/// What the audit has of somebody's replay.
fn entry(count: Option<u64>, details: Value) -> Entry {
    Entry {
        actor: "member x".to_owned(),
        source: "api",
        action: "replay".to_owned(),
        target: "from then".to_owned(),
        tenant: Some(TENANT.parse().unwrap()),
        account: None,
        count,
        details,
    }
}

#[tokio::test]
async fn a_replay_whose_program_is_gone_is_lost() {
    let served = Served::start().await;
    let mut transaction = served.world.store.worker().await.unwrap();
    let entry = entry(None, json!({ "begins": true, "endsBy": "2026-01-01T00:00:00Z" }));
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
async fn a_replay_that_failed_says_why() {
    let served = Served::start().await;
    let mut transaction = served.world.store.worker().await.unwrap();
    for ended in ["most", "4 events were removed"] {
        let id = store::audit::begin(&mut transaction, entry(Some(3), json!({}))).await.unwrap();
        store::audit::end(&mut transaction, id, entry(Some(3), json!({})), ended).await.unwrap();
    }
    store::commit(transaction).await.unwrap();
    let list = served.read("/operations/replays").await;
    let ends: Vec<_> = list["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (&row["state"], &row["reason"]))
        .collect();
    assert_eq!(
        ends,
        [(&json!("failed"), &json!("4 events were removed")), (&json!("most"), &Value::Null)]
    );
}
