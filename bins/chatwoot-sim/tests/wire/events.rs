//! Bodies, and which events one change makes.

use chatwoot_sim::Assignee;
use serde_json::{Value, json};

use crate::harness::{World, mask, options};

#[tokio::test]
async fn a_customers_first_message() {
    let world = World::new().await;
    world.subscribe(&[]);
    world.sim.start_conversation(1, "Hello\n").unwrap();
    world.sim.settled().await;
    let events = ["contact_created", "contact_updated", "conversation_created", "message_created"];
    assert_eq!(world.receiver.events(), events);
    insta::assert_json_snapshot!("contact_created", mask(&world.receiver.only("contact_created")));
    insta::assert_json_snapshot!("contact_updated", mask(&world.receiver.only("contact_updated")));
    let created = world.receiver.only("conversation_created");
    insta::assert_json_snapshot!("conversation_created", mask(&created));
    insta::assert_json_snapshot!("message_created", mask(&world.receiver.only("message_created")));
}

#[tokio::test]
async fn the_first_human_reply_updates_the_conversation() {
    let world = World::new().await;
    let (conversation, _) = world.sim.start_conversation(1, "Hello").unwrap();
    world.sim.settled().await;
    world.subscribe(&[]);
    world.sim.agent_writes(1, conversation, "Hi").unwrap();
    world.sim.settled().await;
    assert_eq!(world.receiver.events(), ["conversation_updated", "message_created"]);
    let updated = world.receiver.only("conversation_updated");
    insta::assert_json_snapshot!("conversation_updated", mask(&updated));
    assert_eq!(updated["waiting_since"], 0);
    let sender = &world.receiver.only("message_created")["sender"];
    assert_eq!(sender["type"], "user");

    world.receiver.forget();
    world.sim.agent_writes(1, conversation, "Still there?").unwrap();
    world.sim.settled().await;
    assert_eq!(world.receiver.events(), ["message_created"]);
}

#[tokio::test]
async fn resolving_and_the_customers_return() {
    let world = World::new().await;
    let (conversation, _) = world.sim.start_conversation(1, "Hello").unwrap();
    world.sim.settled().await;
    world.subscribe(&[]);
    world.sim.agent_sets_status(1, conversation, "resolved").unwrap();
    world.sim.settled().await;
    assert_eq!(world.receiver.events(), ["conversation_status_changed", "conversation_updated"]);
    let changed = world.receiver.only("conversation_status_changed");
    let change = json!([{
        "status": { "previous_value": "open", "current_value": "resolved" }
    }]);
    assert_eq!(changed["changed_attributes"], change);
    // The activity is in the list, but was not sent.
    let messages = world.sim.messages(1, conversation).unwrap();
    assert_eq!(messages.last().unwrap()["message_type"], 2);

    world.receiver.forget();
    world.sim.customer_writes(1, conversation, "One more thing").unwrap();
    world.sim.settled().await;
    let events = [
        "contact_updated",
        "conversation_status_changed",
        "conversation_updated",
        "message_created",
    ];
    assert_eq!(world.receiver.events(), events);
    assert_eq!(world.receiver.only("conversation_status_changed")["status"], "open");
}

#[tokio::test]
async fn a_bot_has_a_conversation_in_the_place_of_a_person() {
    let world = World::new().await;
    let (conversation, _) = world.sim.start_conversation(1, "Hello").unwrap();
    world.sim.agent_assigns(1, conversation, Assignee::Agent(1)).unwrap();
    world.sim.settled().await;
    world.subscribe(&[]);
    world.sim.agent_assigns(1, conversation, Assignee::Bot).unwrap();
    world.sim.settled().await;
    let told = world.receiver.only("conversation_updated");
    assert_eq!(told["meta"]["assignee_type"], "AgentBot");
    assert_eq!(told["meta"]["assignee"]["type"], "agent_bot");
    let changes = told["changed_attributes"].as_array().unwrap();
    let columns = changes.iter().flat_map(|change| change.as_object().unwrap().keys());
    let columns: Vec<_> = columns.map(String::as_str).collect();
    assert_eq!(columns, ["assignee_id", "assignee_agent_bot_id", "updated_at"]);
    let shown = &world.sim.conversation(1, conversation).unwrap()["meta"];
    assert_eq!(shown["assignee_type"], "AgentBot");
    assert_eq!(shown["assignee"]["id"], told["meta"]["assignee"]["id"]);
    assert_eq!(shown["assignee"]["type"], Value::Null, "it stands beside it");
}

#[tokio::test]
async fn what_chatwoot_writes_to_the_customer_is_nobodys() {
    let world = World::new().await;
    let (conversation, _) = world.sim.start_conversation(1, "Hello").unwrap();
    world.sim.settled().await;
    world.subscribe(&[]);
    let greeting = world.sim.chatwoot_writes(1, conversation, "How can we help?").unwrap();
    world.sim.settled().await;
    assert_eq!(world.receiver.events(), ["message_created"], "nobody has replied");
    let told = world.receiver.only("message_created");
    assert_eq!(told["message_type"], "template");
    assert_eq!(told["sender"], Value::Null);
    let nested = &told["conversation"]["messages"][0];
    assert_eq!((&nested["id"], &nested["message_type"]), (&json!(greeting), &json!(3)));
}

#[tokio::test]
async fn typing_and_the_widget() {
    let world = World::new().await;
    let (conversation, _) = world.sim.start_conversation(1, "Hello").unwrap();
    world.sim.settled().await;
    world.subscribe(&[]);
    world.sim.customer_types(1, conversation, true).unwrap();
    world.sim.agent_types(1, conversation, false).unwrap();
    world.sim.widget_opened(1, conversation).unwrap();
    world.sim.settled().await;
    let on = world.receiver.only("conversation_typing_on");
    let mut keys: Vec<_> = on.as_object().unwrap().keys().cloned().collect();
    keys.sort();
    assert_eq!(keys, ["conversation", "event", "is_private", "user"]);
    assert!(on["user"].get("type").is_none(), "a contact has no type");
    assert_eq!(world.receiver.only("conversation_typing_off")["user"]["type"], "user");
    let mut widget = mask(&world.receiver.only("webwidget_triggered"));
    widget["event_info"]["initiated_at"] = Value::Null;
    insta::assert_json_snapshot!("webwidget_triggered", widget);
}

/// A private note is an event, but never the nested message.
#[tokio::test]
async fn a_note_nests_the_last_public_message() {
    let world = World::new().await;
    let (conversation, message) = world.sim.start_conversation(1, "Hello").unwrap();
    world.sim.settled().await;
    world.subscribe(&["message_created"]);
    world.sim.agent_notes(1, conversation, "Careful").unwrap();
    world.sim.settled().await;
    let body = world.receiver.only("message_created");
    assert_eq!(body["private"], true);
    assert_eq!(body["conversation"]["messages"][0]["id"], message);
}

/// The body is built from the state of later: a burst shows the last message everywhere.
#[tokio::test]
async fn a_body_is_a_snapshot_of_later() {
    let mut options = options();
    options.delivery.build_delay = chatwoot_sim::Millis::between(20, 20);
    let world = World::with(options).await;
    world.subscribe(&["message_created"]);
    let (conversation, _) = world.sim.start_conversation(1, "one").unwrap();
    let last = world.sim.customer_writes(1, conversation, "two").unwrap();
    world.sim.settled().await;
    let bodies = world.receiver.bodies();
    assert_eq!(bodies.len(), 2);
    assert!(bodies.iter().all(|body| body["conversation"]["messages"][0]["id"] == last));
}

/// A record that is gone when the body is due takes its event with it.
#[tokio::test]
async fn a_deleted_conversation_sends_nothing() {
    let mut options = options();
    options.delivery.build_delay = chatwoot_sim::Millis::between(20, 20);
    let world = World::with(options).await;
    world.subscribe(&["message_created", "conversation_created"]);
    let (conversation, _) = world.sim.start_conversation(1, "one").unwrap();
    world.sim.delete_conversation(1, conversation).unwrap();
    world.sim.settled().await;
    assert!(world.receiver.got().is_empty());
}

#[tokio::test]
async fn providers_report_delivered_and_read() {
    let receipts = Some(chatwoot_sim::PROMPT_RECEIPTS);
    let world =
        World::with(chatwoot_sim::Options { delivery_receipts: receipts, ..options() }).await;
    world.subscribe(&["message_updated"]);
    let inbox = world.sim.inbox(1, "Channel::Whatsapp").unwrap();
    let contact = world.sim.create_contact(1, chatwoot_sim::Customer::default()).unwrap();
    let conversation = world.sim.create_conversation(1, inbox, contact).unwrap();
    world.sim.agent_writes(1, conversation, "Hi").unwrap();
    world.sim.settled().await;
    // The provider's id, delivered, read.
    assert_eq!(world.receiver.events(), ["message_updated"; 3]);
    let message = &world.sim.messages(1, conversation).unwrap()[0];
    assert_eq!(message["status"], "read");
    assert!(message["source_id"].as_str().unwrap().starts_with("wamid."));
}

#[tokio::test]
async fn deletion_wipes_the_message() {
    let world = World::new().await;
    let (conversation, _) = world.sim.start_conversation(1, "Hello").unwrap();
    let marked = json!({ "content": "Hi", "content_attributes": { "axis": { "op": "01J" } } });
    let path = format!("/conversations/{conversation}/messages");
    let (_, message) = world.admin().post(&path, marked).await;
    world.sim.settled().await;
    world.subscribe(&[]);
    let path = format!("{path}/{}", message["id"]);
    assert_eq!(world.admin().call("DELETE", &path, None).await, (200, Value::Null));
    world.sim.settled().await;
    assert_eq!(world.receiver.events(), ["message_updated"]);
    let body = world.receiver.only("message_updated");
    assert_eq!(body["content_attributes"], json!({ "deleted": true }));
    assert_eq!(body["content"], "This message was deleted");
}
