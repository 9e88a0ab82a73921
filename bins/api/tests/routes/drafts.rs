//! What callers have begun to write.

use domain::Permission;
use futures_util::future::join_all;
use serde_json::{Value, json};
use testkit::reqwest::Method;
use testkit::sqlx;

use crate::support::{Seed, Served, TENANT, problem};

/// The agent of the development mode.
const AGENT: &str = "mock-agent-token";

async fn put(served: &Served, path: &str, content: &str, private: bool) -> Value {
    let draft = json!({ "content": content, "private": private });
    let answer = served.put(path, &draft).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.json().await.unwrap()
}

#[tokio::test]
async fn a_draft_is_ones_own() {
    let served = Served::start().await;
    let path = format!("/conversations/{}/draft", served.write(&Seed::open(1)).await);
    let not_found = (404, "not-found".to_owned());
    assert_eq!(served.refusal(&path).await, not_found);
    put(&served, &path, "Dear", false).await;
    let kept = put(&served, &path, "Dear customer", false).await;
    assert_eq!(served.read(&path).await, kept);
    assert_eq!((&kept["content"], &kept["private"]), (&json!("Dear customer"), &json!(false)));
    let other = served.http.get(served.url(&path)).bearer_auth(AGENT).send().await.unwrap();
    assert_eq!(problem(other).await, not_found);
    let mut transaction = served.world.store.worker().await.unwrap();
    let kept: String = sqlx::query_scalar("select principal_id from drafts")
        .fetch_one(&mut *transaction)
        .await
        .unwrap();
    assert_eq!(kept, "member dev-admin", "a machine with the same id has another one");
    drop(transaction);
    for content in ["a\u{0}b".to_owned(), "é".repeat(150_001)] {
        let answer = served.put(&path, &json!({ "content": content })).send().await.unwrap();
        assert_eq!(problem(answer).await, (422, "invalid".to_owned()));
    }
    for _ in 0..2 {
        assert_eq!(served.delete(&path).send().await.unwrap().status(), 204);
    }
    assert_eq!(served.refusal(&path).await, not_found);
    let nowhere = format!("/conversations/{}/draft", uuid::Uuid::now_v7());
    let answer = served.put(&nowhere, &json!({ "content": "a" })).send().await.unwrap();
    assert_eq!(problem(answer).await, not_found);
    assert_eq!(problem(served.delete(&nowhere).send().await.unwrap()).await, not_found);
}

#[tokio::test]
async fn a_reply_and_a_note_are_begun_side_by_side() {
    let served = Served::start().await;
    let path = format!("/conversations/{}/draft", served.write(&Seed::open(1)).await);
    let reply = put(&served, &path, "Dear customer", false).await;
    let note = put(&served, &path, "They are angry", true).await;
    assert_eq!(served.read(&path).await, reply);
    assert_eq!(served.read(&format!("{path}?private=false")).await, reply);
    assert_eq!(served.read(&format!("{path}?private=true")).await, note);
    assert_eq!((&note["content"], &note["private"]), (&json!("They are angry"), &json!(true)));
    assert_eq!(served.delete(&path).send().await.unwrap().status(), 204);
    assert_eq!(served.refusal(&path).await.0, 404);
    assert_eq!(served.read(&format!("{path}?private=true")).await, note);
    let thrown = served.delete(&format!("{path}?private=true")).send().await.unwrap();
    assert_eq!(thrown.status(), 204);
    assert_eq!(served.refusal(&format!("{path}?private=true")).await.0, 404);
    let odd = (400, "bad-query".to_owned());
    assert_eq!(served.refusal(&format!("{path}?private=perhaps")).await, odd);
}

#[tokio::test]
async fn all_of_ones_drafts_are_listed_newest_first() {
    let served = Served::start().await;
    let one = served.write(&Seed::open(1)).await;
    let two = served.write(&Seed::open(2)).await;
    let path = |conversation| format!("/conversations/{conversation}/draft");
    assert_eq!(served.read("/drafts").await["data"], json!([]));
    let first = put(&served, &path(one), "First", false).await;
    let second = put(&served, &path(two), "Second", false).await;
    let third = put(&served, &path(one), "Third", true).await;
    assert_eq!(first["conversationId"], json!(one));
    let list = served.read("/drafts").await;
    assert_eq!(list["data"], json!([third, second, first]));
    assert_eq!(list["page"], json!({ "limit": 25, "page": 1, "nextCursor": null }));
    let again = put(&served, &path(one), "First, again", false).await;
    let page = served.read("/drafts?limit=2&page=1").await;
    assert_eq!(page["data"], json!([again, third]));
    assert_eq!(served.read("/drafts?limit=2&page=2").await["data"], json!([second]));
    let cursor = page["page"]["nextCursor"].as_str().unwrap();
    let rest = served.read(&format!("/drafts?limit=2&cursor={cursor}")).await;
    assert_eq!(rest["data"], json!([second]));
    assert_eq!(rest["page"], json!({ "limit": 2, "nextCursor": null }));
    for (query, refusal) in [
        ("limit=0", (422, "invalid".to_owned())),
        ("page=0", (422, "invalid".to_owned())),
        ("cursor=x", (422, "invalid".to_owned())),
        ("limit=x", (400, "bad-query".to_owned())),
    ] {
        assert_eq!(served.refusal(&format!("/drafts?{query}")).await, refusal);
    }

    // Nobody else's: neither a colleague's nor, P8, another tenant's who has the same id.
    let theirs = served.world.account("theirs", 2).await;
    let elsewhere = Seed::open(1).write(&served.world.store, &theirs).await;
    let mut transaction = served.world.store.tenant(&theirs.tenant).await.unwrap();
    sqlx::query(
        "insert into drafts (conversation_id, principal_id, tenant_id, content, private)
         values ($1, 'member dev-agent', 'theirs', 'confidential', false)",
    )
    .bind(elsewhere.0)
    .execute(&mut *transaction)
    .await
    .unwrap();
    store::commit(transaction).await.unwrap();
    let colleague = served.http.get(served.url("/drafts")).bearer_auth(AGENT).send().await;
    assert_eq!(colleague.unwrap().json::<Value>().await.unwrap()["data"], json!([]));
    let reader = served.key(TENANT, [Permission::ReadConversations].into_iter().collect()).await;
    let refused = served.http.get(served.url("/drafts")).bearer_auth(reader).send().await.unwrap();
    assert_eq!(problem(refused).await, (403, "forbidden".to_owned()));
}

#[tokio::test]
async fn of_drafts_kept_at_once_one_stays_of_each_kind() {
    let served = Served::start().await;
    let path = format!("/conversations/{}/draft", served.write(&Seed::open(1)).await);
    let puts = (0..10).map(|number| {
        let body = json!({ "content": number.to_string(), "private": number % 2 == 1 });
        let request = served.http.request(Method::PUT, served.url(&path));
        request.bearer_auth("mock-token").json(&body).send()
    });
    for answer in join_all(puts).await {
        assert_eq!(answer.unwrap().status(), 200);
    }
    assert_eq!(served.read("/drafts").await["data"].as_array().unwrap().len(), 2);
}
