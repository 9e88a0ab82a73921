//! Programs and servers that end at the wrong moment.

use std::time::Duration;

use chatwoot_sim::{ADMIN_TOKEN, Rule, Scope};
use domain::DeliveryState;
use outbound_worker::Config;
use serde_json::json;
use store::accounts::Account;
use testkit::{Program, eventually, eventually_some, sqlx};

use crate::stage::{Chatwoot, Stage, config, config_impatient};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p4_a_worker_killed_after_chatwoot_stored_the_reply_leads_to_one_copy() {
    let stage = Stage::empty().await;
    let chatwoot = stage.chatwoot("acme").await;
    let conversation = stage.conversation(&chatwoot).await;
    let doomed = stage.worker_without_answer(&chatwoot).await;
    let first = stage.write(&chatwoot, &conversation, "one").await;
    let second = stage.write(&chatwoot, &conversation, "two").await;
    stage.kill_without_answer(doomed, &chatwoot, &conversation).await;
    assert_eq!(stage.row(first).await.state, "sending");
    stage.worker(&config()).await;
    // The wake-ups that the dead worker held come again in half a minute; a new one comes at once.
    let third = stage.write(&chatwoot, &conversation, "three").await;
    for reply in [third, second, first] {
        stage.reaches(reply, "sent").await;
    }
    assert_eq!(chatwoot.texts(&conversation), ["one", "two", "three"]);
    stage.all_settled().await;
}

/// Nobody can look for it yet; whoever waits for it knows why, and may ask for it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p4_a_reply_whose_worker_was_killed_is_unknown_until_chatwoot_is_back_and_sent_once() {
    let stage = Stage::empty().await;
    let chatwoot = stage.chatwoot("acme").await;
    let conversation = stage.conversation(&chatwoot).await;
    let reply = stage.reply_of_a_killed_worker(&chatwoot, &conversation, "Hello").await;
    assert_eq!(stage.row(reply).await.state, "sending");
    chatwoot.fails(|rest| rest.unavailable = Rule::ALWAYS);
    stage.worker(&config()).await;
    let reason = stage.reaches(reply, "unknown").await.reason.unwrap();
    assert!(reason.contains("ended before Chatwoot confirmed it"), "{reason}");
    stage.retry(&chatwoot, &conversation, reply).await;
    let told = eventually_some("it is told", async || {
        let told = stage.announced(&chatwoot.account.tenant).await;
        told.into_iter()
            .find(|told| told.activity.data.get("state") == Some(DeliveryState::Unknown))
    })
    .await;
    assert_eq!(told.activity.data.get("reason"), Some(reason));
    chatwoot.goes_on();
    stage.reaches(reply, "sent").await;
    stage.all_settled().await;
    assert_eq!(chatwoot.texts(&conversation), ["Hello"]);
    assert_eq!(stage.attempts(reply.0).await, [Some("done".to_owned())]);
}

/// Chatwoot's database has failed over to a copy that lacked its last moments.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p4_a_reply_is_found_under_a_number_that_chatwoot_had_given_before() {
    let stage = Stage::empty().await;
    let chatwoot = stage.chatwoot("acme").await;
    let conversation = stage.conversation(&chatwoot).await;
    stage.customer_writes(&chatwoot, &conversation, "Where is it?").await;
    let lost = stage.customer_writes(&chatwoot, &conversation, "Hello?").await;
    let mut transaction = stage.world.store.worker().await.unwrap();
    let known_here = "update messages set chatwoot_id = chatwoot_id + 1000 where chatwoot_id = $1";
    sqlx::query(known_here).bind(lost).execute(&mut *transaction).await.unwrap();
    store::commit(transaction).await.unwrap();
    let reply = stage.reply_of_a_killed_worker(&chatwoot, &conversation, "Hello").await;
    stage.worker(&config()).await;
    stage.reaches(reply, "sent").await;
    assert_eq!(chatwoot.texts(&conversation), ["Hello"]);
    assert_eq!(stage.attempts(reply.0).await, [Some("done".to_owned())]);
    stage.all_settled().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p5_what_was_asked_while_nats_was_away_is_done_when_it_is_back() {
    let stage = Stage::start().await;
    let chatwoot = stage.chatwoot("acme").await;
    let conversation = stage.conversation(&chatwoot).await;
    stage.world.nats.stop().await.unwrap();
    let reply = stage.write(&chatwoot, &conversation, "Hello").await;
    stage.world.nats.restart().await.unwrap();
    stage.reaches(reply, "sent").await;
    assert_eq!(chatwoot.texts(&conversation), ["Hello"]);
}

/// A wake-up that nobody got, or a stream that lost its end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p5_a_row_whose_wake_up_was_lost_is_published_again() {
    let stage = Stage::empty().await;
    let chatwoot = stage.chatwoot("acme").await;
    let conversation = stage.conversation(&chatwoot).await;
    let reply = stage.write(&chatwoot, &conversation, "Hello").await;
    let mut transaction = stage.world.store.worker().await.unwrap();
    let again = Duration::from_millis(300);
    store::outbox::published(&mut transaction, &[reply.0.into()], again).await.unwrap();
    store::commit(transaction).await.unwrap();
    stage.worker(&config()).await;
    stage.reaches(reply, "sent").await;
    assert_eq!(chatwoot.texts(&conversation), ["Hello"]);
}

/// Accounts of which each may take four places, together more than there are, for longer than the
/// test has patience.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p9_a_tenant_whose_many_chatwoots_do_not_answer_does_not_delay_another() {
    let stage = Stage::empty().await;
    let latency = chatwoot_sim::Millis::between(180_000, 180_000);
    for _ in 0..6 {
        let slow = stage.chatwoot("acme").await;
        slow.fails(|rest| rest.latency_ms = latency);
        for _ in 0..8 {
            let conversation = stage.conversation(&slow).await;
            stage.write(&slow, &conversation, "Hello").await;
        }
    }
    let patient = Config { chatwoot_timeout_seconds: 120, ..config() };
    let worker = stage.worker(&patient).await;
    let places = i64::from(patient.outbound_tenant_concurrency);
    eventually("they take all they may", || async { stage.trying().await >= places }).await;
    let quick = stage.chatwoot("zeta").await;
    let conversation = stage.conversation(&quick).await;
    let reply = stage.write(&quick, &conversation, "Hello").await;
    stage.reaches(reply, "sent").await;
    assert_eq!((stage.trying().await, stage.waiting().await), (places, 48));
    worker.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p9_an_account_that_does_not_answer_does_not_delay_another() {
    let stage = Stage::empty().await;
    stage.worker(&config_impatient()).await;
    let slow = stage.chatwoot("acme").await;
    let latency = chatwoot_sim::Millis::between(60_000, 60_000);
    slow.fails(|rest| rest.latency_ms = latency);
    for _ in 0..20 {
        let conversation = stage.conversation(&slow).await;
        stage.write(&slow, &conversation, "Hello").await;
    }
    let quick = stage.chatwoot("zeta").await;
    let conversation = stage.conversation(&quick).await;
    let reply = stage.write(&quick, &conversation, "Hello").await;
    stage.reaches(reply, "sent").await;
    assert!(stage.waiting().await >= 20, "the slow ones are not given up");
}

/// P10. What it is asked to come later with waits as long as it takes, and whoever waits sees why and until when.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p10_a_chatwoot_that_takes_nothing_for_long_uses_up_no_tries() {
    let stage = Stage::empty().await;
    stage.worker(&Config { outbound_attempts: 1, ..config() }).await;
    let chatwoot = stage.chatwoot("acme").await;
    let conversation = stage.conversation(&chatwoot).await;
    let is_busy = || {
        chatwoot.fails(|rest| {
            rest.scope = Scope::Writes;
            rest.rate_limited = Rule::next(4);
        });
    };
    is_busy();
    let labels = json!({ "labels": ["late"] });
    let change = stage.ask(&chatwoot, &conversation, "set_labels", &labels).await;
    stage.all_settled().await;
    let there = chatwoot.sim().conversation(1, conversation.number).unwrap();
    assert_eq!(there["labels"], json!(["late"]));
    is_busy();
    let reply = stage.write(&chatwoot, &conversation, "Hello").await;
    stage.reaches(reply, "sent").await;
    stage.all_settled().await;
    assert_eq!(chatwoot.texts(&conversation), ["Hello"]);
    let ends = ["retry", "retry", "retry", "retry", "done"].map(|end| Some(end.to_owned()));
    for operation in [change.0, reply.0] {
        assert_eq!(stage.attempts(operation).await, ends);
    }
    let told = stage.announced(&chatwoot.account.tenant).await;
    let told = told.into_iter().filter_map(|told| told.subject.message);
    let waits: Vec<_> = told.filter(|one| one.state == Some(DeliveryState::Retrying)).collect();
    assert!(!waits.is_empty());
    for message in waits {
        assert_eq!(message.state_reason.as_deref(), Some("Chatwoot asks us to slow down"));
        assert!(message.next_attempt_at.is_some());
        assert_eq!(message.max_attempts, None, "nobody knows how many there will be");
    }
}

/// P10. A firewall before Chatwoot that turns everything away, be it for an hour: what waits does not fail, and goes
/// once and in order when it is let in.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p10_what_somebody_before_chatwoot_turns_away_waits_and_goes_when_it_is_let_in() {
    let stage = Stage::empty().await;
    let chatwoot = stage.chatwoot("acme").await;
    let conversation = stage.conversation(&chatwoot).await;
    chatwoot.fails(|rest| rest.turned_away = Rule::ALWAYS);
    stage.worker(&config()).await;
    let first = stage.write(&chatwoot, &conversation, "one").await;
    let second = stage.write(&chatwoot, &conversation, "two").await;
    let elsewhere = stage.conversation(&chatwoot).await;
    let labels = json!({ "labels": ["late"] });
    let change = stage.ask(&chatwoot, &elsewhere, "set_labels", &labels).await;
    let reason = stage.reaches(first, "unknown").await.reason.unwrap();
    assert!(
        reason.contains("something other than Chatwoot answered at its address (403)"),
        "{reason}"
    );
    eventually("the change was tried twice", async || {
        stage.attempts(change.0).await.iter().flatten().count() >= 2
    })
    .await;
    chatwoot.goes_on();
    stage.reaches(first, "sent").await;
    stage.reaches(second, "sent").await;
    stage.all_settled().await;
    assert_eq!(chatwoot.texts(&conversation), ["one", "two"]);
    let there = chatwoot.sim().conversation(1, elsewhere.number).unwrap();
    assert_eq!(there["labels"], json!(["late"]));
}

impl Stage {
    /// As `axis accounts rotate` does.
    async fn give_token(&self, chatwoot: &Chatwoot, token: &str) {
        let key = chatwoot.account.key;
        let token = testkit::secret_key().seal(Account::TOKEN_PURPOSE, &token.into()).unwrap();
        let mut transaction = self.world.store.worker().await.unwrap();
        store::accounts::set_token(&mut transaction, key, &token).await.unwrap();
        store::accounts::hasten(&mut transaction, key).await.unwrap();
        store::commit(transaction).await.unwrap();
    }
}

/// A user of Chatwoot has one token, so that the old one ends before the new one is known here.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p4_what_the_old_token_is_refused_waits_and_goes_in_order_with_the_new_one() {
    let stage = Stage::empty().await;
    let chatwoot = stage.chatwoot_with_token("acme", "the-old-token").await;
    let conversation = stage.conversation(&chatwoot).await;
    // Nothing is tried again in time but for the rotation.
    stage.worker(&Config { outbound_retry_first_ms: 600_000, ..config() }).await;
    let first = stage.write(&chatwoot, &conversation, "one").await;
    let row = stage.reaches(first, "retrying").await;
    assert!(row.reason.unwrap().contains("must set a new one"));
    let second = stage.write(&chatwoot, &conversation, "two").await;
    let status = json!({ "status": "resolved", "snoozedUntil": null });
    stage.ask(&chatwoot, &conversation, "set_status", &status).await;
    stage.give_token(&chatwoot, ADMIN_TOKEN).await;
    stage.reaches(first, "sent").await;
    stage.reaches(second, "sent").await;
    stage.all_settled().await;
    assert_eq!(chatwoot.texts(&conversation), ["one", "two"]);
    assert_eq!(chatwoot.sim().conversation(1, conversation.number).unwrap()["status"], "resolved");
}

/// Nobody may look for it either.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p4_a_reply_of_unknown_outcome_is_looked_for_with_the_new_token_and_sent_once() {
    let stage = Stage::empty().await;
    let chatwoot = stage.chatwoot("acme").await;
    let conversation = stage.conversation(&chatwoot).await;
    let reply = stage.reply_of_a_killed_worker(&chatwoot, &conversation, "Hello").await;
    stage.give_token(&chatwoot, "no-longer-valid").await;
    stage.worker(&config()).await;
    eventually("people are told why it waits", async || {
        let reason = stage.row(reply).await.reason;
        reason.is_some_and(|reason| reason.contains("must set a new one"))
    })
    .await;
    assert_eq!(stage.row(reply).await.state, "unknown");
    stage.give_token(&chatwoot, ADMIN_TOKEN).await;
    stage.reaches(reply, "sent").await;
    stage.all_settled().await;
    assert_eq!(chatwoot.texts(&conversation), ["Hello"]);
    assert_eq!(stage.attempts(reply.0).await, [Some("done".to_owned())]);
}

/// Looks lie as far apart as the try is ago, but not from a rotation.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p4_it_is_looked_for_with_the_new_token_at_once_however_long_ago_it_was_tried() {
    let stage = Stage::empty().await;
    let chatwoot = stage.chatwoot("acme").await;
    let conversation = stage.conversation(&chatwoot).await;
    let reply = stage.reply_of_a_killed_worker(&chatwoot, &conversation, "Hello").await;
    stage.give_token(&chatwoot, "no-longer-valid").await;
    stage.worker(&Config { outbound_retry_longest_seconds: 3_600, ..config() }).await;
    eventually("the old token is refused", async || {
        let reason = stage.row(reply).await.reason;
        reason.is_some_and(|reason| reason.contains("must set a new one"))
    })
    .await;
    let mut transaction = stage.world.store.worker().await.unwrap();
    let aged = "update outbound_attempts set finished_at = now() - interval '5 hours'";
    sqlx::query(aged).execute(&mut *transaction).await.unwrap();
    store::commit(transaction).await.unwrap();
    stage.give_token(&chatwoot, ADMIN_TOKEN).await;
    stage.reaches(reply, "sent").await;
    assert_eq!(chatwoot.texts(&conversation), ["Hello"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_says_of_itself_that_an_account_is_not_let_in() {
    let stage = Stage::empty().await;
    let chatwoot = stage.chatwoot_with_token("acme", "the-old-token").await;
    let conversation = stage.conversation(&chatwoot).await;
    let settings = stage.environment();
    let settings: Vec<_> = settings.iter().map(|(n, v)| (*n, v.as_str())).collect();
    let worker = Program::start("outbound-worker", &settings).await;
    let wrong = async || {
        let health = testkit::http().get(format!("{}/health", worker.url())).send().await.unwrap();
        health.text().await.unwrap().contains("does not accept some accounts' tokens")
    };
    let reply = stage.write(&chatwoot, &conversation, "Hello").await;
    stage.reaches(reply, "retrying").await;
    eventually("it says so", || async { wrong().await }).await;
    stage.give_token(&chatwoot, ADMIN_TOKEN).await;
    stage.reaches(reply, "sent").await;
    eventually("it says so no more", || async { !wrong().await }).await;
}
