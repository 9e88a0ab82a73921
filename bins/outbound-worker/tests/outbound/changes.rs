//! Everything but replies.

use std::time::Duration;

use chatwoot_sim::{ADMIN_TOKEN, Rule};
use domain::{Actor, Conversation, DeliveryState};
use events::TraceParent;
use outbound_worker::{Config, sweep};
use serde_json::json;
use store::conversations::{Asking, Wanted};
use store::messages::{self, Window};
use testkit::{eventually, sqlx};

use crate::stage::{self, Chatwoot, Stage, config};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_change_reaches_chatwoot_through_faults() {
    let stage = Stage::start().await;
    let chatwoot = stage.chatwoot("acme").await;
    let conversation = stage.conversation(&chatwoot).await;
    let reply = stage.write(&chatwoot, &conversation, "Oops").await;
    stage.reaches(reply, "sent").await;
    chatwoot.fails(|rest| {
        rest.rate_limited = Rule::next(1);
        rest.unavailable = Rule::next(1);
        rest.cut = Rule::next(1);
        rest.stored_then_5xx = Rule::next(1);
        rest.stored_then_cut = Rule::next(1);
    });
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

/// Chatwoot keeps the time of what is snoozed already, unless it is told another one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_snoozed_until_a_time_can_be_snoozed_until_the_customer_writes() {
    let stage = Stage::start().await;
    let chatwoot = stage.chatwoot("acme").await;
    let conversation = stage.conversation(&chatwoot).await;
    let until = |until: Option<&str>| json!({ "status": "snoozed", "snoozedUntil": until });
    for (time, shown) in [(Some("2036-10-07T08:00:00Z"), true), (None, false), (None, false)] {
        stage.ask(&chatwoot, &conversation, "set_status", &until(time)).await;
        stage.all_settled().await;
        let there = chatwoot.sim().conversation(1, conversation.number).unwrap();
        assert_eq!(there["status"], "snoozed");
        assert_eq!(!there["snoozed_until"].is_null(), shown, "{there}");
    }
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
/// Which message it is about cannot be read either, so that none can say that it failed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redelivery_that_cannot_be_read_fails_and_is_told() {
    let stage = Stage::start().await;
    let chatwoot = stage.chatwoot("acme").await;
    let conversation = stage.conversation(&chatwoot).await;
    stage.ask(&chatwoot, &conversation, "retry_message", &json!({ "messageId": "none" })).await;
    stage.all_settled().await;
    let [line] = &lines(&stage, "command_failed").await[..] else { panic!("one line") };
    assert_eq!(line["command"], "retry_message");
}

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

/// It waits for nothing of its own.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reply_behind_a_change_that_waits_says_why_and_until_when() {
    let stage = Stage::empty().await;
    let worker = stage.worker(&Config { outbound_retry_first_ms: 600_000, ..config() }).await;
    let chatwoot = stage.chatwoot("acme").await;
    let conversation = stage.conversation(&chatwoot).await;
    chatwoot.fails(|rest| rest.rate_limited = Rule::ALWAYS);
    let labels = json!({ "labels": ["late"] });
    let change = stage.ask(&chatwoot, &conversation, "set_labels", &labels).await;
    eventually("the change waits", async || {
        stage.attempts(change.0).await == [Some("retry".to_owned())]
    })
    .await;
    // Who is still at the change says nothing of what comes behind it meanwhile.
    stage.is_idle().await;
    let reply = stage.write(&chatwoot, &conversation, "Hello").await;
    let mut transaction = stage.world.store.worker().await.unwrap();
    let shown = messages::by_ids(&mut transaction, &[reply]).await.unwrap().remove(0);
    let listed = messages::window(&mut transaction, conversation.id, Window::Newest, 10).await;
    store::rollback(transaction).await.unwrap();
    assert_eq!(listed.unwrap().unwrap().messages, std::slice::from_ref(&shown));
    assert_eq!(shown.state, Some(DeliveryState::Retrying));
    assert!(shown.state_reason.as_ref().unwrap().contains("asks us to slow down"));
    assert!(shown.next_attempt_at.is_some());
    assert_eq!(stage.row(reply).await.state, "queued", "its row says nothing of others");
    eventually("it is told", async || {
        let told = stage.announced(&chatwoot.account.tenant).await;
        told.iter().any(|told| told.subject.message.as_ref() == Some(&shown))
    })
    .await;
    worker.abort();
    worker.await.unwrap_err();
    // Whoever wants it sent has what comes before it tried at once.
    stage.retry(&chatwoot, &conversation, reply).await;
    let mut transaction = stage.world.store.worker().await.unwrap();
    let first = store::outbox::head(&mut transaction, conversation.id).await.unwrap().unwrap();
    assert_eq!((first.operation, first.due_in), (change, Duration::ZERO));
    let shown = messages::by_ids(&mut transaction, &[reply]).await.unwrap().remove(0);
    assert_eq!((shown.state, shown.state_reason), (Some(DeliveryState::Queued), None));
}

/// Somebody changes a conversation; gives back how it is shown at once.
async fn change(
    stage: &Stage,
    chatwoot: &Chatwoot,
    to: &stage::Conversation,
    wanted: Wanted,
) -> Conversation {
    let actor = Actor { kind: "member".to_owned(), id: None, name: None };
    let tenant = &chatwoot.account.tenant;
    let trace = TraceParent::generate();
    let asking = Asking { tenant, conversation: to.id, actor: &actor, trace };
    let mut transaction = stage.world.store.tenant(tenant).await.unwrap();
    let account = chatwoot.account.key;
    store::conversations::change(&mut transaction, &asking, account, wanted).await.unwrap();
    let shown = store::conversations::get(&mut transaction, to.id).await.unwrap().unwrap();
    store::commit(transaction).await.unwrap();
    shown
}

async fn shown(stage: &Stage, conversation: &stage::Conversation) -> Conversation {
    let mut transaction = stage.world.store.worker().await.unwrap();
    store::conversations::get(&mut transaction, conversation.id).await.unwrap().unwrap()
}

async fn lines(stage: &Stage, kind: &str) -> Vec<serde_json::Value> {
    let mut transaction = stage.world.store.worker().await.unwrap();
    sqlx::query_scalar("select data from activities where kind = $1")
        .bind(kind)
        .fetch_all(&mut *transaction)
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_is_shown_at_once_and_confirmed() {
    let stage = Stage::start().await;
    let chatwoot = stage.chatwoot("acme").await;
    let conversation = stage.conversation(&chatwoot).await;
    let wanted = Wanted {
        status: Some(("resolved".to_owned(), None)),
        labels: Some(vec!["vip".to_owned()]),
        ..Wanted::default()
    };
    let at_once = change(&stage, &chatwoot, &conversation, wanted).await;
    assert_eq!((at_once.status.as_str(), at_once.pending_changes.len()), ("resolved", 2));
    stage.all_settled().await;
    let now = shown(&stage, &conversation).await;
    assert_eq!((now.status.as_str(), now.pending_changes.len()), ("resolved", 0));
    assert_eq!(now.labels, ["vip"]);
    assert_eq!(lines(&stage, "command_settled").await.len(), 2);
    let there = chatwoot.sim().conversation(1, conversation.number).unwrap();
    assert_eq!((&there["status"], &there["labels"]), (&json!("resolved"), &json!(["vip"])));
}

/// With another team, Chatwoot drops an agent who is not in it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_wanted_together_with_a_team_stays() {
    let stage = Stage::start().await;
    let chatwoot = stage.chatwoot("acme").await;
    let conversation = stage.conversation(&chatwoot).await;
    let listed = async |name: &str| {
        let request = testkit::http().get(format!("{}/api/v1/accounts/1/{name}", chatwoot.url));
        let answer = request.header("api_access_token", ADMIN_TOKEN).send().await.unwrap();
        answer.json::<Vec<serde_json::Value>>().await.unwrap()
    };
    let agents = listed("agents").await;
    let outside = agents.iter().find(|agent| agent["role"] == "administrator").unwrap();
    let agent = outside["id"].as_i64();
    // The second time, nothing changes but the team.
    for team in listed("teams").await {
        let team = team["id"].as_i64();
        let wanted = Wanted { assignee_id: Some(agent), team_id: Some(team), ..Wanted::default() };
        change(&stage, &chatwoot, &conversation, wanted).await;
        stage.all_settled().await;
        let meta = &chatwoot.sim().conversation(1, conversation.number).unwrap()["meta"];
        assert_eq!((meta["team"]["id"].as_i64(), meta["assignee"]["id"].as_i64()), (team, agent));
    }
}

/// Chatwoot did it and told so, and the customer has undone it, before anybody asks again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_chatwoot_told_is_done_is_not_done_again() {
    let stage = Stage::empty().await;
    let chatwoot = stage.chatwoot("acme").await;
    chatwoot.fails(|rest| rest.stored_then_5xx = Rule::next(1));
    stage.worker(&Config { outbound_retry_first_ms: 600_000, ..config() }).await;
    let conversation = stage.conversation(&chatwoot).await;
    let resolved = Some(("resolved".to_owned(), None));
    change(&stage, &chatwoot, &conversation, Wanted { status: resolved, ..Wanted::default() })
        .await;
    let there = || chatwoot.sim().conversation(1, conversation.number).unwrap()["status"].clone();
    eventually("its outcome is unknown", async || {
        let mut transaction = stage.world.store.worker().await.unwrap();
        let head = store::outbox::head(&mut transaction, conversation.id).await.unwrap();
        head.is_some_and(|entry| entry.attempts == 1 && !entry.due_in.is_zero())
    })
    .await;
    assert_eq!(there(), "resolved");
    chatwoot.sim().customer_writes(1, conversation.number, "One more thing").unwrap();
    assert_eq!(there(), "open");

    let mut transaction = stage.world.store.worker().await.unwrap();
    sqlx::query("update conversation_changes set confirmed = true")
        .execute(&mut *transaction)
        .await
        .unwrap();
    let head = store::outbox::head(&mut transaction, conversation.id).await.unwrap().unwrap();
    store::outbox::hasten(&mut transaction, head.operation).await.unwrap();
    store::commit(transaction).await.unwrap();
    stage.all_settled().await;
    assert_eq!(there(), "open");
    assert_eq!(shown(&stage, &conversation).await.status, "open");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_chatwoot_refuses_is_undone_with_a_reason() {
    let stage = Stage::empty().await;
    stage.worker(&Config { outbound_attempts: 1, ..config() }).await;
    let chatwoot = stage.chatwoot_with_token("acme", "no-longer-valid").await;
    let conversation = stage.conversation(&chatwoot).await;
    let wanted = Wanted { priority: Some(Some("high".to_owned())), ..Wanted::default() };
    let at_once = change(&stage, &chatwoot, &conversation, wanted).await;
    assert_eq!(at_once.priority.as_deref(), Some("high"));
    eventually("the change is undone", || async {
        let now = shown(&stage, &conversation).await;
        now.priority.is_none() && now.pending_changes.is_empty()
    })
    .await;
    let [line] = &lines(&stage, "command_failed").await[..] else { panic!("one line") };
    assert_eq!(line["command"], "set_priority");
    assert!(line["reason"].is_string(), "{line}");
}

/// What is of use at its moment only is tried once, and nobody hears of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reading_is_told_to_chatwoot_and_not_insisted_on() {
    let stage = Stage::start().await;
    let chatwoot = stage.chatwoot("acme").await;
    let conversation = stage.conversation(&chatwoot).await;
    let operation = stage.ask(&chatwoot, &conversation, "mark_read", &json!({})).await;
    stage.all_settled().await;
    let there = chatwoot.sim().conversation(1, conversation.number).unwrap();
    let seen_at = there["agent_last_seen_at"].as_i64().unwrap();
    assert!(seen_at > 0, "{there}");
    let mut transaction = stage.world.store.worker().await.unwrap();
    let noted = "select extract(epoch from marked_there_at)::int8 from conversations";
    let noted: Option<i64> = sqlx::query_scalar(noted).fetch_one(&mut *transaction).await.unwrap();
    drop(transaction);
    assert_eq!(noted, Some(seen_at), "it is known to be no look of an agent's");
    assert!(stage.attempts(operation.0).await.is_empty(), "nothing asks for its tries");
    chatwoot.fails(|rest| rest.unavailable = Rule::next(1));
    stage.ask(&chatwoot, &conversation, "mark_read", &json!({})).await;
    stage.all_settled().await;
    assert!(lines(&stage, "command_settled").await.is_empty());
    assert!(lines(&stage, "command_failed").await.is_empty());
}

/// Chatwoot marks all there is: carried out late, it would hide what nobody has seen.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_customer_wrote_since_is_not_marked_as_read() {
    let stage = Stage::start().await;
    let chatwoot = stage.chatwoot("acme").await;
    let conversation = stage.conversation(&chatwoot).await;
    let first = stage.customer_writes(&chatwoot, &conversation, "Hello?").await;
    let second = stage.customer_writes(&chatwoot, &conversation, "Anybody there?").await;
    let seen = || {
        let there = chatwoot.sim().conversation(1, conversation.number).unwrap();
        there["agent_last_seen_at"].as_i64().unwrap()
    };
    for (up_to, told) in [(0, false), (first, false), (second, true)] {
        stage.ask(&chatwoot, &conversation, "mark_read", &json!({ "upTo": up_to })).await;
        stage.all_settled().await;
        assert_eq!(seen() > 0, told, "read up to {up_to} of {first} and {second}");
    }
}

/// Whoever asks for such a thing holds the conversation, then looks at what is asked of it already.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_of_use_at_its_moment_is_settled_whoever_holds_the_conversation() {
    let stage = Stage::start().await;
    let chatwoot = stage.chatwoot("acme").await;
    let conversation = stage.conversation(&chatwoot).await;
    let mut asking = stage.world.store.holder().await.unwrap();
    let tenant = &chatwoot.account.tenant;
    store::conversations::hold(&mut asking, tenant, conversation.id).await.unwrap().unwrap();
    let typing = json!({ "on": true, "private": false });
    stage.ask(&chatwoot, &conversation, "typing", &typing).await;
    stage.all_settled().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tries_that_nobody_needs_any_more_are_forgotten_in_time() {
    let stage = Stage::empty().await;
    stage.worker(&Config { outbound_attempts: 1, ..config() }).await;
    let chatwoot = stage.chatwoot("acme").await;
    let conversation = stage.conversation(&chatwoot).await;
    let sent = stage.write(&chatwoot, &conversation, "Hello!").await;
    stage.reaches(sent, "sent").await;
    let change = stage.ask(&chatwoot, &conversation, "set_labels", &json!({ "labels": [] })).await;
    let locked_out = stage.chatwoot_with_token("zeta", "no-longer-valid").await;
    let elsewhere = stage.conversation(&locked_out).await;
    let failed = stage.write(&locked_out, &elsewhere, "Hello?").await;
    stage.reaches(failed, "failed").await;
    stage.all_settled().await;
    let tries = async || {
        let mut counts = Vec::new();
        for operation in [sent.0, change.0, failed.0] {
            counts.push(stage.attempts(operation).await.len());
        }
        counts
    };
    let forget = async |age| sweep::tries(&stage.world.store, age).await.unwrap();
    assert_eq!(forget(Duration::from_hours(1)).await, 0);
    assert_eq!(tries().await, [1, 1, 1]);
    assert_eq!(forget(Duration::ZERO).await, 2);
    assert_eq!(tries().await, [0, 0, 1], "what failed may be asked for once more");
}
