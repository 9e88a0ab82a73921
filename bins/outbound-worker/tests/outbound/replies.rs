//! Replies when nothing goes wrong, or nothing can be done about it.

use std::time::Duration;

use chatwoot_sim::{Millis, Rule};
use domain::OperationId;
use events::Announcement;
use testkit::{eventually, eventually_some, sqlx};

use crate::stage::{Stage, config, config_giving_up};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replies_of_a_conversation_leave_in_the_order_of_their_writing() {
    let stage = Stage::start().await;
    stage.worker(&config()).await;
    let chatwoot = stage.chatwoot("acme").await;
    let conversation = stage.conversation(&chatwoot).await;
    let texts: Vec<String> = (0..30).map(|number| format!("reply {number}")).collect();
    for text in &texts {
        stage.write(&chatwoot, &conversation, text).await;
    }
    stage.all_settled().await;
    assert_eq!(chatwoot.texts(&conversation), texts);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reply_that_is_refused_to_the_last_fails_with_a_reason_and_does_not_hold_up_others() {
    let stage = Stage::empty().await;
    stage.worker(&outbound_worker::Config { outbound_attempts: 2, ..config() }).await;
    let locked_out = stage.chatwoot_with_token("acme", "no-longer-valid").await;
    let conversation = stage.conversation(&locked_out).await;
    let first = stage.write(&locked_out, &conversation, "Hello?").await;
    let second = stage.write(&locked_out, &conversation, "Hello??").await;
    for reply in [first, second] {
        let row = stage.reaches(reply, "failed").await;
        assert!(row.reason.unwrap().contains("access token"));
    }
    let sound = stage.chatwoot("zeta").await;
    let elsewhere = stage.conversation(&sound).await;
    let third = stage.write(&sound, &elsewhere, "Hello!").await;
    stage.reaches(third, "sent").await;
    stage.all_settled().await;
    let mut transaction = stage.world.store.worker().await.unwrap();
    let told: i64 = sqlx::query_scalar(
        "select count(*) from activities
         where kind = 'message_state_changed' and data ->> 'state' = 'failed'",
    )
    .fetch_one(&mut *transaction)
    .await
    .unwrap();
    assert_eq!(told, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reply_fails_when_it_was_tried_often_and_long_enough() {
    let stage = Stage::empty().await;
    let chatwoot = stage.chatwoot("acme").await;
    chatwoot.fails_to_create(|rest| rest.rate_limited = Rule::ALWAYS);
    let conversation = stage.conversation(&chatwoot).await;
    let reply = stage.write(&chatwoot, &conversation, "Hello").await;
    let impatient = config_giving_up();
    stage.worker(&outbound_worker::Config { outbound_attempts: 3, ..impatient }).await;
    let row = stage.reaches(reply, "failed").await;
    assert_eq!(row.attempts, 3);
    assert_eq!(chatwoot.texts(&conversation), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reply_waits_for_its_time_and_can_be_taken_back_until_then() {
    let stage = Stage::start().await;
    let chatwoot = stage.chatwoot("acme").await;
    let conversation = stage.conversation(&chatwoot).await;
    let hour = Duration::from_hours(1);
    let late = stage.write_after(&chatwoot, &conversation, "too early", hour).await;
    let elsewhere = stage.conversation(&chatwoot).await;
    let now = stage.write(&chatwoot, &elsewhere, "now").await;
    stage.reaches(now, "sent").await;
    assert_eq!(stage.row(late).await.state, "queued");
    let tenant = &chatwoot.account.tenant;
    let mut transaction = stage.world.store.tenant(tenant).await.unwrap();
    assert!(store::outbox::take_back(&mut transaction, late.0.into()).await.unwrap());
    store::commit(transaction).await.unwrap();
    stage.all_settled().await;
    assert_eq!(chatwoot.texts(&conversation), Vec::<String>::new());
}

/// The echo may come while the answer is still awaited, or instead of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reply_that_its_echo_already_linked_is_not_sent_again() {
    let stage = Stage::empty().await;
    let chatwoot = stage.chatwoot("acme").await;
    let conversation = stage.conversation(&chatwoot).await;
    let reply = stage.write(&chatwoot, &conversation, "Hello").await;
    let mut transaction = stage.world.store.worker().await.unwrap();
    store::messages::link(&mut transaction, chatwoot.account.key, reply, 4711).await.unwrap();
    store::commit(transaction).await.unwrap();
    stage.worker(&config()).await;
    let row = stage.reaches(reply, "sent").await;
    assert_eq!(row.chatwoot_id, Some(4711));
    stage.all_settled().await;
    assert_eq!(chatwoot.texts(&conversation), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn screens_are_told_how_far_a_reply_is() {
    let stage = Stage::start().await;
    let chatwoot = stage.chatwoot("acme").await;
    chatwoot.fails_to_create(|rest| rest.rate_limited = Rule::next(1));
    let conversation = stage.conversation(&chatwoot).await;
    let reply = stage.write(&chatwoot, &conversation, "Hello").await;
    let of = |told: &Announcement| told.activity.data.get::<String>("state").unwrap();
    let told = eventually_some("it is told to be sent", || async {
        let mut told = stage.announced(&chatwoot.account.tenant).await;
        // What the API would have told is told late here.
        told.retain(|told| told.activity.kind != "message_queued");
        told.iter().any(|told| of(told) == "sent").then_some(told)
    })
    .await;
    let mut states: Vec<_> = told.iter().map(of).collect();
    assert!(states.contains(&"sending".to_owned()), "{states:?}");
    // Each time that it is under way is told at once, or not at all.
    states.retain(|state| state != "sending");
    assert_eq!(states, ["retrying", "sent"]);
    for announcement in told {
        assert_eq!(announcement.activity.kind, "message_state_changed");
        assert_eq!(announcement.subject.message.unwrap().id, reply);
    }
}

/// Two servers have granted one lock, as after a failover of Postgres.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p4_of_two_workers_that_both_hold_the_lock_one_sends() {
    let stage = Stage::empty().await;
    let chatwoot = stage.chatwoot("acme").await;
    chatwoot.fails(|rest| rest.latency_ms = Millis::between(500, 500));
    let conversation = stage.conversation(&chatwoot).await;
    // Between a worker's look at the earlier tries and the beginning of one.
    let mut between = stage.world.store.worker().await.unwrap();
    let hold = sqlx::query("lock table chatwoot_hosts in share row exclusive mode");
    hold.execute(&mut *between).await.unwrap();
    stage.worker(&config()).await;
    stage.worker_locking(&config(), &testkit::database().await).await;
    let reply = stage.write(&chatwoot, &conversation, "Hello!").await;
    eventually("both have looked", || async {
        let mut transaction = stage.world.store.worker().await.unwrap();
        store::outbox::hasten(&mut transaction, OperationId(reply.0)).await.unwrap();
        let waiting: i64 = sqlx::query_scalar(
            "select count(*) from pg_locks
             where relation = 'chatwoot_hosts'::regclass and not granted",
        )
        .fetch_one(&mut *transaction)
        .await
        .unwrap();
        store::commit(transaction).await.unwrap();
        waiting == 2
    })
    .await;
    store::rollback(between).await.unwrap();
    stage.reaches(reply, "sent").await;
    stage.all_settled().await;
    assert_eq!(chatwoot.texts(&conversation), ["Hello!"]);
}
