//! Creating and listing messages by REST.

use chatwoot_sim::{Faults, RestFaults};
use serde_json::{Value, json};

use crate::harness::{World, answer, mask, options};

async fn conversation(world: &World) -> (i64, String) {
    let (conversation, _) = world.sim.start_conversation(1, "Hello").unwrap();
    world.sim.settled().await;
    (conversation, format!("/conversations/{conversation}/messages"))
}

#[tokio::test]
async fn the_marker_survives_everywhere_and_the_echo_id_nowhere() {
    let world = World::new().await;
    let (_, path) = conversation(&world).await;
    world.subscribe(&["message_created"]);
    let marker = json!({ "axis": { "op": "01J9ZX" } });
    let wanted = json!({ "content": "Hi", "content_attributes": marker, "echo_id": "e1" });
    let (status, created) = world.admin().post(&path, wanted).await;
    assert_eq!(status, 200);
    assert_eq!(created["echo_id"], "e1");
    assert_eq!(created["content_attributes"], marker);
    insta::assert_json_snapshot!("rest_message", mask(&created));

    let (_, list) = world.admin().get(&path).await;
    let listed = list["payload"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(listed["content_attributes"], marker);
    assert!(listed.get("echo_id").is_none());

    world.sim.settled().await;
    let body = world.receiver.only("message_created");
    assert_eq!(body["content_attributes"], marker);
    assert_eq!(body["conversation"]["messages"][0]["content_attributes"], marker);
    assert!(!body.to_string().contains("echo_id"));
}

#[tokio::test]
async fn a_status_change_keeps_the_marker_and_retry_too() {
    let world = World::new().await;
    let (conversation, path) = conversation(&world).await;
    let marker = json!({ "axis": { "op": "01J9ZX" } });
    let wanted = json!({ "content": "Hi", "content_attributes": marker });
    let (_, created) = world.admin().post(&path, wanted).await;
    let id = created["id"].as_i64().unwrap();
    world.sim.set_message_status(1, conversation, id, "failed", Some("no such number")).unwrap();
    let failed = world.sim.messages(1, conversation).unwrap().pop().unwrap();
    assert_eq!(failed["content_attributes"]["axis"]["op"], "01J9ZX");
    assert_eq!(failed["content_attributes"]["external_error"], "no such number");
    let (status, retried) = world.admin().post(&format!("{path}/{id}/retry"), json!({})).await;
    assert_eq!((status, &retried["status"]), (200, &json!("sent")));
    assert_eq!(retried["content_attributes"], marker);
}

#[tokio::test]
async fn older_versions_send_again_what_did_not_fail_and_empty_its_attributes() {
    let world = World::new().await;
    let (conversation, path) = conversation(&world).await;
    let wanted = json!({ "content": "Hi", "content_attributes": { "axis": { "op": "01J9ZX" } } });
    let (_, created) = world.admin().post(&path, wanted).await;
    let id = created["id"].as_i64().unwrap();
    world.sim.set_message_status(1, conversation, id, "read", None).unwrap();
    let again = format!("{path}/{id}/retry");
    let (_, left) = world.admin().post(&again, json!({})).await;
    assert_eq!(
        (&left["status"], &left["content_attributes"]["axis"]["op"]),
        (&json!("read"), &json!("01J9ZX"))
    );
    let rest = RestFaults { old_retry: true, ..RestFaults::default() };
    world.sim.set_faults(Faults { rest, ..Faults::default() }).unwrap();
    let (status, sent) = world.admin().post(&again, json!({})).await;
    assert_eq!((status, &sent["status"]), (200, &json!("sent")));
    assert_eq!(sent["content_attributes"], json!({}));
}

#[tokio::test]
async fn the_same_marker_twice_makes_two_messages() {
    let world = World::new().await;
    let (_, path) = conversation(&world).await;
    let wanted = json!({ "content": "Hi", "content_attributes": { "axis": { "op": "1" } } });
    let (_, first) = world.admin().post(&path, wanted.clone()).await;
    let (_, second) = world.admin().post(&path, wanted).await;
    assert_ne!(first["id"], second["id"]);
}

#[tokio::test]
async fn multipart_carries_attachments_and_attributes_as_text() {
    let world = World::new().await;
    let (_, path) = conversation(&world).await;
    let file = reqwest::multipart::Part::bytes(vec![0; 1234])
        .file_name("photo.png")
        .mime_str("image/png")
        .unwrap();
    let form = reqwest::multipart::Form::new()
        .text("content", "Look")
        .text("private", "true")
        .text("content_attributes", r#"{"axis":{"op":"7"}}"#)
        .part("attachments[]", file);
    let sent = world.admin().request("POST", &path).multipart(form).send().await.unwrap();
    let (status, created) = answer(sent).await;
    assert_eq!(status, 200);
    insta::assert_json_snapshot!("rest_message_with_file", mask(&created));
}

#[tokio::test]
async fn pages_of_messages() {
    let world = World::new().await;
    let (id, path) = conversation(&world).await;
    for number in 0..130 {
        world.sim.customer_writes(1, id, &number.to_string()).unwrap();
    }
    let all: Vec<i64> = world
        .sim
        .messages(1, id)
        .unwrap()
        .iter()
        .map(|message| message["id"].as_i64().unwrap())
        .collect();
    let client = world.admin();
    let ids = async |query: String| -> Vec<i64> {
        let (status, body) = client.get(&format!("{path}{query}")).await;
        assert_eq!(status, 200);
        let rows = body["payload"].as_array().unwrap().clone();
        rows.iter().map(|row| row["id"].as_i64().unwrap()).collect()
    };
    assert_eq!(ids(String::new()).await, all[all.len() - 20..]);
    assert_eq!(ids(format!("?before={}", all[30])).await, all[10..30]);
    assert_eq!(ids(format!("?after={}", all[5])).await, all[6..106]);
    assert_eq!(ids(format!("?after={}&before={}", all[5], all[128])).await, all[5..128]);
    assert_eq!(ids(format!("?after={}", all[130])).await, Vec::<i64>::new());
}

#[tokio::test]
async fn what_is_refused() {
    let world = World::with(chatwoot_sim::Options { messages_per_minute: 3, ..options() }).await;
    let (_, path) = conversation(&world).await;
    let client = world.admin();
    let refused = async |body: Value| {
        let (status, answer) = client.post(&path, body).await;
        assert_eq!(status, 422);
        answer["error"].as_str().unwrap().to_owned()
    };
    let long = "x".repeat(150_001);
    assert!(refused(json!({ "content": long })).await.contains("too long"));
    let incoming = json!({ "content": "x", "message_type": "incoming" });
    assert!(refused(incoming).await.contains("Api inboxes"));
    assert_eq!(client.post(&path, json!({ "content": "1" })).await.0, 200);
    assert_eq!(client.post(&path, json!({ "content": "2" })).await.0, 200);
    assert!(refused(json!({ "content": "3" })).await.contains("Too many messages"));
    let (status, body) = client.post("/conversations/99/messages", json!({})).await;
    assert_eq!((status, body), (404, json!({ "error": "Resource could not be found" })));
}

#[tokio::test]
async fn only_api_inboxes_take_a_status() {
    let world = World::new().await;
    let (id, path) = conversation(&world).await;
    let message = world.sim.agent_writes(1, id, "Hi").unwrap();
    let wanted = Some(json!({ "status": "delivered" }));
    let path = format!("{path}/{message}");
    assert_eq!(world.admin().call("PATCH", &path, wanted.clone()).await.0, 403);

    let inbox = world.sim.inbox(1, "Channel::Api").unwrap();
    let contact = world.sim.create_contact(1, chatwoot_sim::Customer::default()).unwrap();
    let id = world.sim.create_conversation(1, inbox, contact).unwrap();
    let message = world.sim.agent_writes(1, id, "Hi").unwrap();
    let path = format!("/conversations/{id}/messages/{message}");
    let (status, body) = world.admin().call("PATCH", &path, wanted).await;
    assert_eq!((status, &body["status"]), (200, &json!("delivered")));
}
