//! What is cut off in the middle: a deed and its answer are there together, or not at all.

use std::future::ready;

use chatwoot_sim::admin_token;
use chrono::{TimeDelta, Utc};
use domain::AccountKey;
use serde_json::json;
use store::{Config, Transaction};
use testkit::sqlx::Connection as _;
use testkit::{Postgres, World, eventually, sqlx};

use crate::accounts::Stage;
use crate::support::{Seed, Served, comes_in, ids};

mod ways;

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

/// Nobody tells the receivers of the account at this address until this ends.
pub async fn silence(served: &Served, path: &str) -> Transaction {
    let account: AccountKey = path.rsplit('/').next().unwrap().parse().unwrap();
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
    let silent = silence(served, &path).await;
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

/// A database whose rows of this table for which that holds, and nothing else, wait for a copy that never comes.
async fn with_a_copy_that_never_comes(table: &str, rows: &str) -> (Postgres, Config) {
    let (postgres, config) = testkit::postgres().await;
    let trigger = format!(
        "create trigger wait_for_the_copy after insert on {table}
           for each row when ({rows}) execute function wait_for_the_copy()"
    );
    let statements = [
        "alter database postgres set synchronous_commit = local",
        "create function wait_for_the_copy() returns trigger language plpgsql as $$ begin
           perform set_config('synchronous_commit', 'on', true); return null; end $$",
        &trigger,
        "alter system set synchronous_standby_names = 'nobody'",
        "select pg_reload_conf()",
    ];
    execute(&config, &statements).await;
    (postgres, config)
}

async fn execute(config: &Config, statements: &[&str]) {
    let url = secrecy::ExposeSecret::expose_secret(&config.database_url);
    let mut owner = sqlx::PgConnection::connect(url).await.unwrap();
    for statement in statements {
        sqlx::raw_sql(sqlx::AssertSqlSafe(*statement)).execute(&mut owner).await.unwrap();
    }
}

/// Postgres has committed it, and its answer to that is lost.
async fn is_cut_off(served: &Served) {
    eventually("it is cut off while it waits", || async {
        let mut transaction = served.world.store.worker().await.unwrap();
        sqlx::query("set local role none").execute(&mut *transaction).await.unwrap();
        let ended: Vec<bool> = sqlx::query_scalar(
            "select pg_terminate_backend(pid, 60000) from pg_stat_activity
             where wait_event = 'SyncRep'",
        )
        .fetch_all(&mut *transaction)
        .await
        .unwrap();
        ended.contains(&true)
    })
    .await;
}

#[tokio::test]
async fn a_message_whose_commit_nobody_heard_of_keeps_its_files() {
    let rows = "new.client_id is not null";
    let (_postgres, config) = with_a_copy_that_never_comes("messages", rows).await;
    let served = Served::over(World::over(ready(config)).await).await;
    let path = format!("/conversations/{}/messages", served.write(&Seed::open(1)).await);
    let file = ("a.txt", "text/plain", b"content".as_slice());
    let request = tokio::spawn(served.send(&path, &[("clientId", "c1")], &[file]).send());
    is_cut_off(&served).await;
    assert_eq!(request.await.unwrap().unwrap().status(), 503);
    assert_eq!(ids(&served.read(&path).await).len(), 1);
    assert_eq!(served.commands().await.len(), 1);
    assert_eq!(served.kept().await, (1, 1));
}

/// Whether their caller still waits for the answer or is gone.
#[tokio::test]
async fn a_replay_whose_commit_nobody_heard_of_is_carried_out() {
    let rows = "new.details ? 'begins'";
    let (_postgres, config) = with_a_copy_that_never_comes("audit", rows).await;
    let served = Served::over(World::over(ready(config)).await).await;
    let from = Utc::now() - TimeDelta::hours(1);
    for (key, is_gone, event) in [("k1", false, "message_created"), ("k2", true, "message_updated")]
    {
        comes_in(&served, &served.ours, event).await;
        let wanted = json!({
            "accountId": served.ours.key, "from": from, "event": event, "dryRun": false,
        });
        let replay = || served.post("/operations/replay", &wanted).header(KEY, key).send();
        let request = tokio::spawn(replay());
        if is_gone {
            commits(&served).await;
            request.abort();
            is_cut_off(&served).await;
        } else {
            is_cut_off(&served).await;
            assert_eq!(request.await.unwrap().unwrap().status(), 503);
        }
        let again = replay().await.unwrap();
        assert_eq!(again.headers()["idempotency-replayed"], "true");
        let location = again.headers()["location"].to_str().unwrap().replace("/api/v1", "");
        eventually("it has ended", async || served.read(&location).await["state"] == "done").await;
    }
    assert_eq!(served.world.bus.stream("INBOUND").await.unwrap().messages, 4);
    assert_eq!(deeds(&served, "replay").await, 4, "each began once, and ended");
}

/// Waits until somebody waits for the copy.
async fn commits(served: &Served) {
    eventually("it is committed", || async {
        let mut transaction = served.world.store.worker().await.unwrap();
        sqlx::query("set local role none").execute(&mut *transaction).await.unwrap();
        let waiting: i64 = sqlx::query_scalar(
            "select count(*) from pg_stat_activity where wait_event = 'SyncRep'",
        )
        .fetch_one(&mut *transaction)
        .await
        .unwrap();
        waiting > 0
    })
    .await;
}
