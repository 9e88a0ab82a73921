//! What earlier tries mean for the next one.

use std::time::Duration;

use chatwoot_sim::{ADMIN_TOKEN, Rule, Scope};
use domain::{Command, DeliveryState};
use outbound_worker::Config;
use serde_json::json;
use store::attempts::{self, AttemptOutcome};
use store::messages::{self, Step};
use store::outbox;
use testkit::{eventually, sqlx};

use crate::stage::{Stage, config, config_giving_up};

/// Looks are no reason for haste: what fails inside of Chatwoot, time and again, has as long as anything else
/// until it fails for good.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_certainly_not_there_is_sent_again_in_its_time_or_when_asked() {
    let stage = Stage::empty().await;
    let chatwoot = stage.chatwoot("acme").await;
    chatwoot.fails_to_create(|rest| rest.unavailable = Rule::next(1));
    let conversation = stage.conversation(&chatwoot).await;
    let patient = Config { outbound_retry_first_ms: 600_000, absence_seconds: 1, ..config() };
    stage.worker(&patient).await;
    let reply = stage.write(&chatwoot, &conversation, "Hello").await;
    eventually("it waits for its next try", async || {
        let mut transaction = stage.world.store.worker().await.unwrap();
        let head = outbox::head(&mut transaction, conversation.id).await.unwrap();
        head.is_some_and(|head| head.attempts == 1 && head.due_in > Duration::from_mins(4))
    })
    .await;
    let row = stage.row(reply).await;
    assert_eq!((row.state.as_str(), row.attempts), ("unknown", 1));
    stage.retry(&chatwoot, &conversation, reply).await;
    stage.reaches(reply, "sent").await;
    assert_eq!(chatwoot.texts(&conversation), ["Hello"]);
    assert_eq!(stage.attempts(reply.0).await, ["absent", "done"].map(|end| Some(end.to_owned())));
}

/// Until its absence can be believed it is looked for and put off again and again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_wants_a_reply_of_unknown_outcome_sent_at_once_waits_for_certainty_only() {
    let stage = Stage::empty().await;
    let chatwoot = stage.chatwoot("acme").await;
    chatwoot.fails_to_create(|rest| rest.unavailable = Rule::next(1));
    let conversation = stage.conversation(&chatwoot).await;
    let patient = Config { outbound_retry_first_ms: 600_000, absence_seconds: 5, ..config() };
    stage.worker(&patient).await;
    let reply = stage.write(&chatwoot, &conversation, "Hello").await;
    stage.reaches(reply, "unknown").await;
    stage.retry(&chatwoot, &conversation, reply).await;
    eventually("a look was made, and it is put off", async || {
        let tried = stage.attempts(reply.0).await;
        tried.first().is_some_and(|outcome| outcome.as_deref() == Some("absent"))
    })
    .await;
    assert_eq!(chatwoot.texts(&conversation), Vec::<String>::new());
    stage.reaches(reply, "sent").await;
    assert_eq!(chatwoot.texts(&conversation), ["Hello"]);
    assert_eq!(stage.attempts(reply.0).await, ["absent", "done"].map(|end| Some(end.to_owned())));
}

/// What was written between a try that certainly failed and the next one is not the reply.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_deleted_after_a_refused_try_is_not_taken_for_the_reply() {
    let stage = Stage::empty().await;
    let chatwoot = stage.chatwoot("acme").await;
    let conversation = stage.conversation(&chatwoot).await;
    stage.worker(&Config { outbound_attempts: 1, ..config_giving_up() }).await;
    chatwoot.fails_to_create(|rest| rest.rate_limited = Rule::next(1));
    let reply = stage.write(&chatwoot, &conversation, "Hello").await;
    stage.reaches(reply, "failed").await;
    chatwoot.write_and_delete(&conversation, ADMIN_TOKEN, false).await;
    let later = stage.write(&chatwoot, &conversation, "Are you there?").await;
    stage.reaches(later, "sent").await;
    chatwoot.fails_to_create(|rest| rest.unavailable = Rule::next(1));
    stage.retry(&chatwoot, &conversation, reply).await;
    // It is allowed one try, and that one came to nothing.
    stage.reaches(reply, "failed").await;
    let outcomes = stage.attempts(reply.0).await;
    assert_eq!(outcomes, ["failed", "absent"].map(|end| Some(end.to_owned())));
}

/// As after a long outage. Else all that was ever written in the conversation would be looked through.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_look_begins_at_what_chatwoot_wrote_last_however_much_waits() {
    let stage = Stage::empty().await;
    let chatwoot = stage.chatwoot("acme").await;
    let conversation = stage.conversation(&chatwoot).await;
    let last = stage.customer_writes(&chatwoot, &conversation, "Hello?").await;
    for _ in 0..60 {
        stage.write(&chatwoot, &conversation, "Hello").await;
    }
    let mut transaction = stage.world.store.worker().await.unwrap();
    let highest = messages::highest_chatwoot_id(&mut transaction, conversation.id).await.unwrap();
    assert_eq!(highest, last);
}

/// Whoever waits for it to be over counts from there, and its transaction may have waited before.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_try_begins_when_it_is_written_down_and_not_with_its_transaction() {
    let stage = Stage::empty().await;
    let chatwoot = stage.chatwoot("acme").await;
    let conversation = stage.conversation(&chatwoot).await;
    let reply = stage.write(&chatwoot, &conversation, "Hello").await;
    let mut transaction = stage.world.store.worker().await.unwrap();
    let entry = outbox::head(&mut transaction, conversation.id).await.unwrap().unwrap();
    attempts::begin(&mut transaction, &entry, 0, 0).await.unwrap();
    let began: bool = sqlx::query_scalar(
        "select started_at > now() from outbound_attempts where operation_id = $1",
    )
    .bind(reply.0)
    .fetch_one(&mut *transaction)
    .await
    .unwrap();
    assert!(began);
}

/// A relay has rows in hand for as long as NATS takes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_types_does_not_wait_for_what_a_relay_has_in_hand() {
    let stage = Stage::empty().await;
    let chatwoot = stage.chatwoot("acme").await;
    let conversation = stage.conversation(&chatwoot).await;
    let typing = json!({ "on": true, "private": false });
    stage.ask(&chatwoot, &conversation, Command::TYPING, &typing).await;
    let mut relay = stage.world.store.worker().await.unwrap();
    assert_eq!(outbox::take_due(&mut relay, 10, 10).await.unwrap().len(), 1);
    let forget = async || {
        let mut asking = stage.world.store.tenant(&chatwoot.account.tenant).await.unwrap();
        sqlx::query("set local lock_timeout = '1s'").execute(&mut *asking).await.unwrap();
        outbox::forget_untried(&mut asking, conversation.id, Command::TYPING).await.unwrap();
        store::commit(asking).await.unwrap();
    };
    forget().await;
    assert_eq!(stage.waiting().await, 1, "it is told of once more, which does no harm");
    store::rollback(relay).await.unwrap();
    forget().await;
    assert_eq!(stage.waiting().await, 0);
}

/// Who reads `retrying` may take it back, which nobody can.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reply_that_may_be_there_is_unknown_until_it_was_looked_for() {
    let stage = Stage::empty().await;
    let chatwoot = stage.chatwoot("acme").await;
    let conversation = stage.conversation(&chatwoot).await;
    let reply = stage.write(&chatwoot, &conversation, "Hello").await;
    let worker = stage.worker_without_answer(&chatwoot).await;
    stage.kill_without_answer(worker, &chatwoot, &conversation).await;
    chatwoot.fails(|rest| {
        rest.scope = Scope::Reads;
        rest.unavailable = Rule::ALWAYS;
    });
    let hopeless = stage.worker(&Config { unseen_minutes: 0, ..config() }).await;
    stage.reaches(reply, "failed").await;
    hopeless.abort();
    hopeless.await.unwrap_err();
    // An account that does not answer rests long enough to be worth a word.
    let quick = Config { chatwoot_failures: 1, outbound_retry_first_ms: 60_000, ..config() };
    stage.worker(&quick).await;
    stage.retry(&chatwoot, &conversation, reply).await;
    assert_eq!(stage.row(reply).await.state, "unknown");
    eventually("it was looked for in vain", async || {
        let mut transaction = stage.world.store.worker().await.unwrap();
        let head = outbox::head(&mut transaction, conversation.id).await.unwrap();
        head.is_some_and(|head| !head.due_in.is_zero())
    })
    .await;
    stage.retry(&chatwoot, &conversation, reply).await;
    eventually("people are told why it waits", async || {
        stage.row(reply).await.reason.is_some_and(|reason| reason.contains("does not answer"))
    })
    .await;
    assert_eq!(stage.row(reply).await.state, "unknown");
}

/// Two looks fail after the time for which replies are looked for, and the third is answered.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reply_is_not_given_up_at_the_first_look_that_fails() {
    let stage = Stage::empty().await;
    let chatwoot = stage.chatwoot("acme").await;
    let conversation = stage.conversation(&chatwoot).await;
    let reply = stage.write(&chatwoot, &conversation, "Hello").await;
    stage.try_of_a_dead_worker(&conversation).await;
    stage.seven_hours_pass_since_all_tries().await;
    chatwoot.fails(|rest| {
        rest.scope = Scope::Reads;
        rest.unavailable = Rule::next(2);
    });
    stage.worker(&config()).await;
    stage.reaches(reply, "sent").await;
    assert_eq!(chatwoot.texts(&conversation), ["Hello"]);
}

/// However many looks fail then.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reply_that_somebody_retries_is_looked_for_anew() {
    let stage = Stage::empty().await;
    let chatwoot = stage.chatwoot("acme").await;
    let conversation = stage.conversation(&chatwoot).await;
    let reply = stage.write(&chatwoot, &conversation, "Hello").await;
    stage.try_of_a_dead_worker(&conversation).await;
    let reads_fail = |rule| {
        chatwoot.fails(move |rest| {
            rest.scope = Scope::Reads;
            rest.unavailable = rule;
        });
    };
    reads_fail(Rule::ALWAYS);
    let hopeless = stage.worker(&Config { unseen_minutes: 0, ..config() }).await;
    stage.reaches(reply, "failed").await;
    hopeless.abort();
    hopeless.await.unwrap_err();
    stage.seven_hours_pass_since_all_tries().await;
    reads_fail(Rule::next(4));
    stage.worker(&config()).await;
    stage.retry(&chatwoot, &conversation, reply).await;
    stage.reaches(reply, "sent").await;
    assert_eq!(chatwoot.texts(&conversation), ["Hello"]);
}

/// Waits until the worker waits for what this transaction has in hand.
async fn is_waited_for(stage: &Stage, transaction: &mut store::Transaction) {
    let who: String = sqlx::query_scalar("select pg_current_xact_id()::text")
        .fetch_one(&mut **transaction)
        .await
        .unwrap();
    eventually("the worker waits for it", || async {
        let waits = "select exists (select from pg_locks
                                    where transactionid = $1::xid8::xid and not granted)";
        let mut transaction = stage.world.store.worker().await.unwrap();
        sqlx::query_scalar(waits).bind(who.as_str()).fetch_one(&mut *transaction).await.unwrap()
    })
    .await;
}

/// Its worker was not dead, only cut off from the lock, and says how it ended while another one gives it up.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_try_that_ends_just_before_it_is_given_up_leaves_its_reply_with_that_end() {
    let stage = Stage::empty().await;
    let chatwoot = stage.chatwoot("acme").await;
    let conversation = stage.conversation(&chatwoot).await;
    let reply = stage.write(&chatwoot, &conversation, "Hello").await;
    stage.try_of_a_dead_worker(&conversation).await;
    let (operation, too_large) = (reply.0.into(), Some("it is too large for Chatwoot"));
    let mut ending = stage.world.store.worker().await.unwrap();
    let failed = AttemptOutcome::Failed;
    assert!(attempts::finish(&mut ending, operation, 1, failed, too_large).await.unwrap());
    stage.worker(&config()).await;
    is_waited_for(&stage, &mut ending).await;
    let step = Step {
        state: DeliveryState::Failed,
        reason: too_large,
        attempts: Some(1),
        most_attempts: None,
        next_in: None,
    };
    assert!(outbox::settle(&mut ending, operation).await.unwrap());
    assert!(messages::advance(&mut ending, operation, step).await.unwrap());
    store::commit(ending).await.unwrap();
    stage.is_idle().await;
    let row = stage.row(reply).await;
    assert_eq!((row.state.as_str(), row.reason.as_deref()), ("failed", too_large));
    assert_eq!(stage.attempts(reply.0).await, [Some("failed".to_owned())]);
    assert_eq!(chatwoot.texts(&conversation), Vec::<String>::new());
}

/// Its worker was cut off from the lock, and another one has given the reply up: nobody will come back to it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reply_that_somebody_else_has_settled_is_not_said_to_wait() {
    let stage = Stage::start().await;
    let chatwoot = stage.chatwoot("acme").await;
    let conversation = stage.conversation(&chatwoot).await;
    chatwoot.fails_to_create(|rest| {
        rest.stall = true;
        rest.rate_limited = Rule::next(1);
    });
    let reply = stage.write(&chatwoot, &conversation, "Hello").await;
    eventually("it is tried", || async { stage.trying().await == 1 }).await;
    eventually("Chatwoot has the try", || async {
        chatwoot.sim().faults().rest.rate_limited == Rule::default()
    })
    .await;
    let step = Step {
        state: DeliveryState::Failed,
        reason: Some("too much was written since"),
        attempts: None,
        most_attempts: None,
        next_in: None,
    };
    let mut other = stage.world.store.worker().await.unwrap();
    assert!(outbox::settle(&mut other, reply.0.into()).await.unwrap());
    assert!(messages::advance(&mut other, reply.0.into(), step).await.unwrap());
    store::commit(other).await.unwrap();
    chatwoot.goes_on();
    stage.is_idle().await;
    let row = stage.row(reply).await;
    assert_eq!((row.state.as_str(), row.reason.as_deref()), ("failed", step.reason));
    assert!(chatwoot.texts(&conversation).is_empty());
}

/// Another worker has given it up for its own reasons, and left open how its last try ended.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reply_that_somebody_else_has_settled_is_not_said_to_be_unknown() {
    let stage = Stage::empty().await;
    let chatwoot = stage.chatwoot("acme").await;
    let conversation = stage.conversation(&chatwoot).await;
    let reply = stage.write(&chatwoot, &conversation, "Hello").await;
    stage.try_of_a_dead_worker(&conversation).await;
    let mut other = stage.world.store.worker().await.unwrap();
    sqlx::query("select from outbound_attempts where operation_id = $1 for update")
        .bind(reply.0)
        .execute(&mut *other)
        .await
        .unwrap();
    stage.worker(&config()).await;
    is_waited_for(&stage, &mut other).await;
    let step = Step {
        state: DeliveryState::Failed,
        reason: Some("it cannot be read"),
        attempts: None,
        most_attempts: None,
        next_in: None,
    };
    assert!(outbox::settle(&mut other, reply.0.into()).await.unwrap());
    assert!(messages::advance(&mut other, reply.0.into(), step).await.unwrap());
    store::commit(other).await.unwrap();
    stage.is_idle().await;
    let row = stage.row(reply).await;
    assert_eq!((row.state.as_str(), row.reason.as_deref()), ("failed", step.reason));
    assert_eq!(stage.attempts(reply.0).await, [Some("unknown".to_owned())]);
}
