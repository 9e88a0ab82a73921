//! Conversations, contacts, lists: shapes, status codes, who may what.

use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::{World, mask};

#[tokio::test]
async fn tokens() {
    let world = World::new().await;
    world.sim.create_account(Some(2), "Other").unwrap();
    world.sim.start_conversation(1, "Hello").unwrap();
    let error = |text: &str| json!({ "error": text });
    let invalid = (401, error("Invalid Access Token"));
    assert_eq!(world.client("nobody").get("/conversations").await, invalid);
    let role = (401, error("You are not authorized to do this action"));
    assert_eq!(world.client("sim-agent-1-token").get("/webhooks").await, role);
    let bot = world.client("sim-bot-token");
    let not_bots = (401, error("Access to this endpoint is not authorized for bots"));
    assert_eq!(bot.get("/conversations/1/messages").await, not_bots);
    assert_eq!(bot.get("/conversations").await, not_bots);
    assert_eq!(bot.get("/conversations/1").await.0, 200);
    let (status, message) = bot.post("/conversations/1/messages", json!({ "content": "x" })).await;
    assert_eq!((status, &message["sender"]["type"]), (200, &json!("agent_bot")));
    assert_eq!(world.client("sim-admin-token-2").get("/conversations").await.0, 401);

    // The name with underscores is the same header.
    let http = reqwest::Client::new();
    let url = format!("{}/api/v1/profile", world.url);
    let sent = http.get(url).header("api_access_token", "sim-admin-token").send().await.unwrap();
    assert_eq!(sent.status().as_u16(), 200);
}

#[tokio::test]
async fn a_conversation() {
    let world = World::new().await;
    let (id, _) = world.sim.start_conversation(1, "Hello").unwrap();
    let (status, body) = world.admin().get(&format!("/conversations/{id}")).await;
    assert_eq!(status, 200);
    insta::assert_json_snapshot!("rest_conversation", mask(&body));
    assert!(body["meta"].get("assignee").is_none(), "absent when there is none");
    let missing = (404, json!({ "error": "Resource could not be found" }));
    assert_eq!(world.admin().get("/conversations/99").await, missing);
    assert_eq!(world.admin().get("/conversations/x").await, missing);
    let unknown = (404, json!({ "status": 404, "error": "Not Found" }));
    assert_eq!(world.admin().get("/nowhere").await, unknown);
}

#[tokio::test]
async fn a_conversation_can_be_opened_to_be_read() {
    let world = World::new().await;
    let (id, _) = world.sim.start_conversation(1, "<b>Hello</b>").unwrap();
    let open = async |id: i64| {
        let url = format!("{}/app/accounts/1/conversations/{id}", world.url);
        reqwest::get(url).await.unwrap()
    };
    let screen = open(id).await;
    assert_eq!(screen.headers()["content-type"], "text/plain; charset=utf-8");
    assert!(screen.text().await.unwrap().ends_with(": <b>Hello</b>\n"));
    assert_eq!(open(99).await.status().as_u16(), 404);
}

#[tokio::test]
async fn pages_and_filters_of_conversations() {
    let world = World::new().await;
    for number in 0..30 {
        world.sim.start_conversation(1, &format!("number {number}")).unwrap();
    }
    world.sim.agent_sets_status(1, 3, "resolved").unwrap();
    world.sim.agent_sets_labels(1, 4, &["vip"]).unwrap();
    let client = world.admin();
    let ids = async |query: &str| -> Vec<i64> {
        let (status, body) = client.get(&format!("/conversations{query}")).await;
        assert_eq!(status, 200);
        let rows = body["data"]["payload"].as_array().unwrap().clone();
        rows.iter().map(|row| row["id"].as_i64().unwrap()).collect()
    };
    assert_eq!(ids("").await.len(), 25);
    // Labelling left an activity, which counts as activity.
    assert_eq!(ids("").await[..2], [4, 30]);
    assert_eq!(ids("?page=2").await.len(), 4);
    assert_eq!(ids("?page=3").await.len(), 0);
    assert_eq!(ids("?status=resolved").await, [3]);
    assert_eq!(ids("?labels[]=vip").await, [4]);
    assert_eq!(ids("?status=all&sort_by=created_at_asc").await[..3], [1, 2, 3]);
    assert_eq!(ids("?status=all&updated_within=60").await.len(), 30, "not paged");
    assert_eq!(ids("?q=number%2029").await, [30]);
    assert_eq!(ids("?assignee_type=assigned").await.len(), 0);
    let (_, body) = client.get("/conversations?status=all").await;
    assert_eq!(body["data"]["meta"]["all_count"], 30);

    let filter = json!({ "payload": [
        { "attribute_key": "status", "filter_operator": "equal_to", "values": ["resolved"],
          "query_operator": "OR" },
        { "attribute_key": "labels", "filter_operator": "equal_to", "values": ["vip"] },
    ] });
    let (status, body) = client.post("/conversations/filter", filter).await;
    assert_eq!(status, 200);
    assert_eq!(body["meta"]["all_count"], 2, "not wrapped in data");
    let bad = json!({ "payload": [{ "attribute_key": "status", "filter_operator": "near" }] });
    assert_eq!(client.post("/conversations/filter", bad).await.0, 422);
}

#[tokio::test]
async fn statuses() {
    let world = World::new().await;
    let (id, _) = world.sim.start_conversation(1, "Hello").unwrap();
    let path = format!("/conversations/{id}/toggle_status");
    let admin = world.admin();
    let (status, body) = admin.post(&path, json!({})).await;
    assert_eq!((status, &body["payload"]["current_status"]), (200, &json!("resolved")));
    let (_, body) = admin.post(&path, json!({})).await;
    assert_eq!(body["payload"]["current_status"], "open", "without a status it toggles");
    let snooze = json!({ "status": "snoozed", "snoozed_until": 1_900_000_000 });
    let (_, body) = admin.post(&path, snooze).await;
    assert_eq!(body["payload"]["snoozed_until"], "2030-03-17T17:46:40.000Z");
    let (_, body) = admin.post(&path, json!({ "status": "snoozed" })).await;
    assert_eq!(body["payload"]["snoozed_until"], "2030-03-17T17:46:40.000Z", "it stays");
    for status in ["pending", "snoozed"] {
        let (_, body) = admin.post(&path, json!({ "status": status })).await;
        assert_eq!(body["payload"]["snoozed_until"], Value::Null);
    }
    assert_eq!(admin.post(&path, json!({ "status": "gone" })).await.0, 422);

    // An administrator who opens takes nothing; an agent takes the conversation.
    admin.post(&path, json!({ "status": "open" })).await;
    let shown = world.sim.conversation(1, id).unwrap();
    assert!(shown["meta"].get("assignee").is_none());
    let agent = world.client("sim-agent-2-token");
    agent.post(&path, json!({ "status": "open" })).await;
    let shown = world.sim.conversation(1, id).unwrap();
    assert_eq!(shown["meta"]["assignee"]["name"], "Marco Ferreira");
}

#[tokio::test]
async fn what_is_snoozed_until_a_time_opens_when_it_has_come() {
    let world = World::new().await;
    let (id, _) = world.sim.start_conversation(1, "Hello").unwrap();
    let status = || world.sim.conversation(1, id).unwrap()["status"].clone();
    let snooze = async |seconds: i64| {
        let until = chrono::Utc::now().timestamp() + seconds;
        let snooze = json!({ "status": "snoozed", "snoozed_until": until });
        let path = format!("/conversations/{id}/toggle_status");
        assert_eq!(world.admin().post(&path, snooze).await.0, 200);
    };
    // Soon, by itself.
    snooze(1).await;
    while status() != "open" {
        tokio::task::yield_now().await;
    }
    snooze(3_600).await;
    world.sim.settled().await;
    world.subscribe(&["conversation_status_changed"]);
    world.sim.advance(Duration::from_mins(50));
    assert_eq!(status(), "snoozed");
    world.sim.advance(Duration::from_mins(11));
    world.sim.settled().await;
    let told = world.receiver.only("conversation_status_changed");
    assert_eq!((&told["status"], &told["snoozed_until"]), (&json!("open"), &Value::Null));
}

#[tokio::test]
async fn other_changes() {
    let world = World::new().await;
    let (id, _) = world.sim.start_conversation(1, "Hello").unwrap();
    let client = world.admin();
    let path = |name: &str| format!("/conversations/{id}/{name}");
    let (_, agents) = client.get("/agents").await;
    let agent = agents[1]["id"].clone();
    let (_, body) = client.post(&path("assignments"), json!({ "assignee_id": agent })).await;
    assert_eq!(body["id"], agent);
    let unknown = json!({ "assignee_id": 99_999 });
    let (status, body) = client.post(&path("assignments"), unknown).await;
    assert_eq!((status, body), (200, Value::Null), "an unknown id unassigns");
    let bot = json!({ "assignee_id": 99_999, "assignee_type": "AgentBot" });
    let (status, body) = client.post(&path("assignments"), bot).await;
    assert_eq!((status, body), (200, Value::Null), "an unknown bot changes nothing");
    let (_, teams) = client.get("/teams").await;
    let team = json!({ "team_id": teams[0]["id"] });
    assert_eq!(client.post(&path("assignments"), team).await.1["name"], "support");

    client.post(&path("labels"), json!({ "labels": ["a", "b"] })).await;
    let (_, body) = client.post(&path("labels"), json!({ "labels": ["c"] })).await;
    assert_eq!(body, json!({ "payload": ["c"] }), "the set is replaced");
    let first = json!({ "custom_attributes": { "a": 1 } });
    client.post(&path("custom_attributes"), first).await;
    let second = json!({ "custom_attributes": { "b": 2 } });
    let (_, body) = client.post(&path("custom_attributes"), second.clone()).await;
    assert_eq!(body, second, "the object is replaced");

    let urgent = json!({ "priority": "urgent" });
    let answer = client.post(&path("toggle_priority"), urgent).await;
    assert_eq!(answer, (200, Value::Null));
    let none = Some(json!({ "priority": null }));
    let (status, body) = client.call("PATCH", &format!("/conversations/{id}"), none).await;
    assert_eq!((status, &body["priority"]), (200, &Value::Null));

    assert_eq!(world.sim.conversation(1, id).unwrap()["unread_count"], 1);
    let (_, body) = client.post(&path("update_last_seen"), json!({})).await;
    assert_eq!(body["unread_count"], 0);
    let typing = json!({ "typing_status": "on", "is_private": "yes" });
    world.subscribe(&["conversation_typing_on"]);
    assert_eq!(client.post(&path("toggle_typing_status"), typing).await, (200, Value::Null));
    world.sim.settled().await;
    let body = world.receiver.only("conversation_typing_on");
    assert_eq!(body["is_private"], "yes", "as the client sent it");
}

/// Nobody else, and one of them if there is nobody.
#[tokio::test]
async fn another_team_keeps_its_own() {
    let world = World::new().await;
    let (id, _) = world.sim.start_conversation(1, "Hello").unwrap();
    let client = world.admin();
    let path = format!("/conversations/{id}/assignments");
    let (_, agents) = client.get("/agents").await;
    let (_, teams) = client.get("/teams").await;
    let ids = |list: &Value, role: &str| -> Vec<Value> {
        let list = list.as_array().unwrap().iter();
        list.filter(|one| one["role"] == role).map(|one| one["id"].clone()).collect()
    };
    let (outside, members) = (ids(&agents, "administrator")[0].clone(), ids(&agents, "agent"));
    let assigned = async |assignee: &Value, team: &Value| {
        client.post(&path, json!({ "assignee_id": assignee })).await;
        client.post(&path, json!({ "team_id": team })).await;
        world.sim.conversation(1, id).unwrap()["meta"]["assignee"]["id"].clone()
    };
    let [first, second] = [0, 1].map(|place| teams[place]["id"].clone());
    assert_eq!(assigned(&members[1], &first).await, members[1]);
    assert_eq!(assigned(&outside, &second).await, members[0]);
    assert_eq!(assigned(&outside, &second).await, outside, "it is the same team");
    assert_eq!(assigned(&outside, &Value::Null).await, outside, "there is none");
}

#[tokio::test]
async fn contacts() {
    let world = World::new().await;
    let client = world.admin();
    let inbox = world.sim.inbox(1, "Channel::Api").unwrap();
    let wanted = json!({ "inbox_id": inbox, "name": "Ada", "email": "ada@customer.example" });
    let (status, body) = client.post("/contacts", wanted.clone()).await;
    assert_eq!(status, 200);
    insta::assert_json_snapshot!("rest_contact", mask(&body));
    let taken = json!({ "message": "Email has already been taken", "attributes": ["email"] });
    assert_eq!(client.post("/contacts", wanted).await, (422, taken));
    let (_, found) = client.get("/contacts/search?q=ADA@").await;
    assert_eq!(found["meta"], json!({ "count": 1, "current_page": 1, "has_more": false }));
    assert_eq!(client.get("/contacts/search").await.0, 422);
    let id = found["payload"][0]["id"].as_i64().unwrap();
    let source = &body["payload"]["contact_inbox"]["source_id"];
    let started = json!({ "source_id": source, "message": { "content": "Hi" } });
    let (status, conversation) = client.post("/conversations", started).await;
    assert_eq!(status, 200);
    assert_eq!(conversation["meta"]["sender"]["id"], id);
    // In the form in which a webhook's conversation has it.
    let newest = &conversation["messages"][0];
    assert_eq!(newest["content"], "Hi");
    assert_eq!(newest["processed_message_content"], "Hi");
    assert_eq!(newest["sender_type"], "User");
    assert!(newest["updated_at"].as_str().unwrap().ends_with('Z'), "{newest}");
}

#[tokio::test]
async fn lists_of_the_account() {
    let world = World::new().await;
    let client = world.admin();
    let mut lists = json!({});
    for name in ["agents", "teams", "inboxes", "labels", "canned_responses"] {
        lists[name] = mask(&client.get(&format!("/{name}")).await.1);
    }
    insta::assert_json_snapshot!("rest_lists", lists);
    let (_, found) = client.get("/canned_responses?search=refund").await;
    assert_eq!(found.as_array().unwrap().len(), 1);
    let canned = json!({ "short_code": "hello", "content": "x" });
    assert_eq!(client.post("/canned_responses", canned).await.0, 422);
    let (status, label) = client.post("/labels", json!({ "title": "Urgent" })).await;
    assert_eq!((status, &label["title"]), (200, &json!("urgent")));
    assert_eq!(client.post("/labels", json!({ "title": "urgent" })).await.0, 422);
}
