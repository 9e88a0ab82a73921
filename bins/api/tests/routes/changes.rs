//! Changing conversations: shown at once, held against late snapshots, settled or undone.

use domain::{Actor, ConversationId, OperationId};
use events::TraceParent;
use futures_util::future::join;
use serde_json::{Value, json};
use store::conversations::{Asking, Wanted};
use testkit::reqwest::header;
use testkit::sqlx;

use crate::support::{Seed, Served, Stream, numbers, problem, somebody_waits};

async fn changed(served: &Served, path: &str, body: &Value) -> Value {
    let answer = served.patch(path, body).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.json().await.unwrap()
}

/// The commands of a conversation's changes, oldest first.
async fn operations(served: &Served) -> Vec<OperationId> {
    let mut transaction = served.world.store.worker().await.unwrap();
    let ids: Vec<uuid::Uuid> =
        sqlx::query_scalar("select operation_id from conversation_changes order by number")
            .fetch_all(&mut *transaction)
            .await
            .unwrap();
    ids.into_iter().map(OperationId).collect()
}

async fn settle(served: &Served, conversation: ConversationId, operation: OperationId) {
    let mut transaction = served.world.store.worker().await.unwrap();
    store::conversations::settle_change(&mut transaction, conversation, operation).await.unwrap();
    store::commit(transaction).await.unwrap();
}

async fn undo(served: &Served, conversation: ConversationId, operation: OperationId) {
    let mut transaction = served.world.store.worker().await.unwrap();
    store::conversations::undo_change(&mut transaction, conversation, operation).await.unwrap();
    store::commit(transaction).await.unwrap();
}

/// P5: what is answered with a 2xx is in the outbox, the timeline and the conversation.
#[tokio::test]
async fn a_change_is_shown_at_once_with_its_commands_and_is_announced() {
    let served = Served::start().await;
    let id = served.write(&Seed::open(1)).await;
    let path = format!("/conversations/{id}");
    let mut stream = Stream::open(&served, "/activity", None).await;
    stream.expect("ready").await;
    let wanted = json!({
        "status": "snoozed", "snoozedUntil": "2036-10-07T08:00:00.9Z", "priority": "urgent",
        "assigneeId": 7, "teamId": null, "labels": ["vip", "billing", "vip"],
        "customAttributes": { "tier": 2 },
    });
    let answer = served.patch(&path, &wanted).send().await.unwrap();
    let tag = answer.headers()[header::ETAG].clone();
    let shown: Value = answer.json().await.unwrap();
    assert_eq!(shown["status"], "snoozed");
    assert_eq!(shown["snoozedUntil"], "2036-10-07T08:00:00Z");
    assert_eq!(shown["priority"], "urgent");
    assert_eq!(shown["assignee"], json!({ "id": 7, "type": "user", "name": null }));
    assert_eq!(shown["labels"], json!(["billing", "vip"]));
    assert_eq!(shown["customAttributes"], json!({ "tier": 2 }));
    let pending = json!(["assignee", "customAttributes", "labels", "priority", "status"]);
    assert_eq!(shown["pendingChanges"], pending);
    let read = served.get(&path).send().await.unwrap();
    assert_eq!(read.headers()[header::ETAG], tag);
    assert_eq!(read.json::<Value>().await.unwrap(), shown);
    assert_eq!(numbers(&served.read("/conversations?status=snoozed&label=vip").await), [1]);

    // The team is none already, so nothing is asked of Chatwoot for it.
    let commands = [
        ("set_status", json!({ "status": "snoozed", "snoozedUntil": "2036-10-07T08:00:00Z" })),
        ("set_priority", json!({ "priority": "urgent" })),
        ("assign", json!({ "assigneeId": 7 })),
        ("set_labels", json!({ "labels": ["billing", "vip"] })),
        ("set_custom_attributes", json!({ "customAttributes": { "tier": 2 } })),
    ];
    let commands = commands.map(|(name, payload)| (name.to_owned(), payload));
    assert_eq!(served.commands().await, commands);
    for field in ["status", "priority", "assignee", "labels", "customAttributes"] {
        let told = stream.expect("conversation_change_queued").await.json();
        assert_eq!((&told["data"]["field"], &told["conversation"]), (&json!(field), &shown));
        assert_eq!(told["actor"]["id"], "dev-admin");
    }
    // Attributes may be personal: the timeline names them and does not hold them.
    let lines = served.read("/activity?type=conversation_change_queued").await;
    assert_eq!(lines["data"][0]["data"]["to"], json!(["tier"]));
    assert_eq!(changed(&served, &path, &wanted).await, shown, "it is so already");
    assert_eq!(served.commands().await.len(), 5);
}

#[tokio::test]
async fn a_late_snapshot_does_not_undo_what_is_wanted() {
    let served = Served::start().await;
    let mut seed = Seed::open(1);
    let id = served.write(&seed).await;
    let path = format!("/conversations/{id}");
    changed(&served, &path, &json!({ "status": "resolved", "assigneeId": 7 })).await;
    let [status, assignee] = operations(&served).await[..] else { panic!("two changes") };

    // Told before Chatwoot got the command: what is not wanted otherwise is shown.
    seed.version = 5;
    seed.state.labels = vec!["late".to_owned()];
    served.write(&seed).await;
    let shown = served.read(&path).await;
    assert_eq!((&shown["status"], &shown["labels"]), (&json!("resolved"), &json!(["late"])));

    // Chatwoot did it, and still something older comes.
    settle(&served, id, status).await;
    settle(&served, id, assignee).await;
    seed.version = 6;
    seed.state.priority = Some("low".to_owned());
    served.write(&seed).await;
    let shown = served.read(&path).await;
    assert_eq!((&shown["status"], &shown["priority"]), (&json!("resolved"), &json!("low")));
    assert_eq!(shown["pendingChanges"], json!([]));

    // Chatwoot tells of it; from then on it is Chatwoot's word that counts.
    seed.version = 7;
    seed.state.status = "resolved".to_owned();
    seed.state.assignee_id = Some(7);
    seed.state.assignee_type = Some("user".to_owned());
    seed.state.assignee_name = Some("Ana".to_owned());
    served.write(&seed).await;
    assert_eq!(served.read(&path).await["assignee"]["name"], "Ana");
    assert!(operations(&served).await.is_empty());
    seed.version = 8;
    seed.state.status = "open".to_owned();
    served.write(&seed).await;
    assert_eq!(served.read(&path).await["status"], "open");
}

/// What Chatwoot tells meanwhile is of the first of them.
#[tokio::test]
async fn a_change_and_its_taking_back_are_not_undone_by_what_is_told_of_the_first() {
    let served = Served::start().await;
    let mut seed = Seed::open(1);
    let id = served.write(&seed).await;
    let path = format!("/conversations/{id}");
    for status in ["resolved", "open"] {
        changed(&served, &path, &json!({ "status": status })).await;
    }
    for operation in operations(&served).await {
        settle(&served, id, operation).await;
    }
    for (version, status) in [(5, "resolved"), (6, "open")] {
        seed.version = version;
        seed.state.status = status.to_owned();
        served.write(&seed).await;
        assert_eq!(served.read(&path).await["status"], "open", "{version}");
    }
    assert!(operations(&served).await.is_empty());
}

#[tokio::test]
async fn what_somebody_changed_before_a_change_was_known_to_be_done_is_shown() {
    let served = Served::start().await;
    let mut seed = Seed::open(1);
    let id = served.write(&seed).await;
    let path = format!("/conversations/{id}");
    let confirmed = async |operation: OperationId| -> bool {
        let mut transaction = served.world.store.worker().await.unwrap();
        let asked = sqlx::query_scalar(
            "select confirmed from conversation_changes where operation_id = $1",
        );
        asked.bind(operation.0).fetch_one(&mut *transaction).await.unwrap()
    };
    let told = async |seed: &mut Seed, status: &str| {
        seed.version += 1;
        seed.state.status = status.to_owned();
        served.write(seed).await;
        served.read(&path).await["status"].clone()
    };

    // Told of, and changed again, while nobody knows what came of asking.
    changed(&served, &path, &json!({ "status": "resolved" })).await;
    let operation = operations(&served).await[0];
    assert!(!confirmed(operation).await);
    assert_eq!(told(&mut seed, "open").await, "resolved");
    assert!(!confirmed(operation).await, "it was so before");
    told(&mut seed, "resolved").await;
    assert!(!confirmed(operation).await, "nobody has asked for it yet");
    told(&mut seed, "open").await;
    let mut transaction = served.world.store.worker().await.unwrap();
    let entry = store::outbox::head(&mut transaction, id).await.unwrap().unwrap();
    store::attempts::begin(&mut transaction, &entry, 0, 0).await.unwrap().unwrap();
    store::commit(transaction).await.unwrap();
    assert_eq!(told(&mut seed, "resolved").await, "resolved");
    assert!(confirmed(operation).await);
    assert_eq!(told(&mut seed, "open").await, "resolved");
    assert!(confirmed(operation).await);
    settle(&served, id, operation).await;
    assert_eq!(served.read(&path).await["status"], "open");
    assert!(operations(&served).await.is_empty());

    // Of the change itself nothing was told, only of what followed.
    changed(&served, &path, &json!({ "status": "resolved" })).await;
    settle(&served, id, operations(&served).await[0]).await;
    assert_eq!(told(&mut seed, "pending").await, "resolved");
    let mut transaction = served.world.store.worker().await.unwrap();
    sqlx::query("update conversation_changes set settled_at = settled_at - interval '3 minutes'")
        .execute(&mut *transaction)
        .await
        .unwrap();
    store::commit(transaction).await.unwrap();
    assert_eq!(told(&mut seed, "pending").await, "pending");
    assert!(operations(&served).await.is_empty());
}

#[tokio::test]
async fn what_somebody_changed_in_chatwoot_afterwards_is_shown() {
    let served = Served::start().await;
    let mut seed = Seed::open(1);
    let id = served.write(&seed).await;
    let path = format!("/conversations/{id}");
    changed(&served, &path, &json!({ "priority": "high" })).await;
    settle(&served, id, operations(&served).await[0]).await;
    seed.version = chrono::Utc::now().timestamp_micros() + 60_000_000;
    seed.state.priority = Some("low".to_owned());
    served.write(&seed).await;
    assert_eq!(served.read(&path).await["priority"], "low");
    assert!(operations(&served).await.is_empty());
}

#[tokio::test]
async fn a_refused_change_shows_what_chatwoot_told_unless_something_else_is_wanted() {
    let served = Served::start().await;
    let mut seed = Seed::open(1);
    let id = served.write(&seed).await;
    let path = format!("/conversations/{id}");
    changed(&served, &path, &json!({ "status": "resolved", "labels": ["a"] })).await;
    changed(&served, &path, &json!({ "status": "pending" })).await;
    seed.version = 5;
    seed.state.labels = vec!["theirs".to_owned()];
    served.write(&seed).await;
    let [first, labels, second] = operations(&served).await[..] else { panic!("three changes") };
    undo(&served, id, first).await;
    assert_eq!(served.read(&path).await["status"], "pending");
    undo(&served, id, second).await;
    let shown = served.read(&path).await;
    assert_eq!((&shown["status"], &shown["labels"]), (&json!("open"), &json!(["a"])));
    undo(&served, id, labels).await;
    let shown = served.read(&path).await;
    assert_eq!((&shown["labels"], &shown["pendingChanges"]), (&json!(["theirs"]), &json!([])));
    undo(&served, id, labels).await;
    assert_eq!(served.read(&path).await, shown, "undone twice is undone once");
}

#[tokio::test]
async fn what_has_changed_meanwhile_is_not_changed_unseen() {
    let served = Served::start().await;
    let id = served.write(&Seed::open(1)).await;
    let path = format!("/conversations/{id}");
    let tag = served.get(&path).send().await.unwrap().headers()[header::ETAG].clone();
    let ask = |status: &str| {
        let body = json!({ "status": status });
        served.patch(&path, &body).header(header::IF_MATCH, &tag).send()
    };
    let (one, other) = join(ask("resolved"), ask("pending")).await;
    let (one, other) = (one.unwrap(), other.unwrap());
    let (won, lost) = if one.status() == 200 { (one, other) } else { (other, one) };
    let won: Value = won.json().await.unwrap();
    assert_eq!(lost.status(), 412);
    let now = lost.headers()[header::ETAG].clone();
    let refusal: Value = lost.json().await.unwrap();
    assert_eq!((&refusal["code"], &refusal["current"]), (&json!("changed"), &won));

    let reply = json!({ "content": "Hi" });
    let messages = format!("{path}/messages");
    let stale = served.post(&messages, &reply).header(header::IF_MATCH, &tag).send().await;
    assert_eq!(problem(stale.unwrap()).await, (412, "changed".to_owned()));
    let fresh = served.post(&messages, &reply).header(header::IF_MATCH, now).send().await;
    assert_eq!(fresh.unwrap().status(), 201);
}

/// A snapshot that found the row in the hands of somebody who asks for a change.
#[tokio::test]
async fn what_is_wanted_is_upheld_by_who_waited_for_the_row() {
    let served = Served::start().await;
    let mut seed = Seed::open(1);
    let conversation = served.write(&seed).await;
    let tenant = &served.ours.tenant;
    let mut asked = served.world.store.tenant(tenant).await.unwrap();
    let held = store::conversations::hold(&mut asked, tenant, conversation).await.unwrap().unwrap();
    let actor = Actor { kind: "member".to_owned(), id: None, name: None };
    let asking = Asking { tenant, conversation, actor: &actor, trace: TraceParent::generate() };
    let wanted = Wanted { priority: Some(Some("high".to_owned())), ..Wanted::default() };
    store::conversations::change(&mut asked, &asking, held.account, wanted).await.unwrap();

    seed.version += 1;
    let commit = async {
        somebody_waits(&served).await;
        store::commit(asked).await.unwrap();
    };
    tokio::join!(served.write(&seed), commit);
    let shown = served.read(&format!("/conversations/{conversation}")).await;
    assert_eq!(
        (&shown["priority"], &shown["pendingChanges"]),
        (&json!("high"), &json!(["priority"]))
    );

    // And no longer once it is over.
    undo(&served, conversation, operations(&served).await[0]).await;
    seed.version += 1;
    served.write(&seed).await;
    let shown = served.read(&format!("/conversations/{conversation}")).await;
    assert_eq!((&shown["priority"], &shown["pendingChanges"]), (&Value::Null, &json!([])));
    let mut transaction = served.world.store.worker().await.unwrap();
    let changing: bool = sqlx::query_scalar("select changing from conversations where id = $1")
        .bind(conversation.0)
        .fetch_one(&mut *transaction)
        .await
        .unwrap();
    assert!(!changing);
}

#[tokio::test]
async fn what_cannot_be_wanted_is_refused() {
    let served = Served::start().await;
    let path = format!("/conversations/{}", served.write(&Seed::open(1)).await);
    for (body, field) in [
        (json!({ "status": "closed" }), "status"),
        (json!({ "status": "open", "snoozedUntil": "2036-10-07T08:00:00Z" }), "snoozedUntil"),
        (json!({ "status": "snoozed", "snoozedUntil": "2016-10-07T08:00:00Z" }), "snoozedUntil"),
        (json!({ "priority": "top" }), "priority"),
        (json!({ "assigneeId": 0 }), "assigneeId"),
        (json!({ "teamId": "x" }), "teamId"),
        (json!({ "labels": [" "] }), "labels"),
        (json!({ "labels": ["x".repeat(256)] }), "labels"),
        (json!({ "customAttributes": { "a": "x".repeat(70_000) } }), "customAttributes"),
        (json!({ "customAttributes": { "a": "\u{0}" } }), "customAttributes"),
    ] {
        let answer = served.patch(&path, &body).send().await.unwrap();
        assert_eq!(answer.status(), 422, "{field}");
        let problem: Value = answer.json().await.unwrap();
        assert_eq!(problem["errors"][0]["field"], field, "{problem}");
    }
    assert!(served.commands().await.is_empty());
    assert_eq!(changed(&served, &path, &json!({})).await["pendingChanges"], json!([]));
}

/// Bots have numbers of their own, which are agents' numbers too.
#[tokio::test]
async fn a_bot_is_not_the_agent_of_the_same_number() {
    let served = Served::start().await;
    let mut seed = Seed::open(1);
    seed.state.assignee_id = Some(7);
    seed.state.assignee_type = Some("agent_bot".to_owned());
    let id = served.write(&seed).await;
    let path = format!("/conversations/{id}");
    assert!(numbers(&served.read("/conversations?assigneeId=7").await).is_empty());
    assert_eq!(numbers(&served.read("/conversations?assigneeId=any").await), [1]);
    let shown = changed(&served, &path, &json!({ "assigneeId": 7 })).await;
    assert_eq!(shown["assignee"]["type"], "user");
    assert_eq!(served.commands().await, [("assign".to_owned(), json!({ "assigneeId": 7 }))]);
    assert_eq!(numbers(&served.read("/conversations?assigneeId=7").await), [1]);

    // Chatwoot tells of the bot once more, and it was done meanwhile.
    seed.version = 2;
    served.write(&seed).await;
    let operation = operations(&served).await[0];
    settle(&served, id, operation).await;
    let shown = served.read(&path).await;
    assert_eq!(
        (&shown["assignee"]["type"], &shown["pendingChanges"]),
        (&json!("user"), &json!([]))
    );
}
