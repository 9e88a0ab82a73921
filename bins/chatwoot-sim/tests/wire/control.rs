//! The control API, and life of its own.

use std::time::Duration;

use chatwoot_sim::Options;
use serde_json::{Value, json};

use crate::harness::{World, answer, options};

async fn call(world: &World, method: &str, path: &str, body: Value) -> (u16, Value) {
    let url = format!("{}/_sim{path}", world.url);
    let request = reqwest::Client::new().request(method.parse().unwrap(), url);
    let request = if body.is_null() { request } else { request.json(&body) };
    answer(request.send().await.unwrap()).await
}

#[tokio::test]
async fn a_test_in_another_language_can_drive_it() {
    let world = World::new().await;
    world.subscribe(&["message_created", "conversation_typing_on", "webwidget_triggered"]);
    let first = json!({ "channel": "Channel::Email", "contact": { "name": "Ada" }, "text": "Hi" });
    let (status, made) = call(&world, "POST", "/conversations", first).await;
    assert_eq!(status, 200);
    let id = made["conversation"].as_i64().unwrap();
    let file = json!({ "name": "a.pdf", "content_type": "application/pdf", "size": 9 });
    let more = json!({ "text": "more", "attachments": [file] });
    assert_eq!(call(&world, "POST", &format!("/conversations/{id}/incoming"), more).await.0, 200);
    let note = json!({ "text": "note", "private": true });
    let (_, sent) = call(&world, "POST", &format!("/conversations/{id}/outgoing"), note).await;
    let path = format!("/conversations/{id}/messages/{}/status", sent["message"]);
    let failed = json!({ "status": "failed", "external_error": "no" });
    assert_eq!(call(&world, "POST", &path, failed).await.0, 204);
    let typing = json!({ "conversation": id, "on": true, "by": "agent" });
    assert_eq!(call(&world, "POST", "/typing", typing).await.0, 204);
    assert_eq!(call(&world, "POST", "/widget", json!({ "conversation": id })).await.0, 204);
    let path = format!("/conversations/{id}/status");
    assert_eq!(call(&world, "POST", &path, json!({ "status": "resolved" })).await.0, 204);
    assert_eq!(call(&world, "POST", "/settled", Value::Null).await.0, 204);
    let (_, deliveries) = call(&world, "GET", "/deliveries", Value::Null).await;
    assert_eq!(deliveries.as_array().unwrap().len(), 5);
    assert_eq!(deliveries[0]["outcome"], "answered");
    assert_eq!(deliveries[0]["status"], 200);
    let (_, state) = call(&world, "GET", "/state", Value::Null).await;
    let messages = state["accounts"][0]["conversations"][0]["messages"].as_array().unwrap();
    assert_eq!(messages.len(), 4, "three and an activity");
    let (_, made) = call(&world, "POST", "/accounts", json!({ "id": 7 })).await;
    assert_eq!(made, json!({ "id": 7, "admin_token": "sim-admin-token-7" }));

    let faults = json!({ "webhooks": { "drop": { "probability": 0.5 } } });
    let (status, shown) = call(&world, "PUT", "/faults", faults).await;
    assert_eq!((status, &shown["webhooks"]["drop"]["probability"]), (200, &json!(0.5)));
    let typo = json!({ "webhook": {} });
    assert_eq!(call(&world, "PUT", "/faults", typo).await.0, 422);
    assert_eq!(call(&world, "POST", "/reset", Value::Null).await.0, 204);
    let (_, state) = call(&world, "GET", "/state", Value::Null).await;
    assert_eq!(state["accounts"].as_array().unwrap().len(), 1);
    assert_eq!(state["accounts"][0]["conversations"], json!([]));
    assert_eq!(call(&world, "POST", "/widget", json!({ "conversation": id })).await.0, 404);
}

#[tokio::test]
async fn history_lies_in_the_past_and_sends_nothing() {
    let world = World::with(Options { history: 12, ..options() }).await;
    let (_, body) = world.admin().get("/conversations?status=all").await;
    let rows = body["data"]["payload"].as_array().unwrap();
    assert_eq!(rows.len(), 12);
    let now = chrono::Utc::now().timestamp();
    assert!(rows.iter().all(|row| row["last_activity_at"].as_i64().unwrap() <= now));
    let created = rows.iter().map(|row| row["created_at"].as_i64().unwrap());
    assert!(created.min().unwrap() < now - 11 * 40 * 60);
    assert!(rows.iter().any(|row| row["status"] == "resolved"));
    assert!(rows.iter().any(|row| row["status"] == "open"));
    world.sim.settled().await;
    assert!(world.sim.deliveries().is_empty());
}

#[tokio::test]
async fn the_trickle_goes_on_within_bounds() {
    let trickle = Some(Duration::from_millis(1));
    let world =
        World::with(Options { trickle, conversations_kept: 3, history: 3, ..options() }).await;
    world.subscribe(&[]);
    // New ones keep coming, so old ones must have gone.
    loop {
        let (_, body) = world.admin().get("/conversations?status=all").await;
        let rows = body["data"]["payload"].as_array().unwrap();
        assert!(rows.len() <= 5, "{}", rows.len());
        let types = world.receiver.events().contains(&"conversation_typing_on".to_owned());
        if types && rows.iter().any(|row| row["id"].as_i64().unwrap() > 12) {
            break;
        }
    }
}
