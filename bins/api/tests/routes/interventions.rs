//! Taking messages back.

use domain::DeliveryState;
use futures_util::future::{join, join_all};
use serde_json::{Value, json};
use store::attempts::AttemptOutcome;
use store::outbox;
use testkit::sqlx;

use crate::support::written::{
    Written, advance, ask, asked, begin, commands, refusal, tried, undeliver, write,
};
use crate::support::{Seed, Served, Stream, ids, problem, somebody_waits, time};

#[tokio::test]
async fn a_message_that_was_never_tried_is_taken_back_as_if_it_had_not_been_written() {
    let served = Served::start().await;
    let mut stream = Stream::open(&served, "/activity", None).await;
    stream.expect("ready").await;
    let written = Written::start(&served).await;
    stream.expect("message_queued").await;

    assert_eq!(ask(&served, &written.to("cancel")).await.status(), 204);
    assert_eq!(commands(&served).await, []);
    let list = served.read(&written.path).await;
    assert_eq!(list["data"].as_array().unwrap().len(), 1);
    let preview = &served.read("/conversations").await["data"][0]["lastMessage"];
    assert_eq!(preview["content"], "Where is it?");

    let told = stream.expect("message_cancelled").await.json();
    assert_eq!((&told["message"], &told["source"]), (&Value::Null, &json!("axis")));
    assert_eq!(told["data"], json!({ "messageId": written.id(), "private": false }));
    assert_eq!(told["actor"], json!({ "type": "member", "id": "dev-admin", "name": "Dev Admin" }));
    assert_eq!(told["conversation"]["id"], written.message["conversationId"]);
    assert_eq!(served.read("/activity").await["data"][0]["id"], told["id"]);

    let gone = (404, "not-found".to_owned());
    assert_eq!(refusal(&served, &written.to("cancel")).await, gone);
    assert_eq!(refusal(&served, &written.to("retry")).await, gone);
}

/// By another device of the writer's, which never heard that it was written.
#[tokio::test]
async fn what_was_taken_back_is_not_written_again_under_its_client_id() {
    let served = Served::start().await;
    let written = Written::start(&served).await;
    assert_eq!(ask(&served, &written.to("cancel")).await.status(), 204);
    let list = served.read(&written.path).await;
    for content in ["On its way.", "Other"] {
        let body = json!({ "content": content, "clientId": "c1" });
        let again = served.post(&written.path, &body);
        for again in [again.try_clone().unwrap(), again.header("if-match", "\"before\"")] {
            let refused = problem(again.send().await.unwrap()).await;
            assert_eq!(refused, (409, "withdrawn".to_owned()));
        }
    }
    assert_eq!(served.read(&written.path).await["data"], list["data"]);
    assert_eq!(commands(&served).await, []);
    let anew = json!({ "content": "On its way.", "clientId": "c2" });
    assert_ne!(write(&served, &written.path, &anew).await["id"], written.message["id"]);
    // Somebody else's conversation has client ids of its own.
    let elsewhere = format!("/conversations/{}/messages", served.write(&Seed::open(2)).await);
    write(&served, &elsewhere, &json!({ "content": "Hi", "clientId": "c1" })).await;
}

#[tokio::test]
async fn a_message_that_waits_for_its_first_try_is_taken_back_too() {
    let served = Served::start().await;
    let written = Written::start(&served).await;
    advance(&served, written.operation(), DeliveryState::Retrying, true).await;
    assert_eq!(ask(&served, &written.to("cancel")).await.status(), 204);
    assert_eq!(commands(&served).await, []);
}

/// A try that was looked for in vain is followed by another only when it certainly did not happen.
#[tokio::test]
async fn a_message_of_which_no_try_happened_is_taken_back() {
    let served = Served::start().await;
    let written = Written::start(&served).await;
    tried(&served, &written, AttemptOutcome::Absent).await;
    advance(&served, written.operation(), DeliveryState::Retrying, true).await;
    let refused = (409, "not-cancellable".to_owned());
    assert_eq!(refusal(&served, &written.to("cancel")).await, refused, "one look is not enough");
    tried(&served, &written, AttemptOutcome::Retry).await;
    advance(&served, written.operation(), DeliveryState::Retrying, true).await;
    assert_eq!(ask(&served, &written.to("cancel")).await.status(), 204);
    assert_eq!(commands(&served).await, []);
}

#[tokio::test]
async fn what_left_or_may_have_left_is_not_taken_back() {
    let served = Served::start().await;
    let written = Written::start(&served).await;
    let refused = (409, "not-cancellable".to_owned());
    // Tried, and waiting to be tried again.
    tried(&served, &written, AttemptOutcome::Unknown).await;
    for state in [DeliveryState::Unknown, DeliveryState::Retrying] {
        advance(&served, written.operation(), state, true).await;
        let answer: Value = ask(&served, &written.to("cancel")).await.json().await.unwrap();
        assert_eq!((&answer["code"], &answer["status"]), (&json!(refused.1), &json!(refused.0)));
        let detail = answer["detail"].as_str().unwrap();
        assert!(detail.starts_with(&format!("the message is {}:", state.as_str())), "{detail}");
    }
    // Failed, and asked for once more, which does not make its try undone: it is looked for first.
    advance(&served, written.operation(), DeliveryState::Failed, false).await;
    let again: Value = ask(&served, &written.to("retry")).await.json().await.unwrap();
    assert_eq!((&again["state"], &again["stateReason"]), (&json!("unknown"), &Value::Null));
    assert_eq!(refusal(&served, &written.to("cancel")).await, refused);
    assert_eq!(ask(&served, &written.to("retry")).await.status(), 202, "looked for at once");
    assert_eq!(commands(&served).await.len(), 1);
    // A customer's.
    let list = served.read(&written.path).await;
    let question = format!("{}/{}/cancel", written.path, ids(&list)[0]);
    assert_eq!(refusal(&served, &question).await, refused);
    assert_eq!(ids(&list).len(), 2);
}

#[tokio::test]
async fn a_message_that_failed_is_discarded() {
    let served = Served::start().await;
    let mut stream = Stream::open(&served, "/activity", None).await;
    stream.expect("ready").await;
    let written = Written::start(&served).await;
    stream.expect("message_queued").await;
    // Even if nobody knows whether Chatwoot has it.
    tried(&served, &written, AttemptOutcome::Unknown).await;
    advance(&served, written.operation(), DeliveryState::Failed, false).await;
    let before = served.read("/conversations").await["data"][0].clone();
    let path = written.to("cancel");
    let answers = join_all((0..3).map(|_| ask(&served, &path))).await;
    let mut statuses: Vec<_> = answers.iter().map(|answer| answer.status().as_u16()).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [204, 404, 404]);
    assert_eq!(ids(&served.read(&written.path).await).len(), 1);
    let told = stream.expect("message_cancelled").await.json();
    let data = json!({ "messageId": written.id(), "private": false, "discarded": true });
    assert_eq!((&told["data"], &told["message"]), (&data, &Value::Null));
    let shown = served.read("/conversations").await["data"][0].clone();
    assert_eq!(told["conversation"], shown);
    assert_eq!(shown["lastMessage"]["content"], "Where is it?");
    assert!(time(&shown["updatedAt"]) > time(&before["updatedAt"]));
    assert_eq!(refusal(&served, &written.to("retry")).await, (404, "not-found".to_owned()));
    assert_eq!(commands(&served).await, []);
}

#[tokio::test]
async fn of_discarding_and_sending_again_one_happens() {
    let served = Served::start().await;
    for number in 0..5 {
        let path = asked(&served).await;
        let message = write(&served, &path, &json!({ "content": number.to_string() })).await;
        let written = Written { path, message };
        advance(&served, written.operation(), DeliveryState::Failed, false).await;
        let (discard, again) = (written.to("cancel"), written.to("retry"));
        let (discarded, again) = join(ask(&served, &discard), ask(&served, &again)).await;
        let waits = commands(&served).await.len();
        match (discarded.status().as_u16(), again.status().as_u16()) {
            // Queued again and never tried, it is taken back all the same.
            (204, 404 | 202) => assert_eq!(waits, 0),
            (409, 202) => assert_eq!(waits, 1),
            other => panic!("{other:?}"),
        }
        let mut transaction = served.world.store.worker().await.unwrap();
        outbox::settle(&mut transaction, written.operation()).await.unwrap();
        store::commit(transaction).await.unwrap();
    }
}

#[tokio::test]
async fn a_try_that_begins_first_keeps_the_message() {
    let served = Served::start().await;
    let written = Written::start(&served).await;
    let mut transaction = served.world.store.worker().await.unwrap();
    begin(&mut transaction, &written).await;
    let cancel = tokio::spawn(
        served.http.post(served.url(&written.to("cancel"))).bearer_auth("mock-token").send(),
    );
    somebody_waits(&served).await;
    store::commit(transaction).await.unwrap();
    let answer: Value = cancel.await.unwrap().unwrap().json().await.unwrap();
    assert_eq!(answer["code"], "not-cancellable");
    assert!(answer["detail"].as_str().unwrap().contains("is sending"), "{answer}");
    assert_eq!(commands(&served).await.len(), 1);
    assert_eq!(served.read(&written.path).await["data"][1]["state"], "sending");
}

/// P8: another tenant's message is none.
#[tokio::test]
async fn p8_what_is_not_there_is_not_found() {
    let served = Served::start().await;
    let written = Written::start(&served).await;
    let theirs = served.world.account("zeta", 2).await;
    let seed = Seed { messages: vec![("outgoing", "Hi")], ..Seed::open(7) };
    let foreign = seed.write(&served.world.store, &theirs).await;
    let mut transaction = served.world.store.worker().await.unwrap();
    let hidden: uuid::Uuid =
        sqlx::query_scalar("select id from messages where conversation_id = $1")
            .bind(foreign.0)
            .fetch_one(&mut *transaction)
            .await
            .unwrap();
    drop(transaction);
    let elsewhere = served.write(&Seed::open(2)).await;
    let conversation = written.message["conversationId"].as_str().unwrap();
    for (conversation, message) in [
        (foreign.to_string(), hidden.to_string()),
        (conversation.to_owned(), hidden.to_string()),
        (elsewhere.to_string(), written.id().to_owned()),
        (uuid::Uuid::now_v7().to_string(), written.id().to_owned()),
        (conversation.to_owned(), uuid::Uuid::now_v7().to_string()),
        (conversation.to_owned(), "x".to_owned()),
        ("1".to_owned(), written.id().to_owned()),
    ] {
        for action in ["cancel", "retry"] {
            let path = format!("/conversations/{conversation}/messages/{message}/{action}");
            assert_eq!(refusal(&served, &path).await, (404, "not-found".to_owned()), "{path}");
        }
    }
    assert_eq!(commands(&served).await.len(), 1);
}

/// The message itself is in Chatwoot and stays.
#[tokio::test]
async fn what_was_to_be_handed_over_again_is_taken_back_alone() {
    let served = Served::start().await;
    let mut stream = Stream::open(&served, "/activity", None).await;
    stream.expect("ready").await;
    let written = Written::delivered(&served).await;
    undeliver(&served).await;
    for _ in 0..2 {
        assert_eq!(ask(&served, &written.to("retry")).await.status(), 202);
        stream.expect("message_retried").await;
        let answer = ask(&served, &written.to("cancel")).await;
        assert_eq!(answer.status(), 200);
        let message: Value = answer.json().await.unwrap();
        assert_eq!(message["state"], "failed");
        assert_eq!(served.read(&written.path).await["data"], json!([message]));
        assert_eq!(commands(&served).await, []);
        assert_eq!(stream.expect("message_retry_cancelled").await.json()["message"], message);
    }
    let refused = (409, "not-cancellable".to_owned());
    assert_eq!(refusal(&served, &written.to("cancel")).await, refused);
}
