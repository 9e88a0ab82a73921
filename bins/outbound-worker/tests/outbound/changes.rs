//! Everything but replies.

use std::time::Duration;

use chatwoot_sim::{Faults, RestFaults, Rule};
use serde_json::json;

use crate::stage::Stage;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_change_reaches_chatwoot_through_faults() {
    let stage = Stage::start().await;
    let chatwoot = stage.chatwoot("acme").await;
    let conversation = stage.conversation(&chatwoot).await;
    let reply = stage.write(&chatwoot, &conversation, "Oops").await;
    stage.reaches(reply, "sent").await;
    let rest = RestFaults {
        rate_limited: Rule::next(1),
        unavailable: Rule::next(1),
        cut: Rule::next(1),
        stored_then_5xx: Rule::next(1),
        stored_then_cut: Rule::next(1),
        ..RestFaults::default()
    };
    chatwoot.sim().set_faults(Faults { rest, ..Faults::default() }).unwrap();
    for (command, payload) in [
        ("set_status", json!({ "status": "snoozed", "snoozedUntil": "2036-10-07T08:00:00Z" })),
        ("set_priority", json!({ "priority": "high" })),
        ("set_labels", json!({ "labels": ["late", "vip"] })),
        ("set_custom_attributes", json!({ "customAttributes": { "tier": 2 } })),
        ("delete_message", json!({ "messageId": reply })),
        ("typing", json!({ "on": true, "private": false })),
    ] {
        stage.ask(&chatwoot, &conversation, command, &payload).await;
    }
    stage.all_settled().await;
    let there = chatwoot.sim().conversation(1, conversation.number).unwrap();
    assert_eq!(there["status"], "snoozed");
    assert_eq!(there["priority"], "high");
    assert_eq!(there["labels"], json!(["late", "vip"]));
    assert_eq!(there["custom_attributes"], json!({ "tier": 2 }));
    let messages = chatwoot.sim().messages(1, conversation.number).unwrap();
    let deleted = messages.iter().find(|message| message["message_type"] == 1).unwrap();
    assert_eq!(deleted["content_attributes"]["deleted"], true);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_that_cannot_be_read_fails_and_lets_the_next_one_pass() {
    let stage = Stage::start().await;
    let chatwoot = stage.chatwoot("acme").await;
    let conversation = stage.conversation(&chatwoot).await;
    stage.ask(&chatwoot, &conversation, "set_labels", &json!({ "labels": 7 })).await;
    stage.ask(&chatwoot, &conversation, "set_labels", &json!({ "labels": ["ok"] })).await;
    stage.all_settled().await;
    let there = chatwoot.sim().conversation(1, conversation.number).unwrap();
    assert_eq!(there["labels"], json!(["ok"]));
}

/// Whatever wakes the worker: publishing the row, or another command of the conversation.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_that_was_put_off_waits_for_its_time() {
    let stage = Stage::empty().await;
    let chatwoot = stage.chatwoot("acme").await;
    let conversation = stage.conversation(&chatwoot).await;
    let change = json!({ "labels": ["late"] });
    let operation = stage.ask(&chatwoot, &conversation, "set_labels", &change).await;
    let hour = Duration::from_hours(1);
    let mut transaction = stage.world.store.worker().await.unwrap();
    let due = store::outbox::head(&mut transaction, conversation.id).await.unwrap().unwrap();
    assert_eq!(due.due_in, Duration::ZERO);
    store::outbox::postpone(&mut transaction, operation, hour).await.unwrap();
    store::outbox::published(&mut transaction, &[operation], Duration::ZERO).await.unwrap();
    let late = store::outbox::head(&mut transaction, conversation.id).await.unwrap().unwrap();
    assert_eq!(late.operation, operation);
    assert!(late.due_in > hour / 2);
}
