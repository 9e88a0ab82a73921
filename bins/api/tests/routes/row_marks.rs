//! The marks of a conversation's row: a reply that failed, and a request for approval that waits.

use domain::{ConversationId, DeliveryState, MessageId};
use serde_json::{Value, json};
use testkit::reqwest::{Method, Response};
use testkit::sqlx;

use crate::support::written::{Written, advance, ask, undeliver, write};
use crate::support::{Seed, Served, Stream, ids};

/// The agent of the development mode.
const AGENT: &str = "mock-agent-token";

/// Whether the row says that a reply failed: wherever it is read, the same.
async fn failed(served: &Served) -> bool {
    mark(served, "replyFailed").await
}

async fn mark(served: &Served, name: &str) -> bool {
    let listed = served.read("/conversations").await["data"][0].clone();
    let path = format!("/conversations/{}", listed["id"].as_str().unwrap());
    assert_eq!(served.read(&path).await[name], listed[name]);
    listed[name].as_bool().unwrap()
}

/// Chatwoot has a message that was written here.
async fn link(served: &Served, message: &Value, number: i64) {
    let id: MessageId = message["id"].as_str().unwrap().parse().unwrap();
    let mut transaction = served.world.store.worker().await.unwrap();
    let account = served.ours.key;
    assert!(store::messages::link(&mut transaction, account, id, number).await.unwrap());
    store::commit(transaction).await.unwrap();
}

/// Somebody writes in Chatwoot.
async fn written_there(served: &Served, number: i64, kind: &str, sender: &str, private: bool) {
    let mut transaction = served.world.store.worker().await.unwrap();
    sqlx::query(
        "insert into messages (id, tenant_id, account_id, conversation_id, chatwoot_id, message_type,
           content_type, content, private, sender_type, created_at)
         select gen_random_uuid(), tenant_id, account_id, id, $1, $2, 'text', 'Hm', $4, $3,
                clock_timestamp() from conversations",
    )
    .bind(number)
    .bind(kind)
    .bind(sender)
    .bind(private)
    .execute(&mut *transaction)
    .await
    .unwrap();
    store::commit(transaction).await.unwrap();
}

async fn delete(served: &Served, path: &str, who: &str) -> Response {
    let answer = served.http.delete(served.url(path)).bearer_auth(who).send().await.unwrap();
    assert!(answer.status().is_success(), "{path}: {}", answer.status());
    answer
}

async fn told(stream: &mut Stream, kind: &str) -> Value {
    stream.expect(kind).await.json()["conversation"].clone()
}

#[tokio::test]
async fn a_reply_that_failed_marks_its_row_until_it_is_sent_again_or_discarded() {
    let served = Served::start().await;
    let written = Written::start(&served).await;
    assert!(!failed(&served).await);
    advance(&served, written.operation(), DeliveryState::Failed, false).await;
    assert!(failed(&served).await);
    written_there(&served, 900, "incoming", "contact", false).await;
    let row = served.read("/conversations").await["data"][0].clone();
    assert_eq!((&row["lastMessage"]["content"], &row["replyFailed"]), (&json!("Hm"), &json!(true)));

    let mut stream = Stream::open(&served, "/activity", None).await;
    stream.expect("ready").await;
    assert_eq!(ask(&served, &written.to("retry")).await.status(), 202);
    assert!(!failed(&served).await);
    assert_eq!(told(&mut stream, "message_retried").await["replyFailed"], json!(false));
    advance(&served, written.operation(), DeliveryState::Failed, false).await;
    assert!(failed(&served).await);
    assert_eq!(ask(&served, &written.to("cancel")).await.status(), 204);
    assert!(!failed(&served).await);
    assert_eq!(told(&mut stream, "message_cancelled").await["replyFailed"], json!(false));
}

#[tokio::test]
async fn an_agents_reply_that_was_written_later_and_has_gone_out_takes_the_mark() {
    let served = Served::start().await;
    let first = Written::start(&served).await;
    // It waits behind the first one, which nobody knew to fail.
    let second = write(&served, &first.path, &json!({ "content": "And tomorrow the rest." })).await;
    advance(&served, first.operation(), DeliveryState::Failed, false).await;
    link(&served, &second, 901).await;
    assert!(failed(&served).await, "whoever wrote the second did not know");
    for (number, kind, sender, private) in [
        (902, "incoming", "contact", false),
        (903, "outgoing", "agent_bot", false),
        (904, "outgoing", "user", true),
        (905, "template", "user", false),
    ] {
        written_there(&served, number, kind, sender, private).await;
        assert!(failed(&served).await, "{kind} of {sender}");
    }
    let third = write(&served, &first.path, &json!({ "content": "Did you get it?" })).await;
    assert!(failed(&served).await, "it is not out");
    link(&served, &third, 906).await;
    assert!(!failed(&served).await);
    // The channel may report on it later.
    undeliver(&served).await;
    assert!(failed(&served).await, "it failed in its turn");
    written_there(&served, 907, "outgoing", "user", false).await;
    assert!(!failed(&served).await, "written in Chatwoot, it counts as much");
}

#[tokio::test]
async fn what_the_channel_did_not_deliver_marks_its_row_until_it_is_handed_over_or_deleted() {
    let served = Served::start().await;
    let delivered = Written::delivered(&served).await;
    assert!(!failed(&served).await);
    undeliver(&served).await;
    assert!(failed(&served).await);
    let mut stream = Stream::open(&served, "/activity", None).await;
    stream.expect("ready").await;
    assert_eq!(ask(&served, &delivered.to("retry")).await.status(), 202);
    assert!(!failed(&served).await);
    assert_eq!(told(&mut stream, "message_retried").await["replyFailed"], json!(false));
    assert_eq!(ask(&served, &delivered.to("cancel")).await.status(), 200);
    assert!(failed(&served).await, "it has failed as before");
    assert_eq!(told(&mut stream, "message_retry_cancelled").await["replyFailed"], json!(true));
    let path = format!("{}/{}", delivered.path, delivered.id());
    delete(&served, &path, "mock-token").await;
    assert!(!failed(&served).await);
    assert_eq!(told(&mut stream, "message_delete_queued").await["replyFailed"], json!(false));
}

async fn change(served: &Served, method: Method, path: &str, who: &str, body: &Value) -> Value {
    let request = served.http.request(method, served.url(path)).bearer_auth(who).json(body);
    let answer = request.send().await.unwrap();
    assert!(answer.status().is_success(), "{path}: {}", answer.status());
    answer.json().await.unwrap()
}

async fn asked(served: &Served, conversation: ConversationId) -> String {
    let body = json!({ "conversationId": conversation, "type": "refund", "reason": "Broken" });
    let approval = change(served, Method::POST, "/approvals", AGENT, &body).await;
    format!("/approvals/{}", approval["id"].as_str().unwrap())
}

#[tokio::test]
async fn a_request_that_waits_marks_its_row_until_it_is_decided_or_withdrawn() {
    let served = Served::start().await;
    let conversation = served.write(&Seed::open(1)).await;
    let mut stream = Stream::open(&served, "/activity", None).await;
    stream.expect("ready").await;
    let pending = async || mark(&served, "approvalPending").await;
    assert!(!pending().await);

    let (one, other) = (asked(&served, conversation).await, asked(&served, conversation).await);
    assert!(pending().await);
    for _ in 0..2 {
        let row = told(&mut stream, "approval_submitted").await;
        assert_eq!(row["approvalPending"], json!(true));
    }
    let rejected = json!({ "status": "rejected" });
    change(&served, Method::PATCH, &one, "mock-token", &rejected).await;
    assert!(pending().await, "another one waits");
    assert_eq!(told(&mut stream, "approval_rejected").await["approvalPending"], json!(true));
    delete(&served, &other, AGENT).await;
    assert!(!pending().await);
    assert_eq!(told(&mut stream, "approval_withdrawn").await["approvalPending"], json!(false));

    let third = asked(&served, conversation).await;
    assert!(pending().await);
    stream.expect("approval_submitted").await;
    change(&served, Method::PATCH, &third, "mock-token", &json!({ "status": "approved" })).await;
    assert!(!pending().await);
    assert_eq!(told(&mut stream, "approval_approved").await["approvalPending"], json!(false));
}

/// The row of the request, with the whole of what was proposed in it, would be too long for the stream.
#[tokio::test]
async fn a_long_proposal_that_waits_marks_the_row_that_the_stream_sends() {
    let served = Served::start().await;
    let conversation = served.write(&Seed::open(1)).await;
    let mut stream = Stream::open(&served, "/activity", None).await;
    stream.expect("ready").await;
    let body = json!({
        "conversationId": conversation, "type": "proposed_reply", "reason": "It is long",
        "metadata": { "content": "x".repeat(100_000) },
    });
    let approval = change(&served, Method::POST, "/approvals", AGENT, &body).await;
    let told = stream.expect("approval_submitted").await.json();
    assert_eq!(told["conversation"]["approvalPending"], json!(true));
    assert_eq!((&told["approval"], &told["omitted"]), (&Value::Null, &json!(["approval"])));
    let path = format!("/approvals/{}", told["data"]["approvalId"].as_str().unwrap());
    assert_eq!(served.read(&path).await["metadata"], body["metadata"]);

    assert_eq!(approval["id"], told["data"]["approvalId"]);
    delete(&served, &path, AGENT).await;
    let told = stream.expect("approval_withdrawn").await.json();
    assert_eq!(told["conversation"]["approvalPending"], json!(false));
    assert_eq!(told["omitted"], json!(["approval"]));
}

/// Whoever has looked at a conversation has not looked at another because of a mark.
#[tokio::test]
async fn a_mark_alone_gives_no_conversation_another_tag() {
    let served = Served::start().await;
    let written = Written::start(&served).await;
    let path = format!("/conversations/{}", written.message["conversationId"].as_str().unwrap());
    let tag = async || {
        let answer = served.get(&path).send().await.unwrap();
        answer.headers()["etag"].to_str().unwrap().to_owned()
    };
    let seen = tag().await;
    advance(&served, written.operation(), DeliveryState::Failed, false).await;
    asked(&served, written.message["conversationId"].as_str().unwrap().parse().unwrap()).await;
    let row = served.read(&path).await;
    assert_eq!((&row["replyFailed"], &row["approvalPending"]), (&json!(true), &json!(true)));
    assert_eq!(tag().await, seen);
    let body = json!({ "content": "I shall call." });
    let answer = served.post(&written.path, &body).header("if-match", &seen).send().await.unwrap();
    assert_eq!(answer.status(), 201);
}

/// P8: what fails or waits with another tenant marks nothing here, whatever it says of whose it is.
#[tokio::test]
async fn another_tenants_failures_and_requests_mark_no_row() {
    let served = Served::start().await;
    let conversation = served.write(&Seed::open(1)).await;
    let theirs = served.world.account("theirs", 2).await;
    let messages = vec![("outgoing", "Hello"), ("outgoing", "Hello?")];
    let elsewhere = Seed { messages, ..Seed::open(1) }.write(&served.world.store, &theirs).await;
    undeliver(&served).await;
    let mut transaction = served.world.store.tenant(&theirs.tenant).await.unwrap();
    sqlx::query(
        "insert into approvals (id, tenant_id, conversation_id, kind, reason, requested_by)
         select gen_random_uuid(), 'theirs', id, 'refund', 'because', 'Ana'
         from unnest(array[$1, $2]) id",
    )
    .bind(conversation.0)
    .bind(elsewhere.0)
    .execute(&mut *transaction)
    .await
    .unwrap();
    store::commit(transaction).await.unwrap();
    let mut transaction = served.world.store.worker().await.unwrap();
    sqlx::query(
        "update failed_messages set conversation_id = $1
         where message_id = (select message_id from failed_messages limit 1)",
    )
    .bind(conversation.0)
    .execute(&mut *transaction)
    .await
    .unwrap();
    store::commit(transaction).await.unwrap();
    assert_eq!(ids(&served.read("/conversations").await).len(), 1);
    assert!(!failed(&served).await);
    assert!(!mark(&served, "approvalPending").await);
    let mut transaction = served.world.store.tenant(&theirs.tenant).await.unwrap();
    let there = store::conversations::get(&mut transaction, elsewhere).await.unwrap().unwrap();
    assert!(there.reply_failed && there.approval_pending);
}
