//! Taking messages back, and sending them again.

use std::time::Duration;

use domain::{DeliveryState, MessageId, OperationId};
use futures_util::future::{join, join_all};
use serde_json::{Value, json};
use store::attempts::AttemptOutcome;
use store::messages::Step;
use store::{attempts, messages, outbox};
use testkit::sqlx;

use crate::support::{Seed, Served, Stream, ids, problem, somebody_waits};

/// A conversation, and what was written there.
struct Written {
    path: String,
    message: Value,
}

impl Written {
    async fn start(served: &Served) -> Self {
        let path = asked(served).await;
        let body = json!({ "content": "On its way.", "clientId": "c1" });
        let message = write(served, &path, &body).await;
        Self { path, message }
    }

    fn id(&self) -> &str {
        self.message["id"].as_str().unwrap()
    }

    fn operation(&self) -> OperationId {
        self.id().parse().unwrap()
    }

    fn to(&self, action: &str) -> String {
        format!("{}/{}/{action}", self.path, self.id())
    }
}

/// The messages of a conversation in which a customer asked something.
async fn asked(served: &Served) -> String {
    let seed = Seed { messages: vec![("incoming", "Where is it?")], ..Seed::open(1) };
    format!("/conversations/{}/messages", served.write(&seed).await)
}

async fn write(served: &Served, path: &str, body: &Value) -> Value {
    let answer = served.post(path, body).send().await.unwrap();
    assert_eq!(answer.status(), 201);
    answer.json().await.unwrap()
}

async fn ask(served: &Served, path: &str) -> testkit::reqwest::Response {
    served.http.post(served.url(path)).bearer_auth("mock-token").send().await.unwrap()
}

async fn refusal(served: &Served, path: &str) -> (u16, String) {
    problem(ask(served, path).await).await
}

/// The commands that wait: operation and payload, in order.
async fn commands(served: &Served) -> Vec<(uuid::Uuid, Value)> {
    let mut transaction = served.world.store.worker().await.unwrap();
    sqlx::query_as("select operation_id, payload from outbox order by sequence")
        .fetch_all(&mut *transaction)
        .await
        .unwrap()
}

async fn advance(served: &Served, operation: OperationId, state: DeliveryState, again: bool) {
    let wait = again.then_some(Duration::from_hours(1));
    let mut transaction = served.world.store.worker().await.unwrap();
    let step = Step {
        state,
        reason: Some("a test says so"),
        attempts: None,
        most_attempts: None,
        next_in: wait,
    };
    assert!(messages::advance(&mut transaction, operation, step).await.unwrap());
    match wait {
        Some(wait) => outbox::postpone(&mut transaction, operation, wait).await.unwrap(),
        None => assert!(outbox::settle(&mut transaction, operation).await.unwrap()),
    }
    store::commit(transaction).await.unwrap();
}

/// As a worker does.
async fn begin(transaction: &mut store::Transaction, written: &Written) -> i32 {
    let conversation = written.message["conversationId"].as_str().unwrap().parse().unwrap();
    let operation = written.operation();
    let entry = outbox::head(transaction, conversation).await.unwrap().unwrap();
    assert_eq!(entry.operation, operation);
    outbox::count_attempt(transaction, operation).await.unwrap().unwrap();
    let last = attempts::last(transaction, operation).await.unwrap().map_or(0, |last| last.number);
    let number = attempts::begin(transaction, &entry, last, 0).await.unwrap().unwrap();
    let state = DeliveryState::Sending;
    let step =
        Step { state, reason: None, attempts: Some(number), most_attempts: None, next_in: None };
    assert!(messages::advance(transaction, operation, step).await.unwrap());
    number
}

async fn tried(served: &Served, written: &Written, outcome: AttemptOutcome) {
    let mut transaction = served.world.store.worker().await.unwrap();
    let number = begin(&mut transaction, written).await;
    let operation = written.operation();
    assert!(attempts::finish(&mut transaction, operation, number, outcome, None).await.unwrap());
    store::commit(transaction).await.unwrap();
}

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
    assert!(shown["updatedAt"].as_str() > before["updatedAt"].as_str());
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

#[tokio::test]
async fn a_failed_message_is_queued_again_behind_the_others() {
    let served = Served::start().await;
    let path = asked(&served).await;
    let question = ids(&served.read(&path).await)[0].clone();
    let mut stream = Stream::open(&served, "/activity", None).await;
    stream.expect("ready").await;
    let body = json!({ "content": "Soon.", "private": true, "inReplyTo": question });
    let message = write(&served, &path, &body).await;
    let written = Written { path, message };
    let before = commands(&served).await;
    tried(&served, &written, AttemptOutcome::Failed).await;
    advance(&served, written.operation(), DeliveryState::Failed, false).await;
    let later = write(&served, &written.path, &json!({ "content": "And?" })).await;

    let answer = ask(&served, &written.to("retry")).await;
    assert_eq!(answer.status(), 202);
    let message: Value = answer.json().await.unwrap();
    assert_eq!((&message["state"], &message["stateReason"]), (&json!("queued"), &Value::Null));
    assert_eq!(message["createdAt"], written.message["createdAt"]);
    assert_eq!(served.read(&written.path).await["data"][1], message);
    let after = commands(&served).await;
    assert_eq!(after[0].0.to_string(), later["id"].as_str().unwrap());
    assert_eq!(after[1..], before, "the same operation and payload");

    // The try of before is what the next one begins with.
    let mut transaction = served.world.store.worker().await.unwrap();
    let last = attempts::last(&mut transaction, written.operation()).await.unwrap().unwrap();
    assert_eq!((last.number, last.outcome), (1, Some(AttemptOutcome::Failed)));
    assert!(
        outbox::settle(&mut transaction, later["id"].as_str().unwrap().parse().unwrap())
            .await
            .unwrap()
    );
    let conversation = message["conversationId"].as_str().unwrap().parse().unwrap();
    let entry = outbox::head(&mut transaction, conversation).await.unwrap().unwrap();
    assert_eq!((entry.operation, entry.attempts), (written.operation(), 0));
    assert_eq!(entry.due_in, Duration::ZERO);

    stream.expect("message_queued").await;
    stream.expect("message_queued").await;
    let told = stream.expect("message_retried").await.json();
    assert_eq!(told["message"], message);
    assert_eq!(told["data"], json!({ "messageId": written.id(), "private": true }));
    assert_eq!((&told["source"], &told["actor"]["type"]), (&json!("axis"), &json!("member")));
    // Once is enough.
    let refused = (409, "not-retriable".to_owned());
    assert_eq!(refusal(&served, &written.to("retry")).await, refused);
    assert_eq!(commands(&served).await.len(), 2);
}

#[tokio::test]
async fn a_message_that_waits_to_be_retried_is_tried_at_once() {
    let served = Served::start().await;
    let written = Written::start(&served).await;
    tried(&served, &written, AttemptOutcome::Retry).await;
    advance(&served, written.operation(), DeliveryState::Retrying, true).await;
    write(&served, &written.path, &json!({ "content": "And?" })).await;
    let conversation = written.message["conversationId"].as_str().unwrap().parse().unwrap();
    let mut transaction = served.world.store.worker().await.unwrap();
    let waiting = outbox::head(&mut transaction, conversation).await.unwrap().unwrap();
    assert!(waiting.due_in > Duration::from_mins(50));
    let mut wakeups = served.world.store.wakeups().await.unwrap();
    for _ in 0..2 {
        let answer = ask(&served, &written.to("retry")).await;
        assert_eq!(answer.status(), 202);
        let message: Value = answer.json().await.unwrap();
        assert_eq!(message["state"], "retrying");
        assert_eq!(message["stateReason"], "a test says so");
        assert!(message["nextAttemptAt"].as_str() <= message["updatedAt"].as_str());
        wakeups.next().await.unwrap();
    }
    let due = outbox::head(&mut transaction, conversation).await.unwrap().unwrap();
    assert_eq!((due.operation, due.due_in), (written.operation(), Duration::ZERO));
    drop(transaction);
    let mut transaction = served.world.store.worker().await.unwrap();
    let published = outbox::take_due(&mut transaction, 2, 2).await.unwrap();
    assert!(published.iter().any(|(command, _)| command.operation == written.operation()));
}

#[tokio::test]
async fn a_message_of_unknown_outcome_is_looked_for_at_once() {
    let served = Served::start().await;
    let mut stream = Stream::open(&served, "/activity", None).await;
    stream.expect("ready").await;
    let written = Written::start(&served).await;
    stream.expect("message_queued").await;
    tried(&served, &written, AttemptOutcome::Unknown).await;
    advance(&served, written.operation(), DeliveryState::Unknown, true).await;
    let before = commands(&served).await;
    let answer = ask(&served, &written.to("retry")).await;
    assert_eq!(answer.status(), 202);
    let message: Value = answer.json().await.unwrap();
    assert_eq!(
        (&message["state"], &message["stateReason"]),
        (&json!("unknown"), &json!("a test says so"))
    );
    assert_eq!(stream.expect("message_retried").await.json()["message"], message);
    assert_eq!(commands(&served).await, before, "the same command, and not another one");
    let conversation = written.message["conversationId"].as_str().unwrap().parse().unwrap();
    let mut transaction = served.world.store.worker().await.unwrap();
    let due = outbox::head(&mut transaction, conversation).await.unwrap().unwrap();
    assert_eq!((due.operation, due.due_in), (written.operation(), Duration::ZERO));
    // What the worker begins with: a look, and no other try.
    let last = attempts::last(&mut transaction, written.operation()).await.unwrap().unwrap();
    assert_eq!((last.number, last.outcome), (1, Some(AttemptOutcome::Unknown)));
}

#[tokio::test]
async fn only_what_failed_or_waits_is_sent_again() {
    let served = Served::start().await;
    let written = Written::start(&served).await;
    let operation = written.operation();
    let refused = (409, "not-retriable".to_owned());
    assert_eq!(refusal(&served, &written.to("retry")).await, refused);
    advance(&served, operation, DeliveryState::Sending, true).await;
    assert_eq!(refusal(&served, &written.to("retry")).await, refused);
    let list = served.read(&written.path).await;
    let question = format!("{}/{}/retry", written.path, ids(&list)[0]);
    assert_eq!(refusal(&served, &question).await, refused);
    // Chatwoot has it, and its channel refused it: sent again it would be there twice.
    advance(&served, operation, DeliveryState::Failed, false).await;
    let mut transaction = served.world.store.worker().await.unwrap();
    let id = MessageId(operation.0);
    messages::link(&mut transaction, served.ours.key, id, 4711).await.unwrap();
    sqlx::query(
        r#"update messages set delivery_failed_at = 1, outbound_reason = null,
                  content_attributes = '{"external_error": "the number takes no messages"}'
           where id = $1"#,
    )
    .bind(id.0)
    .execute(&mut *transaction)
    .await
    .unwrap();
    store::commit(transaction).await.unwrap();
    let message = &served.read(&written.path).await["data"][1];
    assert_eq!(message["state"], "failed");
    assert_eq!(message["stateReason"], "the number takes no messages");
    assert_eq!(refusal(&served, &written.to("retry")).await, refused);
    let kept = (409, "not-cancellable".to_owned());
    assert_eq!(refusal(&served, &written.to("cancel")).await, kept);
    assert_eq!(commands(&served).await, []);
}

#[tokio::test]
async fn only_one_of_two_who_ask_again_queues_it() {
    let served = Served::start().await;
    let written = Written::start(&served).await;
    advance(&served, written.operation(), DeliveryState::Failed, false).await;
    let path = written.to("retry");
    let answers = join_all((0..5).map(|_| ask(&served, &path))).await;
    let mut statuses: Vec<_> = answers.iter().map(|answer| answer.status().as_u16()).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [202, 409, 409, 409, 409]);
    assert_eq!(commands(&served).await.len(), 1);
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
