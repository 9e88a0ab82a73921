//! P6: what is committed is announced, also if its writer did not live to do it.

use chatwoot_sim::{Faults, Millis, RestFaults, Scope};
use domain::{Actor, DeliveryState};
use store::approvals::Submission;
use testkit::eventually;

use crate::stage::{Stage, config};

/// The program that took the reply ends after its commit.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p6_what_its_writer_did_not_live_to_announce_is_announced_once() {
    let stage = Stage::empty().await;
    let chatwoot = stage.chatwoot("acme").await;
    let conversation = stage.conversation(&chatwoot).await;
    let reply = stage.write(&chatwoot, &conversation, "Hello").await;
    assert_eq!(stage.unannounced().await, 1);
    stage.worker(&config()).await;
    stage.worker(&config()).await;
    stage.reaches(reply, "sent").await;
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
    let slow = RestFaults {
        scope: Scope::MessageCreate,
        latency_ms: Millis::between(3_000, 3_000),
        ..RestFaults::default()
    };
    chatwoot.sim().set_faults(Faults { rest: slow, ..Faults::default() }).unwrap();
    let conversation = stage.conversation(&chatwoot).await;
    let patient = outbound_worker::Config { chatwoot_timeout_seconds: 60, ..config() };
    let doomed = stage.worker(&patient).await;
    let reply = stage.write(&chatwoot, &conversation, "Hello").await;
    stage.reaches(reply, "sending").await;
    stage.world.nats.stop().await.unwrap();
    stage.reaches(reply, "sent").await;
    assert_ne!(stage.unannounced().await, 0);
    doomed.abort();
    doomed.await.unwrap_err();
    stage.world.nats.restart().await.unwrap();
    stage.worker(&config()).await;
    eventually("everything is announced", || async { stage.unannounced().await == 0 }).await;
    let told = stage.announced(&chatwoot.account.tenant).await;
    let states: Vec<_> =
        told.iter().filter_map(|told| told.activity.data["state"].as_str()).collect();
    assert_eq!(states, ["sending", "sent"]);
    assert_eq!(told.last().unwrap().subject.message.as_ref().unwrap().id, reply);
}
