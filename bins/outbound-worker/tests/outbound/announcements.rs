//! P6: what is committed is announced, also if its writer did not live to do it.

use chatwoot_sim::{Rule, Scope};
use domain::{Actor, DeliveryState};
use events::{Announcement, TraceParent};
use outbound_worker::Config;
use store::approvals::Submission;
use testkit::{eventually, eventually_some, sqlx};

use crate::stage::{Stage, config};

/// The program that took the reply ends after its commit.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p6_what_its_writer_did_not_live_to_announce_is_announced_once() {
    let stage = Stage::empty().await;
    let chatwoot = stage.chatwoot("acme").await;
    let conversation = stage.conversation(&chatwoot).await;
    let reply = stage.write(&chatwoot, &conversation, "Hello").await;
    assert_eq!(stage.unannounced().await, 1);
    let written = async |when: &'static str| {
        let mut transaction = stage.world.store.worker().await.unwrap();
        sqlx::query(when).execute(&mut *transaction).await.unwrap();
        store::commit(transaction).await.unwrap();
    };
    // However long it takes to be sent, it is not taken for left before.
    written("update announcements set created_at = now() + interval '1 hour'").await;
    stage.worker(&config()).await;
    stage.worker(&config()).await;
    stage.reaches(reply, "sent").await;
    written("update announcements set created_at = now() - interval '1 hour'").await;
    eventually("everything is announced", || async { stage.unannounced().await == 0 }).await;
    let told = stage.announced(&chatwoot.account.tenant).await;
    let queued: Vec<_> =
        told.iter().filter(|told| told.activity.kind == "message_queued").collect();
    assert_eq!(queued.len(), 1, "{told:#?}");
    let subject = &queued[0].subject;
    let message = subject.message.as_ref().unwrap();
    assert_eq!((message.id, message.state), (reply, Some(DeliveryState::Sent)), "as it is now");
    assert_eq!(subject.conversation.as_ref().unwrap().id, conversation.id);
}

/// What approvals are about is told with them, late too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p6_an_approval_that_was_left_is_announced_with_what_it_is() {
    let stage = Stage::empty().await;
    let chatwoot = stage.chatwoot("acme").await;
    let conversation = stage.conversation(&chatwoot).await;
    let tenant = &chatwoot.account.tenant;
    let actor = Actor {
        kind: "member".to_owned(),
        id: Some("ana".to_owned()),
        name: Some("Ana".to_owned()),
    };
    let submission = Submission {
        tenant,
        conversation: conversation.id,
        kind: "refund",
        reason: "It is broken",
        metadata: &serde_json::json!({}),
        actor: &actor,
    };
    let mut transaction = stage.world.store.tenant(tenant).await.unwrap();
    let submitted = store::approvals::submit(&mut transaction, &submission).await.unwrap();
    store::commit(transaction).await.unwrap();
    stage.worker(&config()).await;
    eventually("everything is announced", || async { stage.unannounced().await == 0 }).await;
    let told = stage.announced(tenant).await;
    assert_eq!(told.last().unwrap().subject.approval, submitted.map(|(approval, _)| approval));
}

/// NATS is away between the worker's commit and the end of the worker.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p6_the_last_state_of_a_reply_is_announced_though_its_worker_died() {
    let stage = Stage::empty().await;
    let chatwoot = stage.chatwoot("acme").await;
    chatwoot.stalls();
    let conversation = stage.conversation(&chatwoot).await;
    let patient = Config { chatwoot_timeout_seconds: 60, ..config() };
    let doomed = stage.worker(&patient).await;
    let reply = stage.write(&chatwoot, &conversation, "Hello").await;
    let states = async || {
        let told = stage.announced(&chatwoot.account.tenant).await;
        let of = |told: &Announcement| told.activity.data.get("state");
        told.iter().filter_map(of).collect::<Vec<String>>()
    };
    // That a try begins is told at best: without NATS, never.
    eventually("it is told that it is sent", async || states().await == ["sending"]).await;
    stage.world.nats.stop().await.unwrap();
    chatwoot.goes_on();
    stage.reaches(reply, "sent").await;
    assert_ne!(stage.unannounced().await, 0);
    doomed.abort();
    doomed.await.unwrap_err();
    stage.world.nats.restart().await.unwrap();
    stage.worker(&config()).await;
    eventually("everything is announced", || async { stage.unannounced().await == 0 }).await;
    assert_eq!(states().await, ["sending", "sent"]);
    let told = stage.announced(&chatwoot.account.tenant).await;
    assert_eq!(told.last().unwrap().subject.message.as_ref().unwrap().id, reply);
}

/// What comes before it is not taken yet.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn that_a_reply_waits_for_another_is_told_in_the_trace_of_whoever_wrote_it() {
    let stage = Stage::empty().await;
    let chatwoot = stage.chatwoot("acme").await;
    chatwoot.fails(|rest| {
        rest.scope = Scope::Writes;
        rest.rate_limited = Rule::ALWAYS;
    });
    let conversation = stage.conversation(&chatwoot).await;
    let patient = Config { outbound_retry_first_ms: 600_000, ..config() };
    let worker = stage.worker(&patient).await;
    let first = stage.write(&chatwoot, &conversation, "one").await;
    stage.reaches(first, "retrying").await;
    // Another one, which is not at the first reply when it hears of the second.
    stage.is_idle().await;
    worker.abort();
    worker.await.unwrap_err();
    stage.worker(&patient).await;
    let second = stage.write(&chatwoot, &conversation, "two").await;
    let (bus, tenant) = (&stage.world.bus, &chatwoot.account.tenant);
    let told = eventually_some("that the second one waits is told", || async {
        let (_, last) = bus.activity_range().await.unwrap();
        let read = bus.read_activity(tenant, 0, last, bus::Most::messages(1_000)).await.unwrap();
        read.messages.into_iter().find(|told| {
            let told: Announcement = serde_json::from_slice(&told.payload).unwrap();
            let data = &told.activity.data;
            data.get("messageId") == Some(second)
                && data.get("state") == Some(DeliveryState::Retrying)
        })
    })
    .await;
    let mut transaction = stage.world.store.worker().await.unwrap();
    let asked: String =
        sqlx::query_scalar("select traceparent from outbox where operation_id = $1")
            .bind(second.0)
            .fetch_one(&mut *transaction)
            .await
            .unwrap();
    let asked: TraceParent = asked.parse().unwrap();
    let told: TraceParent = told.headers.read(TraceParent::HEADER).unwrap();
    assert_eq!(told.trace_id(), asked.trace_id());
}
