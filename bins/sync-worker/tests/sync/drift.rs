//! What counts as missed, and what does not (P7).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::support::stage::{FAST, Stage, config};
use crate::support::{count, execute};
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use chatwoot_sim::{Customer, Options};
use domain::MessageId;
use serde_json::json;
use store::messages;
use store::reconciliations::Tally;
use sync_worker::reconcile::{self, Backfill};
use sync_worker::{Config, SyncWorker};
use testkit::eventually;

/// As if nothing had been written here for a while.
pub(crate) async fn settle(stage: &Stage) {
    for table in ["conversations", "contacts", "messages"] {
        let long_ago = format!("update {table} set updated_at = now() - interval '1 minute'");
        execute(&stage.world.store_config, &long_ago).await;
    }
}

/// Notes messages of another conversation, as many hours ago, beside the one whose delivery is unknown.
async fn note_others(stage: &Stage, count: u32, hours: u32) {
    let others = format!(
        "insert into unheard_deliveries (account_id, tenant_id, display_id, chatwoot_id, noted_at)
         select account_id, tenant_id, 999, 1000 + n, now() - interval '{hours} hours'
         from unheard_deliveries, generate_series(1, {count}) n"
    );
    execute(&stage.world.store_config, &others).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_webhook_may_yet_tell_has_not_been_missed() {
    let stage = Stage::set(Options::default(), false).await;
    let sim = stage.chatwoot.sim.clone();
    let (conversation, _) = sim.start_conversation(1, "Where is my parcel?").unwrap();
    let reply = sim.agent_writes(1, conversation, "On its way.").unwrap();
    stage.settled().await;
    stage.everything().await;
    stage.lose_webhooks();
    sim.set_message_status(1, conversation, reply, "delivered", None).unwrap();
    let contact = sim.contact_of(1, conversation).unwrap()["id"].as_i64().unwrap();
    sim.rename_contact(1, contact, "Paula Probe").unwrap();
    settle(&stage).await;

    let patient = reconcile::Config { reconcile_grace_seconds: 600, ..config() };
    let (store, bus) = (stage.world.store.clone(), stage.world.bus.clone());
    let patient = Backfill::new(patient, testkit::secret_key(), store, bus);
    let account = stage.account.key;
    let reached = patient.lately(account, FAST, &stage.shutdown, |_| {}).await.unwrap();
    assert_eq!(reached.found, Tally::default());
    assert_eq!(stage.lately().await.drift_repaired, 2, "a message and a contact");
    assert_eq!(stage.differing().await, 0);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contact_that_drifts_to_the_same_again_has_a_line_for_each_time() {
    let stage = Stage::set(Options::default(), false).await;
    let sim = stage.chatwoot.sim.clone();
    let (conversation, _) = sim.start_conversation(1, "hello").unwrap();
    let contact = sim.contact_of(1, conversation).unwrap();
    let (number, name) = (contact["id"].as_i64().unwrap(), contact["name"].as_str().unwrap());
    stage.settled().await;
    stage.everything().await;
    stage.lose_webhooks();
    let lines = "activities where kind = 'contact_updated'";
    for (name, times) in [("Paula Probe", 1), (name, 2), ("Paula Probe", 3)] {
        sim.rename_contact(1, number, name).unwrap();
        settle(&stage).await;
        assert_eq!(stage.everything().await.drift_repaired, 1);
        assert_eq!(count(&stage.world.store_config, lines).await, times, "{name}");
    }
    stage.end().await;
}

/// No webhook tells of it.
#[tokio::test(flavor = "multi_thread")]
async fn who_was_merged_into_another_is_gone_and_what_they_had_is_the_others() {
    let stage = Stage::set(Options::default(), false).await;
    let sim = stage.chatwoot.sim.clone();
    let begun = [(); 2].map(|()| sim.start_conversation(1, "hello").unwrap().0);
    let [into, merged] =
        begun.map(|conversation| sim.contact_of(1, conversation).unwrap()["id"].as_i64().unwrap());
    stage.settled().await;
    stage.everything().await;
    settle(&stage).await;
    sim.merge_contacts(1, into, merged).unwrap();
    assert_eq!(stage.differing().await, 2, "a conversation and its message");
    // The person is without a conversation only once that of the conversation is applied.
    stage.everything().await;
    stage.everything().await;
    assert_eq!(stage.differing().await, 0);
    let gone = "select to_jsonb(chatwoot_id) from contacts where gone_at > version_at";
    assert_eq!(stage.rows(gone).await, [json!(merged)]);
    stage.end().await;
}

/// No webhook tells that a channel's time to answer is over.
#[tokio::test(flavor = "multi_thread")]
async fn whether_one_may_reply_is_written_and_counts_as_nothing_missed() {
    let stage = Stage::set(Options::default(), false).await;
    stage.chatwoot.sim.start_conversation(1, "hello").unwrap();
    stage.settled().await;
    stage.everything().await;
    settle(&stage).await;
    let config = &stage.world.store_config;
    execute(config, "update conversations set can_reply = false").await;
    assert_eq!(stage.lately().await, Tally::default());
    assert_eq!(stage.rows("select to_jsonb(can_reply) from conversations").await, [json!(true)]);
    stage.end().await;
}

/// Webhooks print line breaks of the editor plainly, and put a link into a survey.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_webhook_prints_otherwise_is_as_it_is_in_chatwoot() {
    let stage = Stage::set(Options::default(), false).await;
    let sim = stage.chatwoot.sim.clone();
    let inbox = sim.inbox(1, "Channel::Email").unwrap();
    let customer = sim.create_contact(1, Customer::default()).unwrap();
    let conversation = sim.create_conversation(1, inbox, customer).unwrap();
    sim.customer_writes(1, conversation, "Where is my parcel?").unwrap();
    stage.settled().await;
    stage.everything().await;
    sim.agent_writes(1, conversation, "On its way.\\\nIt comes today.\n").unwrap();
    sim.chatwoot_surveys(1, conversation, "How was it?").unwrap();
    stage.settled().await;
    settle(&stage).await;
    let printed = "messages where content = E'On its way.\\nIt comes today.'
                     or content like 'How was it? http%/survey/%'";
    assert_eq!(count(&stage.world.store_config, printed).await, 2);
    let quiet = stage.last_sequence().await;
    assert_eq!(stage.everything().await, Tally::default());
    assert_eq!(stage.last_sequence().await, quiet);
    stage.end().await;
}

/// The webhook of a message that is not the newest is dated by its conversation, which stands still meanwhile.
#[tokio::test(flavor = "multi_thread")]
async fn what_fails_again_after_it_was_handed_over_again_is_found_though_it_is_old() {
    let stage = Stage::set(Options::default(), false).await;
    let sim = stage.chatwoot.sim.clone();
    let (conversation, _) = sim.start_conversation(1, "Where is my parcel?").unwrap();
    let reply = sim.agent_writes(1, conversation, "On its way.").unwrap();
    sim.customer_writes(1, conversation, "Hello?").unwrap();
    let refused = Some("the number takes no messages");
    sim.set_message_status(1, conversation, reply, "failed", refused).unwrap();
    stage.settled().await;
    stage.everything().await;
    let store_config = &stage.world.store_config;
    let failed = format!(
        "messages where chatwoot_id = {reply} and delivery_failed_at > delivery_succeeded_at"
    );
    assert_eq!(count(store_config, &failed).await, 1);

    for _ in 0..2 {
        let shown = stage.rows("select to_jsonb(id) from messages where message_type = 'outgoing'");
        let message: MessageId = shown.await[0].as_str().unwrap().parse().unwrap();
        let mut transaction = stage.world.store.worker().await.unwrap();
        let account = stage.account.key;
        let target = messages::to_redeliver(&mut transaction, account, message).await.unwrap();
        let failed_at = target.unwrap().failed_at;
        stage.client().retry_message(conversation, reply).await.unwrap();
        messages::redelivered(&mut transaction, message, failed_at).await.unwrap();
        store::commit(transaction).await.unwrap();
        stage.settled().await;
        assert_eq!(count(store_config, &failed).await, 0, "it is handed over");
        sim.set_message_status(1, conversation, reply, "failed", refused).unwrap();
        stage.settled().await;
        // All of it is older than what a sweep looks at.
        let old = "update messages set created_at = created_at - interval '2 days'";
        execute(store_config, old).await;
        settle(&stage).await;
        stage.lately().await;
        assert_eq!(count(store_config, &failed).await, 1, "it has failed again");
    }
    stage.end().await;
}

/// Its webhook says so only while it is the newest of its conversation.
#[tokio::test(flavor = "multi_thread")]
async fn how_far_a_reply_got_that_is_not_the_newest_is_asked_for_and_was_not_missed() {
    let stage = Stage::set(Options::default(), false).await;
    let sim = stage.chatwoot.sim.clone();
    let (conversation, _) = sim.start_conversation(1, "Where is my parcel?").unwrap();
    let texts = ["I am looking.", "On its way.", "Anything else?"];
    let [read, failed, _] = texts.map(|text| sim.agent_writes(1, conversation, text).unwrap());
    stage.settled().await;
    stage.everything().await;
    for (reply, status) in [(read, "delivered"), (read, "read"), (failed, "failed")] {
        sim.set_message_status(1, conversation, reply, status, None).unwrap();
        stage.settled().await;
    }
    settle(&stage).await;
    assert_eq!(stage.differing().await, 2);

    assert_eq!(stage.everything().await, Tally::default(), "it was told that they have changed");
    assert_eq!(stage.differing().await, 0);
    let config = &stage.world.store_config;
    for kind in ["message_read", "message_failed"] {
        assert_eq!(count(config, &format!("activities where kind = '{kind}'")).await, 1, "{kind}");
    }
    assert_eq!(count(config, "unheard_deliveries").await, 0, "they are looked at once");
    let quiet = stage.last_sequence().await;
    assert_eq!(stage.lately().await, Tally::default());
    assert_eq!(stage.last_sequence().await, quiet);
    stage.end().await;
}

/// Where more is told than sweeps can ask about, a walk does not leave it to them.
#[tokio::test(flavor = "multi_thread")]
async fn how_far_a_reply_got_is_mended_by_a_walk_where_sweeps_come_too_late() {
    let stage = Stage::set(Options::default(), false).await;
    let (sim, config) = (stage.chatwoot.sim.clone(), &stage.world.store_config);
    let (conversation, _) = sim.start_conversation(1, "Where is my parcel?").unwrap();
    let texts = ["I am looking.", "On its way."];
    let [reply, _] = texts.map(|text| sim.agent_writes(1, conversation, text).unwrap());
    stage.settled().await;
    stage.everything().await;
    let mended = Tally { drift_found: 1, drift_repaired: 1, ..Tally::default() };
    let late = ["now() - interval '2 hours'", "now() - interval '3 days'"];
    for (status, noted_at) in ["delivered", "read"].into_iter().zip(late) {
        sim.set_message_status(1, conversation, reply, status, None).unwrap();
        stage.settled().await;
        execute(config, &format!("update unheard_deliveries set noted_at = {noted_at}")).await;
        note_others(&stage, 200, 3).await;
        settle(&stage).await;
        assert_eq!(stage.everything().await, mended, "{status}");
        assert_eq!(stage.differing().await, 0, "{status}");
        execute(config, "delete from unheard_deliveries where display_id <> 999").await;
    }
    stage.end().await;
}

/// Where more is told than anybody asks about: sweeps may fail for months, or there may be none.
#[tokio::test(flavor = "multi_thread")]
async fn how_far_a_reply_got_that_nobody_asked_for_is_forgotten_in_time() {
    let stage = Stage::set(Options::default(), false).await;
    let (sim, config) = (stage.chatwoot.sim.clone(), &stage.world.store_config);
    let (conversation, _) = sim.start_conversation(1, "Where is my parcel?").unwrap();
    let texts = ["I am looking.", "On its way."];
    let [reply, _] = texts.map(|text| sim.agent_writes(1, conversation, text).unwrap());
    sim.set_message_status(1, conversation, reply, "delivered", None).unwrap();
    stage.settled().await;
    note_others(&stage, 2500, 49).await;
    let (store, bus) = (stage.world.store.clone(), stage.world.bus.clone());
    let health = service::Health::default();
    let worker = SyncWorker::start(&Config::default(), store, bus, &health).await.unwrap();
    let worker = tokio::spawn(worker.run(stage.shutdown.clone()));
    eventually("what is old is forgotten", async || {
        count(config, "unheard_deliveries where display_id = 999").await == 0
    })
    .await;
    assert_eq!(count(config, "unheard_deliveries").await, 1);
    stage.end().await;
    worker.await.unwrap().unwrap();
}

/// What fails for a moment is asked for again: nothing else would before the next walk.
#[tokio::test(flavor = "multi_thread")]
async fn how_far_a_reply_got_is_asked_for_again_after_a_moments_fault() {
    let stage = Stage::set(Options::default(), false).await;
    let sim = stage.chatwoot.sim.clone();
    let (conversation, _) = sim.start_conversation(1, "Where is my parcel?").unwrap();
    let texts = ["I am looking.", "On its way."];
    let [reply, _] = texts.map(|text| sim.agent_writes(1, conversation, text).unwrap());
    stage.settled().await;
    stage.everything().await;
    sim.set_message_status(1, conversation, reply, "delivered", None).unwrap();
    stage.settled().await;
    settle(&stage).await;
    let failed = Arc::new(AtomicBool::new(false));
    let fails = Arc::clone(&failed);
    stage
        .behind(move |request| {
            let query = request.uri().query()?;
            let numbered = query.contains("after=") && query.contains("before=");
            let fails = numbered && !fails.swap(true, Ordering::Relaxed);
            fails.then(|| StatusCode::BAD_GATEWAY.into_response())
        })
        .await;
    stage.lately().await;
    assert!(failed.load(Ordering::Relaxed));
    assert_eq!(stage.differing().await, 0);
    stage.end().await;
}

/// Who the token belongs to was known at the sweep before.
#[tokio::test(flavor = "multi_thread")]
async fn what_webhooks_missed_is_found_though_chatwoot_does_not_tell_whose_the_token_is() {
    let stage = Stage::set(Options::default(), false).await;
    let sim = stage.chatwoot.sim.clone();
    let (conversation, _) = sim.start_conversation(1, "hello").unwrap();
    stage.settled().await;
    stage.lately().await;
    stage.lose_webhooks();
    sim.customer_writes(1, conversation, "Hello?").unwrap();
    settle(&stage).await;
    stage
        .behind(|request| {
            let fails = request.uri().path().ends_with("/profile");
            fails.then(|| StatusCode::INTERNAL_SERVER_ERROR.into_response())
        })
        .await;
    stage.lately().await;
    assert_eq!(stage.differing().await, 0);
    stage.end().await;
}

/// Where opening also assigns, the only webhook names just the assignee.
#[tokio::test(flavor = "multi_thread")]
async fn a_status_that_came_in_passing_gets_its_line_from_the_next_sweep_and_no_second_one() {
    let stage = Stage::set(Options::default(), false).await;
    let sim = stage.chatwoot.sim.clone();
    let (conversation, _) = sim.start_conversation(1, "Where is my parcel?").unwrap();
    sim.agent_sets_status(1, conversation, "resolved").unwrap();
    stage.settled().await;
    stage.everything().await;
    assert_eq!(stage.lately().await, Tally::default());
    let lines = async || {
        let lines = "select jsonb_build_array(data -> 'from', data -> 'to') from activities
                     where kind = 'conversation_status_changed' order by occurred_at";
        stage.rows(lines).await
    };
    let resolved = json!(["open", "resolved"]);
    sim.agent_sets_status(1, conversation, "open").unwrap();
    stage.settled().await;
    assert_eq!(stage.differing().await, 0);
    assert_eq!(lines().await, std::slice::from_ref(&resolved));
    assert_eq!(stage.lately().await.drift_repaired, 1);
    let opened = json!(["resolved", "open"]);
    assert_eq!(lines().await, [resolved.clone(), opened.clone()]);
    assert_eq!(stage.lately().await, Tally::default());

    sim.agent_sets_status(1, conversation, "resolved").unwrap();
    stage.settled().await;
    assert_eq!(stage.lately().await, Tally::default());
    assert_eq!(lines().await, [resolved.clone(), opened, resolved]);
    stage.end().await;
}

/// Only a change that waits shows in the row.
#[tokio::test(flavor = "multi_thread")]
async fn a_reply_that_waits_keeps_nothing_else_from_being_found() {
    let stage = Stage::set(Options::default(), false).await;
    let sim = stage.chatwoot.sim.clone();
    let (conversation, _) = sim.start_conversation(1, "Where is my parcel?").unwrap();
    stage.settled().await;
    stage.everything().await;
    stage.lose_webhooks();
    stage.reply(conversation, "On its way.").await;
    sim.agent_sets_status(1, conversation, "resolved").unwrap();
    settle(&stage).await;
    assert_eq!(stage.lately().await.drift_repaired, 1);
    assert_eq!(stage.differing().await, 0);

    stage.prioritize(conversation, "high").await;
    settle(&stage).await;
    assert_eq!(stage.lately().await, Tally::default(), "what is wanted is no drift");
    stage.end().await;
}
