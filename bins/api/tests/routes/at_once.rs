//! What comes of several who change an account, or the tenant, at the same moment.

use std::sync::atomic::{AtomicUsize, Ordering};

use chatwoot_sim::{Faults, Millis, RestFaults};
use domain::Sealed;
use futures_util::future::join_all;
use serde_json::{Value, json};
use testkit::reqwest::{Response, StatusCode};
use testkit::sqlx;

use crate::accounts::Stage;
use crate::support::{Served, problem, waiting};

/// How often which status was answered.
fn count(answers: &[Response], status: u16) -> usize {
    answers.iter().filter(|answer| answer.status() == status).count()
}

/// What was done, oldest first, and the details.
async fn deeds(served: &Served, action: &str) -> Vec<Value> {
    let audit = served.get("/audit?limit=100").query(&[("action", action)]).send().await.unwrap();
    let audit: Value = audit.json().await.unwrap();
    audit["data"].as_array().unwrap().iter().rev().map(|deed| deed["details"].clone()).collect()
}

/// Sends them while nobody gets past this statement, and lets them go on once each of them waits there
/// or is answered.
async fn together(
    served: &Served,
    gate: &'static str,
    asked: impl IntoIterator<Item = impl Future<Output = Response>>,
) -> Vec<Response> {
    let store = store::Store::connect(&served.world.store_config, "gate").unwrap();
    let mut closed = store.worker().await.unwrap();
    sqlx::query(gate).execute(&mut *closed).await.unwrap();
    let (count, answered) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let requests = asked.into_iter().map(async |request| {
        count.fetch_add(1, Ordering::Relaxed);
        let answer = request.await;
        answered.fetch_add(1, Ordering::Relaxed);
        answer
    });
    let open = async {
        testkit::eventually("each waits or is answered", || async {
            let there = waiting(&store).await + answered.load(Ordering::Relaxed);
            there >= count.load(Ordering::Relaxed).max(1)
        })
        .await;
        store::commit(closed).await.unwrap();
    };
    tokio::join!(join_all(requests), open).0
}

/// Chatwoot takes its time, so that whoever asks it at once does.
fn slow_down(stage: &Stage) {
    let rest = RestFaults { latency_ms: Millis::between(100, 100), ..RestFaults::default() };
    stage.chatwoot.sim.set_faults(Faults { rest, ..Faults::default() }).unwrap();
}

#[tokio::test]
async fn of_many_who_connect_an_account_each_gets_the_same_one_or_is_told_to_wait() {
    let stage = Stage::new().await;
    slow_down(&stage);
    let asked = stage.asked(7, &chatwoot_sim::admin_token(7));
    let gate = "lock table chatwoot_accounts in share row exclusive mode";
    let answers = together(&stage.served, gate, (0..3).map(|_| stage.connect(&asked))).await;
    let (made, told_to_wait): (Vec<_>, Vec<_>) =
        answers.into_iter().partition(|answer| answer.status() == StatusCode::CREATED);
    for answer in told_to_wait {
        assert_eq!(problem(answer).await, (409, "account-busy".to_owned()));
    }
    let first = made[0].headers()["location"].clone();
    assert!(made.iter().all(|answer| answer.headers()["location"] == first));
    for answer in made {
        let connected: Value = answer.json().await.unwrap();
        assert_eq!(connected["webhookTrouble"], Value::Null, "{connected}");
    }
    let listed = stage.served.read("/accounts").await;
    let known = listed["data"].as_array().unwrap().iter();
    assert_eq!(known.filter(|one| one["chatwootAccountId"] == 7).count(), 1);
    let path = first.to_str().unwrap().replace("/api/v1", "");
    assert_eq!(stage.connected().await, path, "whoever was told to wait comes again");
    let check = stage.served.post(&format!("{path}/webhook/check"), &json!({}));
    let checked: Value = check.send().await.unwrap().json().await.unwrap();
    assert_eq!((&checked["signed"], &checked["duplicates"]), (&json!(true), &json!([])));
}

#[tokio::test]
async fn of_many_who_rotate_each_does_or_is_told_to_wait() {
    let stage = Stage::new().await;
    let served = &stage.served;
    let path = stage.connected().await;
    slow_down(&stage);
    let rotate = format!("{path}/rotate");
    let body = json!({ "webhookSecret": true });
    let answers = join_all((0..5).map(|_| served.post(&rotate, &body).send())).await;
    let mut done = 0;
    for answer in answers {
        let answer = answer.unwrap();
        if answer.status() == StatusCode::OK {
            done += 1;
        } else {
            assert_eq!(problem(answer).await, (409, "account-busy".to_owned()));
        }
    }
    assert!(done >= 1);
    assert_eq!(deeds(served, "accounts rotate").await.len(), done);
    let check = served.post(&format!("{path}/webhook/check"), &json!({})).send().await.unwrap();
    let checked: Value = check.json().await.unwrap();
    assert_eq!((&checked["signed"], &checked["duplicates"]), (&json!(true), &json!([])));
}

#[tokio::test]
async fn of_many_who_disconnect_one_does() {
    let stage = Stage::new().await;
    let served = &stage.served;
    let path = stage.connected().await;
    let rotate = served.post(&format!("{path}/rotate"), &json!({ "webhookSecret": true }));
    let gate = "select from chatwoot_accounts where chatwoot_account_id = 7 for update";
    let disconnects = (0..4).map(|_| async { served.delete(&path).send().await.unwrap() });
    let (answers, rotated) = tokio::join!(together(served, gate, disconnects), rotate.send());
    let rotated = rotated.unwrap().status();
    assert!(matches!(rotated.as_u16(), 200 | 404 | 409), "{rotated}");
    let done = count(&answers, 200);
    assert!(done <= 1, "{answers:?}");
    if done == 0 {
        // Whoever rotated had it in hand all the while.
        assert_eq!(count(&answers, 409), 4, "{answers:?}");
        assert_eq!(served.delete(&path).send().await.unwrap().status(), 200);
    } else {
        assert_eq!(count(&answers, 409) + count(&answers, 404), 3, "{answers:?}");
    }
    assert_eq!(deeds(served, "accounts disconnect").await.len(), 1);
    let sources = served.world.bus.sources().list().await.unwrap();
    assert!(sources.iter().all(|one| one.chatwoot_account_id != 7), "the receivers take no more");
    let secrets: i64 = sqlx::query_scalar(
        "select count(*) from chatwoot_accounts
         where chatwoot_account_id = 7
           and (sealed_api_token <> '' or cardinality(sealed_webhook_secrets) > 0)",
    )
    .fetch_one(&mut *served.world.store.worker().await.unwrap())
    .await
    .unwrap();
    assert_eq!(secrets, 0, "its secrets are forgotten");
}

#[tokio::test]
async fn of_many_who_rename_the_tenant_each_is_in_the_audit_with_what_it_renamed() {
    let served = Served::start().await;
    let first = served.read("/tenant").await["name"].clone();
    let names = ["a", "b", "c", "d"].map(|name| json!({ "name": name }));
    let answers = join_all(names.iter().map(|name| served.patch("/tenant", name).send())).await;
    assert!(answers.into_iter().all(|answer| answer.unwrap().status() == StatusCode::OK));
    let last = served.read("/tenant").await["name"].clone();
    let deeds = deeds(&served, "tenants update").await;
    let after = |name: &Value| deeds.iter().find(|deed| deed["before"]["name"] == *name);
    let mut name = first;
    for _ in 0..4 {
        name = after(&name).expect("somebody renamed it")["after"]["name"].clone();
    }
    assert_eq!(name, last, "one chain of names: {deeds:?}");
}

/// Somebody else tells the receivers of the account, slowly, while it changes twice.
#[tokio::test]
async fn what_receivers_know_last_is_what_was_last() {
    let stage = Stage::new().await;
    let (path, store) = (stage.connected().await, &stage.served.world.store);
    let id = path.rsplit('/').next().unwrap().parse().unwrap();
    let sources = stage.served.world.bus.sources();
    let before = sources.list().await.unwrap().pop().unwrap();
    let mut slow = store.worker().await.unwrap();
    store::accounts::hold_source(&mut slow, id).await.unwrap();

    let secret = json!({ "webhookSecret": true });
    let rotate = stage.served.post(&format!("{path}/rotate"), &secret);
    let rotated = tokio::spawn(rotate.send());
    testkit::eventually("who rotates waits to tell the receivers", || async {
        let waiting: i64 = sqlx::query_scalar(
            "select count(*) from pg_locks l join pg_database d on d.oid = l.database
             where d.datname = current_database() and l.locktype = 'advisory' and not l.granted",
        )
        .fetch_one(&mut *store.worker().await.unwrap())
        .await
        .unwrap();
        waiting == 1
    })
    .await;
    let mut other = store.worker().await.unwrap();
    let secrets = [Sealed(b"else".to_vec())];
    store::accounts::set_webhook(&mut other, id, 1, &secrets).await.unwrap();
    store::commit(other).await.unwrap();
    sources.put(&before).await.unwrap();
    store::commit(slow).await.unwrap();

    assert_eq!(rotated.await.unwrap().unwrap().status(), 200);
    assert_eq!(stage.secrets().await, ["656c7365"]);
}
