//! Sending messages again.

use std::time::Duration;

use domain::DeliveryState;
use futures_util::future::join_all;
use serde_json::{Value, json};
use store::attempts::AttemptOutcome;
use store::{attempts, messages, outbox};

use crate::support::written::{
    Written, advance, ask, asked, commands, refusal, tried, undeliver, write,
};
use crate::support::{Served, Stream, ids, time};

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

    // The next try begins with what is known of this one.
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
        let [due, updated] = ["nextAttemptAt", "updatedAt"].map(|field| time(&message[field]));
        assert!(due <= updated, "{message}");
        wakeups.next().await.unwrap();
    }
    let due = outbox::head(&mut transaction, conversation).await.unwrap().unwrap();
    assert_eq!((due.operation, due.due_in), (written.operation(), Duration::ZERO));
    drop(transaction);
    let mut transaction = served.world.store.worker().await.unwrap();
    let published = outbox::take_due(&mut transaction, 2, 2).await.unwrap();
    assert!(published.iter().any(|(command, _)| command.operation == written.operation()));
}

/// Be it written here or in Chatwoot.
#[tokio::test]
async fn what_the_channel_did_not_deliver_is_to_be_handed_to_it_again_once() {
    let served = Served::start().await;
    let mut stream = Stream::open(&served, "/activity", None).await;
    stream.expect("ready").await;
    let written = Written::delivered(&served).await;
    let refused = (409, "not-retriable".to_owned());
    assert_eq!(refusal(&served, &written.to("retry")).await, refused, "it is delivered");
    undeliver(&served).await;
    let answer = ask(&served, &written.to("retry")).await;
    assert_eq!(answer.status(), 202);
    let message: Value = answer.json().await.unwrap();
    assert_eq!((&message["state"], &message["stateReason"]), (&json!("queued"), &Value::Null));
    assert_eq!(message["chatwootId"], written.message["chatwootId"]);
    assert_eq!(served.read(&written.path).await["data"], json!([message]));
    let [(operation, payload)] = &commands(&served).await[..] else { panic!("one command") };
    assert_ne!(operation.to_string(), written.id(), "no reply is sent");
    assert_eq!(*payload, json!({ "messageId": written.id() }));
    assert_eq!(stream.expect("message_retried").await.json()["message"], message);
    assert_eq!(refusal(&served, &written.to("retry")).await, refused, "once is enough");
    // As a worker does.
    let mut transaction = served.world.store.worker().await.unwrap();
    let (id, hour) = (written.id().parse().unwrap(), Duration::from_hours(1));
    let (state, reason) = (DeliveryState::Retrying, Some("a test says so"));
    assert!(messages::redelivering(&mut transaction, id, state, reason, Some(hour)).await.unwrap());
    outbox::postpone(&mut transaction, (*operation).into(), hour).await.unwrap();
    store::commit(transaction).await.unwrap();
    let shown = served.read(&written.path).await["data"][0].clone();
    assert_eq!((&shown["state"], &shown["stateReason"]), (&json!("retrying"), &json!(reason)));
    assert!(shown["nextAttemptAt"].is_string());
    assert_eq!(ask(&served, &written.to("retry")).await.status(), 202, "tried at once");
    let mut transaction = served.world.store.worker().await.unwrap();
    let conversation = written.message["conversationId"].as_str().unwrap().parse().unwrap();
    let head = outbox::head(&mut transaction, conversation).await.unwrap().unwrap();
    assert_eq!((head.operation, head.due_in), ((*operation).into(), Duration::ZERO));
    assert_eq!(commands(&served).await.len(), 1);
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
    let refused = (409, "not-retriable".to_owned());
    assert_eq!(refusal(&served, &written.to("retry")).await, refused);
    advance(&served, written.operation(), DeliveryState::Sending, true).await;
    assert_eq!(refusal(&served, &written.to("retry")).await, refused);
    let list = served.read(&written.path).await;
    let question = format!("{}/{}/retry", written.path, ids(&list)[0]);
    assert_eq!(refusal(&served, &question).await, refused);
    assert_eq!(commands(&served).await.len(), 1, "its own, as it was");
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
