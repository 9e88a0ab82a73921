use chrono::{DateTime, Utc};
use domain::{DeliveryState, MessageId, OperationId, Role};
use futures_util::future::join_all;
use serde_json::{Value, json};
use store::messages::Step;
use testkit::sqlx;

use crate::support::{Seed, Served, Stream, TENANT, ids, problem};

#[tokio::test]
async fn a_conversation_is_read_from_its_end_and_from_any_message() {
    let served = Served::start().await;
    let mut seed = Seed::open(1);
    seed.messages =
        vec![("incoming", "1"), ("outgoing", "2"), ("incoming", "3"), ("outgoing", "4")];
    let id = served.write(&seed).await;
    let path = format!("/conversations/{id}/messages");
    let texts = |list: &Value| -> Vec<String> {
        let rows = list["data"].as_array().unwrap();
        rows.iter().map(|row| row["content"].as_str().unwrap().to_owned()).collect()
    };
    let newest = served.read(&format!("{path}?limit=2")).await;
    assert_eq!(
        (texts(&newest), &newest["page"]["hasMore"]),
        (vec!["3".into(), "4".into()], &json!(true))
    );
    let third = &ids(&newest)[0];
    let before = served.read(&format!("{path}?limit=2&before={third}")).await;
    assert_eq!(
        (texts(&before), &before["page"]["hasMore"]),
        (vec!["1".into(), "2".into()], &json!(false))
    );
    let first = &ids(&before)[0];
    let after = served.read(&format!("{path}?limit=2&after={first}")).await;
    assert_eq!(
        (texts(&after), &after["page"]["hasMore"]),
        (vec!["2".into(), "3".into()], &json!(true))
    );
    let states: Vec<_> =
        ["state"; 2].iter().zip(newest["data"].as_array().unwrap()).map(|(f, m)| &m[f]).collect();
    assert_eq!(states, [&Value::Null, &json!("sent")]);

    let elsewhere =
        served.write(&Seed { messages: vec![("incoming", "x")], ..Seed::open(2) }).await;
    let other = &ids(&served.read(&format!("/conversations/{elsewhere}/messages")).await)[0];
    let invalid = (422, "invalid".to_owned());
    assert_eq!(served.refusal(&format!("{path}?before={other}")).await, invalid);
    assert_eq!(served.refusal(&format!("{path}?before={first}&after={first}")).await, invalid);
    assert_eq!(served.refusal(&format!("{path}?before=x")).await, (400, "bad-query".to_owned()));
}

/// P5: what is answered with a 2xx is in the outbox, the timeline and the conversation.
#[tokio::test]
async fn a_message_is_written_with_its_command_and_announced() {
    let served = Served::start().await;
    let mut seed = Seed::open(1);
    seed.messages = vec![("incoming", "Where is it?")];
    let id = served.write(&seed).await;
    let path = format!("/conversations/{id}/messages");
    let question = ids(&served.read(&path).await)[0].clone();
    let mut stream = Stream::open(&served, "/activity", None).await;
    stream.expect("ready").await;

    let reply =
        json!({ "content": "On its way.", "inReplyTo": question, "clientId": "c1", "later": 1 });
    let answer = served.post(&path, &reply).send().await.unwrap();
    assert_eq!(answer.status(), 201);
    let message: Value = answer.json().await.unwrap();
    assert_eq!(message["state"], "queued");
    assert_eq!(message["sender"], json!({ "type": "member", "id": null, "name": "Dev Admin" }));
    let me = served.read("/me").await;
    assert_eq!(
        message["author"],
        json!({ "type": me["kind"], "id": me["id"], "name": me["name"] })
    );
    assert_eq!(served.read(&path).await["data"][0]["author"], Value::Null, "a customer's");
    assert_eq!(message["contentAttributes"], json!({ "in_reply_to": 100 }));
    assert_eq!(served.read(&path).await["data"][1], message);
    let preview = &served.read("/conversations").await["data"][0]["lastMessage"];
    assert_eq!((&preview["content"], &preview["state"]), (&reply["content"], &json!("queued")));

    let mut transaction = served.world.store.worker().await.unwrap();
    let operation: uuid::Uuid = message["id"].as_str().unwrap().parse().unwrap();
    let (command, payload): (String, Value) =
        sqlx::query_as("select command, payload from outbox where operation_id = $1")
            .bind(operation)
            .fetch_one(&mut *transaction)
            .await
            .unwrap();
    assert_eq!(command, "send_message");
    assert_eq!(payload, json!({ "content": "On its way.", "private": false, "inReplyTo": 100 }));

    let told = stream.expect("message_queued").await.json();
    assert_eq!(told["message"], message);
    assert_eq!(told["conversation"]["id"], json!(id));
    let line = &served.read("/activity").await["data"][0];
    assert_eq!((&line["id"], &line["occurredAt"]), (&told["id"], &message["createdAt"]));
    assert_eq!(served.read(&format!("/activity/{}", line["id"].as_str().unwrap())).await, *line);
}

#[tokio::test]
async fn the_same_client_id_is_the_same_message() {
    let served = Served::start().await;
    let path = format!("/conversations/{}/messages", served.write(&Seed::open(1)).await);
    let reply = json!({ "content": "Hi", "clientId": "c1" });
    let posts = join_all((0..5).map(|_| served.post(&path, &reply).send())).await;
    let mut statuses: Vec<_> =
        posts.iter().map(|answer| answer.as_ref().unwrap().status().as_u16()).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 200, 200, 200, 201]);
    assert_eq!(ids(&served.read(&path).await).len(), 1);
    for other in [
        json!({ "content": "Ho", "clientId": "c1" }),
        json!({ "content": "Hi", "clientId": "c1", "private": true }),
    ] {
        let answer = served.post(&path, &other).send().await.unwrap();
        assert_eq!(problem(answer).await, (409, "client-id-taken".to_owned()));
    }
}

/// P4: whoever sends it again had no answer, and knows the conversation as it was before.
#[tokio::test]
async fn the_same_client_id_is_the_same_message_whatever_has_changed_since() {
    let served = Served::start().await;
    let conversation = format!("/conversations/{}", served.write(&Seed::open(1)).await);
    let path = format!("{conversation}/messages");
    let seen = served.get(&conversation).send().await.unwrap().headers()["etag"].clone();
    let send = async |client_id: &str| {
        let reply = json!({ "content": "Hi", "clientId": client_id });
        served.post(&path, &reply).header("if-match", &seen).send().await.unwrap()
    };
    let first = send("c1").await;
    assert_eq!(first.status(), 201);
    let again = send("c1").await;
    assert_eq!(again.status(), 200);
    assert_eq!(again.json::<Value>().await.unwrap(), first.json::<Value>().await.unwrap());
    assert_eq!(problem(send("c2").await).await, (412, "changed".to_owned()));
    assert_eq!(ids(&served.read(&path).await).len(), 1);
}

#[tokio::test]
async fn commands_are_in_the_order_in_which_messages_show() {
    let served = Served::start().await;
    let path = format!("/conversations/{}/messages", served.write(&Seed::open(1)).await);
    let posts = (0..30).map(|n| served.post(&path, &json!({ "content": n.to_string() })).send());
    assert!(join_all(posts).await.into_iter().all(|answer| answer.unwrap().status() == 201));
    let shown = ids(&served.read(&format!("{path}?limit=100")).await);
    let mut transaction = served.world.store.worker().await.unwrap();
    let commands: Vec<uuid::Uuid> =
        sqlx::query_scalar("select operation_id from outbox order by sequence")
            .fetch_all(&mut *transaction)
            .await
            .unwrap();
    assert_eq!(shown, commands.iter().map(ToString::to_string).collect::<Vec<_>>());
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused() {
    let served = Served::start().await;
    let path = format!("/conversations/{}/messages", served.write(&Seed::open(1)).await);
    let queued: Value =
        served.post(&path, &json!({ "content": "a" })).send().await.unwrap().json().await.unwrap();
    for (body, field) in [
        (json!({}), "content"),
        (json!({ "content": " \n" }), "content"),
        (json!({ "content": "a\u{0}b" }), "content"),
        (json!({ "content": "é".repeat(150_001) }), "content"),
        (json!({ "content": 7 }), "content"),
        (json!({ "content": "a", "clientId": "" }), "clientId"),
        // It would be taken for the reply that somebody approves.
        (json!({ "content": "a", "clientId": "approval:1" }), "clientId"),
        (json!({ "content": "a", "inReplyTo": uuid::Uuid::now_v7() }), "inReplyTo"),
        (json!({ "content": "a", "inReplyTo": queued["id"] }), "inReplyTo"),
    ] {
        let answer = served.post(&path, &body).send().await.unwrap();
        assert_eq!(answer.status(), 422);
        let problem: Value = answer.json().await.unwrap();
        assert_eq!(problem["code"], "invalid");
        assert_eq!(problem["errors"][0]["field"], field, "{problem}");
    }
    let longest = json!({ "content": "é".repeat(150_000) });
    assert_eq!(served.post(&path, &longest).send().await.unwrap().status(), 201);
    let post = || served.http.post(served.url(&path)).bearer_auth("mock-token");
    let json = "application/json";
    for (request, status, code) in [
        (post().body("{}"), 415, "not-json"),
        (post().header("content-type", json).body("{"), 400, "bad-json"),
        (post().header("content-type", json).body(vec![b' '; 3 << 20]), 413, "too-large"),
    ] {
        assert_eq!(problem(request.send().await.unwrap()).await, (status, code.to_owned()));
    }
}

/// Chatwoot's own copy names one of its users, and what it says is what is shown otherwise.
#[tokio::test]
async fn who_wrote_a_message_here_is_known_for_good() {
    let served = Served::start().await;
    let mut seed = Seed::open(1);
    let path = format!("/conversations/{}/messages", served.write(&seed).await);
    let token = served.key(TENANT, Role::Agent.permissions()).await;
    let request = served.http.post(served.url(&path)).bearer_auth(&token);
    let answer = request.json(&json!({ "content": "Hi" })).send().await.unwrap();
    let written: Value = answer.json().await.unwrap();
    assert_eq!(written["author"]["type"], "api_key");

    let id = written["id"].as_str().unwrap().parse().unwrap();
    seed = Seed { version: 2, copies: vec![(777, id)], ..seed };
    served.write(&seed).await;
    let copied = &served.read(&path).await["data"][0];
    assert_eq!((&copied["id"], &copied["chatwootId"]), (&written["id"], &json!(777)));
    assert_eq!(copied["sender"]["name"], "Support bot");
    assert_eq!(copied["author"], written["author"]);
}

/// What a worker began before somebody's change and commits after it.
#[tokio::test]
async fn when_a_message_last_changed_never_goes_backwards() {
    let served = Served::start().await;
    let mut seed = Seed::open(1);
    let path = format!("/conversations/{}/messages", served.write(&seed).await);
    let changed = async || -> DateTime<Utc> {
        let shown = served.read(&path).await["data"][0]["updatedAt"].clone();
        shown.as_str().unwrap().parse().unwrap()
    };
    let body = json!({ "content": "Ho" });
    let written: Value = served.post(&path, &body).send().await.unwrap().json().await.unwrap();
    let message: MessageId = written["id"].as_str().unwrap().parse().unwrap();
    let (operation, account) = (OperationId(message.0), served.ours.key);
    let step =
        |state| Step { state, reason: None, attempts: None, most_attempts: None, next_in: None };

    for ending in ["advance", "link", "copy"] {
        let mut begun = served.world.store.worker().await.unwrap();
        sqlx::query("select now()").execute(&mut *begun).await.unwrap();
        let mut other = served.world.store.worker().await.unwrap();
        let sending = step(DeliveryState::Sending);
        if !store::messages::advance(&mut other, operation, sending).await.unwrap() {
            let sent = step(DeliveryState::Sent);
            assert!(store::messages::advance(&mut other, operation, sent).await.unwrap());
        }
        store::commit(other).await.unwrap();
        let before = changed().await;
        match ending {
            "advance" => {
                let retrying = step(DeliveryState::Retrying);
                assert!(store::messages::advance(&mut begun, operation, retrying).await.unwrap());
            }
            "link" => {
                store::messages::link(&mut begun, account, message, 777).await.unwrap();
            }
            _ => {
                seed = Seed { version: 2, copies: vec![(777, message)], ..seed };
                seed.write_in(&mut begun, &served.ours).await;
            }
        }
        store::commit(begun).await.unwrap();
        let after = changed().await;
        assert!(after > before, "{ending}: {after} is not after {before}");
    }
}
