//! `Idempotency-Key`: a request that is sent again has one effect and gets the answer that it had.

use domain::Role;
use futures_util::future::join_all;
use serde_json::{Value, json};
use testkit::reqwest::Method;
use testkit::sqlx;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::{Seed, Served, TENANT, ids, problem};
use crate::walk::{Things, Walk};

const KEY: &str = "idempotency-key";
const REPLAYED: &str = "idempotency-replayed";
/// What holds a secret is not kept to be answered again.
const SECRET_ANSWERS: [&str; 2] = ["/api-keys", "/activity/tickets"];

#[tokio::test]
async fn every_post_is_carried_out_once_under_a_key() {
    let served = Served::start().await;
    let walk = Walk::of(&served).await;
    let posts: Vec<_> =
        walk.operations().into_iter().filter(|one| one.method == Method::POST).collect();
    assert!(posts.len() >= 9, "{}", posts.len());
    let mut again = 0;
    for (number, operation) in (1..).zip(&posts) {
        let things = Things::seed(&served, &served.ours, number).await;
        let ask = || {
            let request = walk.request(&served, operation, &things).bearer_auth("mock-token");
            request.header(KEY, format!("key-{number}")).send()
        };
        let first = ask().await.unwrap();
        assert!(!first.headers().contains_key(REPLAYED), "{operation}");
        let (status, location) = (first.status(), first.headers().get("location").cloned());
        let body = first.text().await.unwrap();
        let lines = served.read("/activity?limit=100").await["data"].clone();
        let commands = served.commands().await;
        let second = ask().await.unwrap();
        assert_eq!(second.status(), status, "{operation}");
        if !status.is_success() {
            // What was refused changed nothing and is asked anew.
            assert!(!second.headers().contains_key(REPLAYED), "{operation}");
            continue;
        }
        if serde_json::from_str::<Value>(&body).is_ok_and(|answer| answer["dryRun"] == true) {
            // What is only looked at changes nothing, and may be looked at anew.
            assert_eq!(served.commands().await, commands, "{operation}");
            continue;
        }
        if SECRET_ANSWERS.iter().any(|path| operation.path.ends_with(path)) {
            assert!(!second.headers().contains_key(REPLAYED), "{operation}");
            assert_ne!(second.text().await.unwrap(), body, "{operation}: its answer is a secret");
            continue;
        }
        assert_eq!(second.headers()[REPLAYED], "true", "{operation}");
        assert_eq!(second.headers().get("location").cloned(), location, "{operation}");
        assert_eq!(second.text().await.unwrap(), body, "{operation}");
        assert_eq!(served.commands().await, commands, "{operation} was carried out twice");
        assert_eq!(served.read("/activity?limit=100").await["data"], lines, "{operation}");
        again += 1;
    }
    assert!(again >= 7, "{again} of {} were answered again", posts.len());
}

#[tokio::test]
async fn of_many_at_once_one_is_carried_out() {
    let served = Served::start().await;
    let path = format!("/conversations/{}/messages", served.write(&Seed::open(1)).await);
    let body = json!({ "content": "Hi" });
    let posts = (0..20).map(|_| served.post(&path, &body).header(KEY, "k").send());
    for answer in join_all(posts).await {
        let answer = answer.unwrap();
        if answer.status() != 201 {
            assert_eq!(problem(answer).await, (409, "under-way".to_owned()));
        }
    }
    let written = ids(&served.read(&path).await);
    assert_eq!(written.len(), 1);
    let again: Value =
        served.post(&path, &body).header(KEY, "k").send().await.unwrap().json().await.unwrap();
    assert_eq!(again["id"], json!(written[0]));
}

#[tokio::test]
async fn a_key_stands_for_one_request_of_one_caller() {
    let served = Served::start().await;
    let path = format!("/conversations/{}/messages", served.write(&Seed::open(1)).await);
    let elsewhere = format!("/conversations/{}/messages", served.write(&Seed::open(2)).await);
    let ask = |path: &str, body: Value, who: &str| {
        let request = served.http.post(served.url(path)).bearer_auth(who).json(&body);
        request.header(KEY, "k").send()
    };
    assert_eq!(
        ask(&path, json!({ "content": "a" }), "mock-agent-token").await.unwrap().status(),
        201
    );
    let reused = (422, "key-reused".to_owned());
    let other = ask(&path, json!({ "content": "b" }), "mock-agent-token").await.unwrap();
    assert_eq!(problem(other).await, reused);
    let other = ask(&elsewhere, json!({ "content": "a" }), "mock-agent-token").await.unwrap();
    assert_eq!(problem(other).await, reused);
    let another = ask(&path, json!({ "content": "b" }), "mock-token").await.unwrap();
    assert_eq!(another.status(), 201, "another caller's key is another key");
    // Refused, the key is still free.
    let request = served.post(&path, &json!({ "content": " " })).header(KEY, "l");
    assert_eq!(problem(request.send().await.unwrap()).await, (422, "invalid".to_owned()));
    let request = served.post(&path, &json!({ "content": "c" })).header(KEY, "l");
    assert_eq!(request.send().await.unwrap().status(), 201);
    for odd in ["", "a b", &"x".repeat(256)] {
        let answer = served.post(&path, &json!({ "content": "d" })).header(KEY, odd).send().await;
        assert_eq!(problem(answer.unwrap()).await, (422, "invalid".to_owned()), "{odd}");
    }
}

#[tokio::test]
async fn what_is_too_old_is_not_answered_again_and_left_to_the_workers() {
    let served = Served::start().await;
    let path = format!("/conversations/{}/messages", served.write(&Seed::open(1)).await);
    let ask = |key: String| served.post(&path, &json!({ "content": "Hi" })).header(KEY, key).send();
    for number in 0..20 {
        assert_eq!(ask(format!("k{number}")).await.unwrap().status(), 201);
    }
    let mut transaction = served.world.store.tenant(&served.ours.tenant).await.unwrap();
    sqlx::query("update idempotency_keys set expires_at = now()")
        .execute(&mut *transaction)
        .await
        .unwrap();
    store::commit(transaction).await.unwrap();
    let anew = ask("k19".to_owned()).await.unwrap();
    assert!(!anew.headers().contains_key(REPLAYED));
    assert_eq!(ask("k18".to_owned()).await.unwrap().status(), 201);
    let mut transaction = served.world.store.tenant(&served.ours.tenant).await.unwrap();
    let kept: i64 = sqlx::query_scalar("select count(*) from idempotency_keys")
        .fetch_one(&mut *transaction)
        .await
        .unwrap();
    assert_eq!(kept, 20);
}

/// What is refused inside of its transaction frees its key before the refusal is heard.
#[tokio::test]
async fn what_was_refused_may_be_asked_again_at_once() {
    let served = Served::start().await;
    let path = format!("/conversations/{}/messages", served.write(&Seed::open(1)).await);
    let unknown = json!({ "content": "Hi", "inReplyTo": uuid::Uuid::now_v7() });
    for number in 0..100 {
        for _ in 0..2 {
            let refused = served.post(&path, &unknown).header(KEY, format!("k{number}")).send();
            assert_eq!(problem(refused.await.unwrap()).await, (422, "invalid".to_owned()));
        }
    }
    let good = served.post(&path, &json!({ "content": "Hi" })).header(KEY, "k0").send().await;
    assert_eq!(good.unwrap().status(), 201);
}

/// Nothing of a body is held before it is known whose it is.
#[tokio::test]
async fn who_is_not_known_is_told_so_before_their_body_is_read() {
    let served = Served::start().await;
    let host = served.base.trim_start_matches("http://");
    let mut connection = TcpStream::connect(host).await.unwrap();
    let head = format!(
        "POST /api/v1/labels HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\n\
         content-length: 1000000\r\n{KEY}: k\r\n\r\n"
    );
    connection.write_all(head.as_bytes()).await.unwrap();
    let mut status = [0; 12];
    connection.read_exact(&mut status).await.unwrap();
    assert_eq!(status, *b"HTTP/1.1 401");
}

/// A machine and a person of the same id are two.
#[tokio::test]
async fn a_key_is_a_machines_or_a_persons() {
    let served = Served::start().await;
    let path = format!("/conversations/{}/messages", served.write(&Seed::open(1)).await);
    let machine = served.key(TENANT, Role::Admin.permissions()).await;
    let mut transaction = served.world.store.worker().await.unwrap();
    sqlx::query("set local role none").execute(&mut *transaction).await.unwrap();
    sqlx::query(
        "insert into idempotency_keys
           (tenant_id, principal_id, key, request, status, body, expires_at)
         select tenant_id, 'member ' || id, 'k', '', 201, '', now() + interval '1 hour'
         from api_keys",
    )
    .execute(&mut *transaction)
    .await
    .unwrap();
    store::commit(transaction).await.unwrap();
    let request = served.http.post(served.url(&path)).bearer_auth(machine).header(KEY, "k");
    let answer = request.json(&json!({ "content": "Hi" })).send().await.unwrap();
    assert_eq!(answer.status(), 201);
}
