//! What agents see of how Chatwoot answers.

use std::time::Duration;

use domain::Role;
use serde_json::{Value, json};
use testkit::{eventually, sqlx};

use crate::support::{Seed, Served, TENANT};

/// Agents hear of it, who may not see operations. P8: and of their own accounts only.
#[tokio::test]
async fn agents_see_how_chatwoot_answers_and_how_much_waits() {
    let served = Served::start().await;
    let agent = served.key(TENANT, Role::Agent.permissions()).await;
    let theirs = served.world.account("theirs", 2).await;
    let conversation = served.write(&Seed::open(1)).await;
    let path = format!("/conversations/{conversation}");
    let asked = served.patch(&path, &json!({ "priority": "high" })).send().await.unwrap();
    assert_eq!(asked.status(), 200);
    let shown = async || {
        let request = served.http.get(served.url("/chatwoot")).bearer_auth(&agent);
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 200);
        let list: Value = answer.json().await.unwrap();
        let [account] = &list["data"].as_array().unwrap()[..] else { panic!("{list}") };
        account.clone()
    };
    let becomes = async |state: &str| {
        eventually(state, || async { shown().await["state"] == state }).await;
        shown().await
    };
    let change = async |statement: &'static str| {
        let mut transaction = served.world.store.worker().await.unwrap();
        sqlx::query(statement).execute(&mut *transaction).await.unwrap();
        store::commit(transaction).await.unwrap();
    };
    let well = becomes("well").await;
    assert_eq!(well["accountId"], served.ours.key.to_string());
    assert_eq!((&well["chatwootAccountId"], &well["waiting"]), (&json!(1), &json!(1)));
    assert!(well["waitingSince"].is_string());
    let names: Vec<_> = well.as_object().unwrap().keys().collect();
    let known = ["accountId", "chatwootAccountId", "name", "state", "waiting", "waitingSince"];
    assert_eq!(names, known, "operators may know more");

    change("update outbox set created_at = now() - interval '31 seconds', not_before = null").await;
    becomes("slowly").await;
    let outbound = async || {
        let pipeline = served.read("/operations/pipeline").await;
        let mut stages = pipeline["stages"].as_array().unwrap().iter();
        stages.find(|stage| stage["name"] == "outbound").unwrap()["pending"].clone()
    };
    assert_eq!(outbound().await, 1);
    change("update chatwoot_accounts set disconnected_at = now() where chatwoot_account_id = 1")
        .await;
    eventually("nobody has to do anything", || async { outbound().await == 0 }).await;
    change("update chatwoot_accounts set disconnected_at = null where chatwoot_account_id = 1")
        .await;
    let mut transaction = served.world.store.worker().await.unwrap();
    let (mut host, now) = store::hosts::lock(&mut transaction, "chatwoot.test:80").await.unwrap();
    host.paused_until = Some(now + Duration::from_mins(1));
    store::hosts::write(&mut transaction, &host).await.unwrap();
    store::commit(transaction).await.unwrap();
    becomes("paused").await;
    let mut transaction = served.world.store.worker().await.unwrap();
    for account in [served.ours.key, theirs.key] {
        let (mut breaker, now) =
            store::breakers::lock(&mut transaction, account).await.unwrap().unwrap();
        breaker.state = store::breakers::State::Open(now + Duration::from_mins(1));
        store::breakers::write(&mut transaction, &breaker).await.unwrap();
    }
    store::commit(transaction).await.unwrap();
    becomes("silent").await;
    for statement in
        ["delete from chatwoot_breakers", "update chatwoot_hosts set paused_until = null"]
    {
        change(statement).await;
    }
    change("delete from outbox").await;
    let well = becomes("well").await;
    assert_eq!((&well["waiting"], &well["waitingSince"]), (&json!(0), &Value::Null));
}
