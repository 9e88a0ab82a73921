//! What is cut off in the middle: a deed and its answer are there together, or not at all.

use chatwoot_sim::admin_token;
use domain::AccountKey;
use serde_json::json;
use store::Transaction;
use testkit::{eventually, sqlx};

use crate::accounts::Stage;
use crate::support::Served;

const KEY: &str = "idempotency-key";

async fn deeds(served: &Served, action: &str) -> usize {
    let audit = served.get("/audit?limit=100").query(&[("action", action)]).send().await.unwrap();
    audit.json::<serde_json::Value>().await.unwrap()["data"].as_array().unwrap().len()
}

async fn owner(served: &Served, statements: &[&'static str]) {
    let mut transaction = served.world.store.worker().await.unwrap();
    for statement in [&["set local role none"], statements].concat() {
        sqlx::query(statement).execute(&mut *transaction).await.unwrap();
    }
    store::commit(transaction).await.unwrap();
}

/// Whether nobody has a request of this name in hand.
async fn is_free(served: &Served, name: &str) -> bool {
    let name = format!("mock-tenant-id\nmember dev-admin\n{name}");
    let mut transaction = served.world.store.worker().await.unwrap();
    sqlx::query_scalar("select pg_try_advisory_xact_lock(hashtextextended($1, 1))")
        .bind(name)
        .fetch_one(&mut *transaction)
        .await
        .unwrap()
}

/// Nobody tells the receivers of an account until this ends.
async fn silence(served: &Served, account: AccountKey) -> Transaction {
    let mut transaction = served.world.store.worker().await.unwrap();
    store::accounts::hold_source(&mut transaction, account).await.unwrap();
    transaction
}

/// How many wait to tell the receivers of an account.
async fn waiting(served: &Served) -> i64 {
    sqlx::query_scalar(
        "select count(*) from pg_locks l join pg_database d on d.oid = l.database
         where d.datname = current_database() and l.locktype = 'advisory' and not l.granted",
    )
    .fetch_one(&mut *served.world.store.worker().await.unwrap())
    .await
    .unwrap()
}

#[tokio::test]
async fn a_rotation_whose_answer_cannot_be_kept_is_none() {
    let stage = Stage::new().await;
    let served = &stage.served;
    let path = stage.connected().await;
    let before = served.read(&path).await;
    let body = json!({ "token": admin_token(7) });
    let rotate = || served.post(&format!("{path}/rotate"), &body).header(KEY, "k").send();
    owner(
        served,
        &[
            "create function refuse() returns trigger language plpgsql
             as $$ begin raise exception 'not now'; end $$",
            "create trigger refuse before insert on idempotency_keys execute function refuse()",
        ],
    )
    .await;
    assert!(rotate().await.unwrap().status().is_server_error());
    assert_eq!(served.read(&path).await, before);
    assert_eq!(deeds(served, "accounts rotate").await, 0);
    owner(served, &["drop trigger refuse on idempotency_keys"]).await;
    for replayed in [false, true] {
        let answer = rotate().await.unwrap();
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers().contains_key("idempotency-replayed"), replayed);
    }
    assert_eq!(deeds(served, "accounts rotate").await, 1);
}

/// Its caller is gone, and the request with them, after it is done and before the receivers know.
#[tokio::test]
async fn a_rotation_that_was_cut_off_is_not_done_again_and_the_receivers_are_told() {
    let stage = Stage::new().await;
    let served = &stage.served;
    let path = stage.connected().await;
    let before = stage.secrets().await;
    let silent = silence(served, path.rsplit('/').next().unwrap().parse().unwrap()).await;
    let body = json!({ "webhookSecret": true });
    let rotate = || served.post(&format!("{path}/rotate"), &body).header(KEY, "k").send();
    let request = tokio::spawn(rotate());
    eventually("it waits to tell the receivers", || async { waiting(served).await == 1 }).await;
    request.abort();
    eventually("it is cut off", || is_free(served, "k")).await;
    let done = served.read(&path).await;
    store::commit(silent).await.unwrap();
    assert_eq!(stage.secrets().await, before, "the receivers do not know");
    let again = rotate().await.unwrap();
    assert_eq!(again.headers()["idempotency-replayed"], "true");
    assert_eq!(again.json::<serde_json::Value>().await.unwrap(), done);
    assert_eq!(stage.secrets().await[1..], before);
    assert_eq!(deeds(served, "accounts rotate").await, 1);
}

#[tokio::test]
async fn an_account_whose_connection_was_cut_off_is_connected_once_and_told_of() {
    let stage = Stage::new().await;
    let served = &stage.served;
    let path = stage.connected().await;
    let account: AccountKey = path.rsplit('/').next().unwrap().parse().unwrap();
    let secrets = stage.secrets().await;
    let asked = stage.asked(7, &admin_token(7));
    let connect = || served.post("/accounts", &asked).header(KEY, "k").send();
    let first = connect().await.unwrap().text().await.unwrap();
    // As if it had not come to telling them.
    served.world.bus.sources().remove(account).await.unwrap();
    let again = connect().await.unwrap();
    assert_eq!(again.headers()["idempotency-replayed"], "true");
    assert_eq!(again.text().await.unwrap(), first);
    assert_eq!(stage.secrets().await, secrets);
    assert_eq!(deeds(served, "accounts connect").await, 2);
}
