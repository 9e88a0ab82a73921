//! Reading, typing, presence, deleting.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use testkit::sqlx;

use crate::support::{Seed, Served, Stream, at, ids, problem};

async fn post(served: &Served, path: &str, body: &Value) {
    let answer = served.post(path, body).send().await.unwrap();
    assert_eq!(answer.status(), 204, "{path}");
}

#[tokio::test]
async fn the_later_of_reading_here_and_there_counts() {
    let served = Served::start().await;
    let mut seed = Seed { messages: vec![("incoming", "1"), ("incoming", "2")], ..Seed::open(1) };
    let path = format!("/conversations/{}", served.write(&seed).await);
    let unread = async || served.read(&path).await["unreadCount"].as_i64().unwrap();
    assert_eq!(unread().await, 2);
    let mut stream = Stream::open(&served, "/activity", None).await;
    stream.expect("ready").await;
    post(&served, &format!("{path}/read"), &json!(null)).await;
    assert_eq!(unread().await, 0);
    assert_eq!(stream.expect("conversation_read").await.json()["conversation"]["unreadCount"], 0);
    post(&served, &format!("{path}/read"), &json!(null)).await;
    let read = ("mark_read".to_owned(), json!({ "upTo": 101 }));
    assert_eq!(served.commands().await, [read], "asked for once");
    post(&served, &format!("{path}/unread"), &json!(null)).await;
    assert_eq!(unread().await, 1, "the newest one");
    stream.expect("conversation_unread").await;

    // An agent opens it in Chatwoot.
    seed.version = 2;
    let id = served.write(&seed).await;
    let mut transaction = served.world.store.worker().await.unwrap();
    sqlx::query("update conversations set agent_last_seen_at = now() where id = $1")
        .bind(id.0)
        .execute(&mut *transaction)
        .await
        .unwrap();
    store::commit(transaction).await.unwrap();
    assert_eq!(unread().await, 0);
}

#[tokio::test]
async fn typing_and_presence_are_shown_to_colleagues_and_typing_to_chatwoot_once() {
    let served = Served::start().await;
    let path = format!("/conversations/{}", served.write(&Seed::open(1)).await);
    let mut stream = Stream::open(&served, "/activity?type=typing,presence", None).await;
    stream.expect("ready").await;
    // Nobody is told when the subscription is in place, so it is said until it is heard.
    // What was begun is done to its end, or it might come after what is said next.
    let said = AtomicBool::new(false);
    let saying = async {
        while !said.load(Ordering::Relaxed) {
            post(&served, &format!("{path}/typing"), &json!({ "on": true })).await;
            post(&served, &format!("{path}/presence"), &json!({ "state": "replying" })).await;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let hearing = async {
        let mut heard = [None, None];
        while heard.iter().any(Option::is_none) {
            let event = stream.next().await.unwrap();
            heard[usize::from(event.kind == "presence")] = Some(event.json());
        }
        said.store(true, Ordering::Relaxed);
        heard.map(Option::unwrap)
    };
    let ((), [typing, presence]) = tokio::join!(saying, hearing);
    assert_eq!((&typing["actorId"], &typing["on"]), (&json!("dev-admin"), &json!(true)));
    assert_eq!((&presence["name"], &presence["state"]), (&json!("Dev Admin"), &json!("replying")));
    post(&served, &format!("{path}/typing"), &json!({ "on": false, "private": true })).await;
    // Only the newest matters, unless a worker has begun.
    let command = ("typing".to_owned(), json!({ "on": false, "private": true }));
    assert_eq!(served.commands().await, [command]);
    let odd = served.post(&format!("{path}/presence"), &json!({ "state": "asleep" })).send().await;
    assert_eq!(odd.unwrap().status(), 422);
}

#[tokio::test]
async fn a_message_is_shown_as_deleted_until_chatwoot_refuses() {
    let served = Served::start().await;
    let seed = Seed { messages: vec![("outgoing", "Oops")], ..Seed::open(1) };
    let conversation = format!("/conversations/{}", served.write(&seed).await);
    let path = format!("{conversation}/messages");
    let id = ids(&served.read(&path).await)[0].clone();
    let one = format!("{path}/{id}");
    let mut transaction = served.world.store.worker().await.unwrap();
    let mail = json!({ "email": { "text_content": { "full": "Oops" } } });
    sqlx::query("update messages set content_attributes = $1")
        .bind(&mail)
        .execute(&mut *transaction)
        .await
        .unwrap();
    store::commit(transaction).await.unwrap();
    // What a list shows of it, and how new that is.
    let preview = async || {
        let shown = served.read(&conversation).await;
        let updated_at: DateTime<Utc> = shown["updatedAt"].as_str().unwrap().parse().unwrap();
        let last = &shown["lastMessage"];
        ((last["content"].clone(), last["deleted"].clone()), updated_at)
    };
    let (before, written_at) = preview().await;
    assert_eq!(before, (json!("Oops"), json!(false)));
    let answer = served.delete(&one).send().await.unwrap();
    assert_eq!(answer.status(), 202);
    let shown: Value = answer.json().await.unwrap();
    assert_eq!((&shown["deleted"], &shown["content"]), (&json!(true), &Value::Null));
    assert_eq!(shown["contentAttributes"], json!({}));
    let (hidden, removed_at) = preview().await;
    assert_eq!(hidden, (Value::Null, json!(true)));
    assert!(removed_at > written_at);
    assert_eq!(served.read(&path).await["data"][0], shown);
    assert_eq!(served.delete(&one).send().await.unwrap().status(), 200);
    let command = ("delete_message".to_owned(), json!({ "messageId": id }));
    assert_eq!(served.commands().await, [command]);
    let line = &served.read("/activity").await["data"][0];
    assert_eq!(line["type"], "message_delete_queued");

    let operation: String = line["data"]["operationId"].as_str().unwrap().to_owned();
    let mut transaction = served.world.store.worker().await.unwrap();
    let (message, operation) = (id.parse().unwrap(), operation.parse().unwrap());
    store::messages::restore(&mut transaction, message, operation).await.unwrap();
    store::commit(transaction).await.unwrap();
    let shown = &served.read(&path).await["data"][0];
    assert_eq!((&shown["content"], &shown["contentAttributes"]), (&json!("Oops"), &mail));
    let (restored, restored_at) = preview().await;
    assert_eq!(restored, before);
    assert!(restored_at > removed_at);

    let queued: Value =
        served.post(&path, &json!({ "content": "a" })).send().await.unwrap().json().await.unwrap();
    let queued = format!("{path}/{}", queued["id"].as_str().unwrap());
    let refused = served.delete(&queued).send().await.unwrap();
    assert_eq!(problem(refused).await, (409, "not-deletable".to_owned()));
}

#[tokio::test]
async fn what_was_marked_as_unread_is_not_told_to_be_read_any_more() {
    let served = Served::start().await;
    let mut seed = Seed { messages: vec![("incoming", "1")], ..Seed::open(1) };
    let path = format!("/conversations/{}", served.write(&seed).await);
    post(&served, &format!("{path}/read"), &json!(null)).await;
    post(&served, &format!("{path}/unread"), &json!(null)).await;
    assert_eq!(served.commands().await, []);
    // Even where something new is unread anyway.
    post(&served, &format!("{path}/read"), &json!(null)).await;
    let mut transaction = served.world.store.worker().await.unwrap();
    sqlx::query("update conversations set marked_seen_until = '2020-01-01'")
        .execute(&mut *transaction)
        .await
        .unwrap();
    store::commit(transaction).await.unwrap();
    seed.messages.push(("incoming", "2"));
    served.write(&seed).await;
    post(&served, &format!("{path}/unread"), &json!(null)).await;
    assert_eq!(served.commands().await, []);

    // What found no place behind it waits for it no longer.
    post(&served, &format!("{path}/read"), &json!(null)).await;
    let reply = served.post(&format!("{path}/messages"), &json!({ "content": "3" }));
    assert_eq!(reply.send().await.unwrap().status(), 201);
    let mut transaction = served.world.store.worker().await.unwrap();
    sqlx::query("update outbox set due_at = now() + interval '1 minute'")
        .execute(&mut *transaction)
        .await
        .unwrap();
    store::commit(transaction).await.unwrap();
    post(&served, &format!("{path}/unread"), &json!(null)).await;
    let mut transaction = served.world.store.worker().await.unwrap();
    let due: Vec<bool> = sqlx::query_scalar("select due_at <= now() from outbox")
        .fetch_all(&mut *transaction)
        .await
        .unwrap();
    assert_eq!(due, [true]);
}

/// Of more than ten unread messages the count does not say which is the first.
#[tokio::test]
async fn a_conversation_says_up_to_when_it_was_seen_and_whether_it_is_gone() {
    let served = Served::start().await;
    let seed = Seed { messages: vec![("incoming", "1"); 15], ..Seed::open(1) };
    let path = format!("/conversations/{}", served.write(&seed).await);
    let fresh = served.read(&path).await;
    assert_eq!((&fresh["seenUntil"], &fresh["deleted"]), (&Value::Null, &json!(false)));

    for statement in [
        "update messages set created_at = created_at + chatwoot_id * interval '1 s'",
        "update conversations set agent_last_seen_at = (
           select date_trunc('second', min(created_at)) from messages)",
    ] {
        let mut transaction = served.world.store.worker().await.unwrap();
        sqlx::query(statement).execute(&mut *transaction).await.unwrap();
        store::commit(transaction).await.unwrap();
    }
    let partly = served.read(&path).await;
    let instant = |value: &Value| -> DateTime<Utc> { value.as_str().unwrap().parse().unwrap() };
    let until = instant(&partly["seenUntil"]);
    let messages = served.read(&format!("{path}/messages")).await;
    let messages = messages["data"].as_array().unwrap().iter();
    let later = messages.filter(|message| instant(&message["createdAt"]) > until).count();
    assert_eq!((later, &partly["unreadCount"]), (14, &json!(10)));

    post(&served, &format!("{path}/read"), &json!(null)).await;
    let read = served.read(&path).await;
    assert!(instant(&read["seenUntil"]) > until);
    post(&served, &format!("{path}/unread"), &json!(null)).await;
    let marked = served.read(&path).await;
    assert!(instant(&marked["seenUntil"]) < instant(&read["seenUntil"]));
    assert_eq!(marked["unreadCount"], 1);

    let mut transaction = served.world.store.worker().await.unwrap();
    sqlx::query("update conversations set gone_at = version_at + 1")
        .execute(&mut *transaction)
        .await
        .unwrap();
    store::commit(transaction).await.unwrap();
    assert_eq!(served.read(&path).await["deleted"], true);
}

/// Chatwoot tells in whole seconds when that was.
#[tokio::test]
async fn what_was_seen_in_chatwoot_within_its_second_is_read() {
    let served = Served::start().await;
    let seed = Seed { messages: vec![("incoming", "1"), ("incoming", "2")], ..Seed::open(1) };
    let path = format!("/conversations/{}", served.write(&seed).await);
    for (seen, unread) in [(0, 1), (1, 0)] {
        let mut transaction = served.world.store.worker().await.unwrap();
        sqlx::query("update messages set created_at = date_trunc('second', created_at) + '0.4 s'")
            .execute(&mut *transaction)
            .await
            .unwrap();
        sqlx::query("update conversations set agent_last_seen_at = $1")
            .bind(at(seen))
            .execute(&mut *transaction)
            .await
            .unwrap();
        store::commit(transaction).await.unwrap();
        assert_eq!(served.read(&path).await["unreadCount"], unread);
    }
}
