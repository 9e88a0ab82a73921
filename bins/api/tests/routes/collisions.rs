//! Two people who write to the same customer, and tags that only ever go forward.

use futures_util::future::join_all;
use serde_json::{Value, json};
use testkit::reqwest::header;
use testkit::sqlx;

use crate::support::{Seed, Served, Stream, ids};

async fn tag(served: &Served, path: &str) -> String {
    let answer = served.get(path).send().await.unwrap();
    answer.headers()[header::ETAG].to_str().unwrap().to_owned()
}

/// Microseconds since 1970 that a conversation's tag stands for.
fn micros(tag: &str) -> u64 {
    u64::from_str_radix(tag.trim_matches('"'), 16).unwrap()
}

#[tokio::test]
async fn of_two_who_answer_what_they_both_saw_the_second_is_told() {
    let served = Served::start().await;
    let seed = Seed { messages: vec![("incoming", "Where is it?")], ..Seed::open(1) };
    let path = format!("/conversations/{}", served.write(&seed).await);
    let messages = format!("{path}/messages");
    let mut stream = Stream::open(&served, "/activity?type=message_queued", None).await;
    stream.expect("ready").await;
    for private in [false, true] {
        let known = tag(&served, &path).await;
        let answers = join_all(["mock-token", "mock-agent-token"].map(|who| {
            let request = served.http.post(served.url(&messages)).bearer_auth(who);
            let body = json!({ "content": format!("{who} answers"), "private": private });
            request.json(&body).header(header::IF_MATCH, &known).send()
        }))
        .await;
        let (won, lost): (Vec<_>, Vec<_>) =
            answers.into_iter().map(Result::unwrap).partition(|one| one.status() == 201);
        assert_eq!((won.len(), lost.len()), (1, 1));
        let lost = lost.into_iter().next().unwrap();
        assert_eq!(lost.status(), 412);
        let now = lost.headers()[header::ETAG].to_str().unwrap().to_owned();
        assert_eq!(now, tag(&served, &path).await);
        let refusal: Value = lost.json().await.unwrap();
        let written: Value = won.into_iter().next().unwrap().json().await.unwrap();
        assert_eq!(refusal["code"], "changed");
        assert_eq!(refusal["current"]["lastMessage"]["id"], written["id"]);
        // The winner hears the tag of what they wrote, to go on with.
        let told = stream.expect("message_queued").await.json();
        assert_eq!(told["conversation"], served.read(&path).await);
        // Whoever has seen it may.
        let body = json!({ "content": "And another thing." });
        let knowing = served.post(&messages, &body).header(header::IF_MATCH, now);
        assert_eq!(knowing.send().await.unwrap().status(), 201);
        stream.expect("message_queued").await;
    }
    assert_eq!(ids(&served.read(&messages).await).len(), 5);
}

#[tokio::test]
async fn a_message_that_is_written_again_or_refused_leaves_the_tag_alone() {
    let served = Served::start().await;
    let path = format!("/conversations/{}", served.write(&Seed::open(1)).await);
    let messages = format!("{path}/messages");
    let body = json!({ "content": "Hi", "clientId": "c1" });
    assert_eq!(served.post(&messages, &body).send().await.unwrap().status(), 201);
    let written = tag(&served, &path).await;
    assert_eq!(served.post(&messages, &body).send().await.unwrap().status(), 200);
    let other = json!({ "content": "Ho", "clientId": "c1" });
    assert_eq!(served.post(&messages, &other).send().await.unwrap().status(), 409);
    assert_eq!(tag(&served, &path).await, written);
}

/// What a worker began before a person's change and commits after it.
#[tokio::test]
async fn a_tag_never_goes_backwards() {
    let served = Served::start().await;
    let mut seed = Seed::open(1);
    let id = served.write(&seed).await;
    let path = format!("/conversations/{id}");
    let newer = |seed: &mut Seed| seed.version += 1;
    let looked = |seed: &mut Seed| seed.last_activity += 1;
    for change in [newer as fn(&mut Seed), looked] {
        let mut transaction = served.world.store.worker().await.unwrap();
        sqlx::query("select now()").execute(&mut *transaction).await.unwrap();
        let body = json!({ "customAttributes": { "number": seed.version + seed.last_activity } });
        let answer = served.patch(&path, &body).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        let shown = tag(&served, &path).await;
        // As if it had not been asked for, so that nothing but the snapshot writes the row.
        sqlx::query("delete from conversation_changes").execute(&mut *transaction).await.unwrap();
        change(&mut seed);
        seed.write_in(&mut transaction, &served.ours).await;
        store::commit(transaction).await.unwrap();
        let later = tag(&served, &path).await;
        assert!(micros(&later) > micros(&shown), "{later} is not after {shown}");
    }
    let mut transaction = served.world.store.worker().await.unwrap();
    sqlx::query("select now()").execute(&mut *transaction).await.unwrap();
    let answer = served.patch(&path, &json!({ "priority": "high" })).send().await.unwrap();
    let shown: Value = answer.json().await.unwrap();
    let gone = store::conversations::mirror::Gone {
        tenant: served.ours.tenant.clone(),
        account: served.ours.key,
        display_id: 1,
        created_at: shown["createdAt"].as_str().unwrap().parse().unwrap(),
        at: 1_000,
    };
    store::conversations::mirror::mark_gone(&mut transaction, &gone).await.unwrap();
    let later: chrono::DateTime<chrono::Utc> =
        sqlx::query_scalar("select updated_at from conversations where id = $1")
            .bind(id.0)
            .fetch_one(&mut *transaction)
            .await
            .unwrap();
    let before: chrono::DateTime<chrono::Utc> =
        shown["updatedAt"].as_str().unwrap().parse().unwrap();
    assert!(later > before);
}

/// Chatwoot may tell of a message with a state of the conversation that is known already.
#[tokio::test]
async fn a_message_of_the_customer_moves_the_tag_though_nothing_else_changed() {
    let served = Served::start().await;
    let mut seed = Seed { messages: vec![("incoming", "Where is it?")], ..Seed::open(1) };
    let path = format!("/conversations/{}", served.write(&seed).await);
    let known = tag(&served, &path).await;
    served.write(&seed).await;
    assert_eq!(tag(&served, &path).await, known, "told again");
    seed.messages.push(("incoming", "Never mind, I have it."));
    served.write(&seed).await;
    let moved = tag(&served, &path).await;
    assert!(micros(&moved) > micros(&known));
    let body = json!({ "content": "It is on its way." });
    let blind = served.post(&format!("{path}/messages"), &body).header(header::IF_MATCH, known);
    assert_eq!(blind.send().await.unwrap().status(), 412);
    served.write(&seed).await;
    assert_eq!(tag(&served, &path).await, moved, "told again");
}
