//! One event's way to the screen, and one reply's way to the customer and back.

use serde_json::Value;
use testkit::eventually_some;

use crate::screen::Screen;
use crate::system::{ACCOUNT, System, Workers};

const ONE: Workers = Workers { sync: 1, outbound: 1 };

#[tokio::test]
async fn an_event_becomes_a_row_an_activity_and_a_live_event() {
    let system = System::start(ONE).await;
    let mut live = Screen::open(&system, None).await;
    assert_eq!(live.next().await.unwrap().0, "ready");

    let (display_id, message) = system.sim.start_conversation(ACCOUNT, "Where is it?").unwrap();
    let frame = loop {
        let (kind, frame) = live.next().await.unwrap();
        if kind == "message_created" {
            break frame;
        }
    };
    assert_eq!(frame["message"]["chatwootId"], message);
    assert_eq!(frame["message"]["content"], "Where is it?");

    let conversation = system.conversation(display_id).await;
    assert_eq!(frame["conversationId"], conversation["id"]);
    let activity = system.read(&format!("/activity/{}", frame["id"].as_str().unwrap())).await;
    assert_eq!(activity["type"], "message_created");
    let path = format!("/conversations/{}/messages", conversation["id"].as_str().unwrap());
    assert_eq!(system.read(&path).await["data"].as_array().unwrap().len(), 1);
    drop(live);
    system.stop().await;
}

#[tokio::test]
async fn a_reply_reaches_chatwoot_once_and_comes_back_as_one_message() {
    let system = System::start(ONE).await;
    let (display_id, _) = system.sim.start_conversation(ACCOUNT, "Where is it?").unwrap();
    let conversation = system.conversation(display_id).await;
    let conversation = conversation["id"].as_str().unwrap();

    let queued = system.reply(conversation, "On its way.").await;
    let again = system.reply(conversation, "On its way.").await;
    assert_eq!(queued["id"], again["id"], "the same client id is the same message");

    let sent = eventually_some("the reply is sent", || async {
        let messages = system.messages(conversation).await?;
        messages.into_iter().find(|m| m["id"] == queued["id"] && m["state"] == "sent")
    })
    .await;
    // The echo has come back once the webhook's deliveries are all answered and applied.
    system.sim.settled().await;
    let truth = system.truth(display_id);
    let reply = truth.iter().filter(|m| m["content"] == "On its way.").collect::<Vec<_>>();
    assert_eq!(reply.len(), 1, "once");
    assert_eq!(sent["chatwootId"], reply[0]["id"]);
    eventually_some("the echo is applied", || async {
        let events = system.get("/activity?type=message_created&limit=100").await?;
        let told = |event: &Value| event["data"]["chatwootMessageId"] == reply[0]["id"];
        events["data"].as_array()?.iter().any(told).then_some(())
    })
    .await;
    let messages = system.read(&format!("/conversations/{conversation}/messages")).await;
    let messages = messages["data"].as_array().unwrap();
    assert_eq!(messages.len(), 2, "question and answer: {messages:#?}");
    system.stop().await;
}
