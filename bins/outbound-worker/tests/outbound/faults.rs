//! P4: a customer never gets a reply twice, and replies of one conversation leave in the order in
//! which they were written, whatever Chatwoot answers.

use std::time::Duration;

use chatwoot_sim::{ADMIN_TOKEN, Millis, Rule};
use futures_util::future::join_all;
use outbound_worker::Config;
use serde_json::json;

use crate::stage::{Fault, Stage, config, config_impatient};

const ONCE: Rule = Rule::next(1);

/// A name, what goes wrong with the first of the replies, and how its first try must end.
type Case = (&'static str, Fault, &'static str);

fn answered() -> Vec<Case> {
    vec![
        ("stored-then-422", |rest| rest.stored_then_422 = ONCE, "done"),
        ("stored-then-5xx", |rest| rest.stored_then_5xx = ONCE, "done"),
        ("stored-then-403", |rest| rest.stored_then_403 = ONCE, "done"),
        ("stored-then-cut", |rest| rest.stored_then_cut = ONCE, "done"),
        ("unavailable", |rest| rest.unavailable = ONCE, "absent"),
        ("turned-away", |rest| rest.turned_away = ONCE, "absent"),
        ("cut", |rest| rest.cut = ONCE, "absent"),
        ("rate-limited", |rest| rest.rate_limited = ONCE, "retry"),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p4_each_reply_arrives_once_and_in_order_whatever_is_answered() {
    each_reply_arrives_once_and_in_order(&config(), answered()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p4_each_reply_arrives_once_and_in_order_though_nothing_is_answered() {
    let kept: Case = ("stored-then-timeout", |rest| rest.stored_then_timeout = ONCE, "done");
    each_reply_arrives_once_and_in_order(&config_impatient(), vec![kept]).await;
}

async fn each_reply_arrives_once_and_in_order(config: &Config, cases: Vec<Case>) {
    let stage = Stage::empty().await;
    for _ in 0..2 {
        stage.worker(config).await;
    }
    let runs = cases.into_iter().map(async |(name, fault, first_outcome)| {
        let chatwoot = stage.chatwoot(name).await;
        chatwoot.fails_to_create(fault);
        let conversation = stage.conversation(&chatwoot).await;
        let texts = ["one", "two", "three"];
        let mut replies = Vec::new();
        for text in texts {
            replies.push(stage.write(&chatwoot, &conversation, text).await);
        }
        for reply in &replies {
            let row = stage.reaches(*reply, "sent").await;
            assert!(row.chatwoot_id.is_some(), "{name}: linked");
        }
        let expected: Vec<_> = texts
            .iter()
            .zip(&replies)
            .map(|(text, id)| ((*text).to_owned(), Some(id.to_string())))
            .collect();
        assert_eq!(chatwoot.replies(&conversation), expected, "{name}");
        let outcomes = match first_outcome {
            "retry" => stage.attempts(replies[0].0).await,
            _ => stage.attempts_made(replies[0]).await,
        };
        assert_eq!(outcomes[0].as_deref(), Some(first_outcome), "{name}: {outcomes:?}");
        assert_eq!(outcomes.last().unwrap().as_deref(), Some("done"), "{name}");
    });
    join_all(runs).await;
    stage.all_settled().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p4_holds_when_everything_goes_wrong_at_random() {
    let stage = Stage::start().await;
    stage.worker(&config()).await;
    let chatwoot = stage.chatwoot("acme").await;
    let rarely = Rule::chance(0.06);
    chatwoot.fails_to_create(|rest| {
        rest.rate_limited = rarely;
        rest.unavailable = rarely;
        rest.cut = rarely;
        rest.stored_then_5xx = rarely;
        rest.stored_then_422 = rarely;
        rest.stored_then_cut = rarely;
    });
    let texts: Vec<String> = (0..4).map(|number| format!("reply {number}")).collect();
    let mut conversations = Vec::new();
    for _ in 0..8 {
        conversations.push(stage.conversation(&chatwoot).await);
    }
    for text in &texts {
        for conversation in &conversations {
            stage.write(&chatwoot, conversation, text).await;
        }
    }
    stage.all_settled().await;
    for conversation in &conversations {
        assert_eq!(chatwoot.texts(conversation), texts);
    }
}

/// Chatwoot goes on with a request whose caller has given up, so a reply that is not there yet may come
/// for as long as it can be working on it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p4_a_reply_that_chatwoot_stores_after_we_gave_up_is_waited_for() {
    let stage = Stage::empty().await;
    let patient = Config { absence_seconds: 20, ..config_impatient() };
    stage.worker(&patient).await;
    let chatwoot = stage.chatwoot("acme").await;
    chatwoot.fails_to_create(|rest| {
        rest.stored_late = Rule::next(1);
        // After two looks that did not find it, and long before absence may be believed.
        rest.stored_late_ms = Millis::between(11_000, 11_000);
    });
    let conversation = stage.conversation(&chatwoot).await;
    let reply = stage.write(&chatwoot, &conversation, "Patience").await;
    stage.reaches(reply, "sent").await;
    chatwoot.sim().settled().await;
    assert_eq!(chatwoot.texts(&conversation), ["Patience"]);
    assert_eq!(stage.attempts_made(reply).await, [Some("done".to_owned())]);
}

/// Deleting takes the marker away; sending again would be worse than not knowing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p4_a_reply_that_was_deleted_before_it_was_looked_for_is_not_sent_again() {
    let stage = Stage::empty().await;
    let chatwoot = stage.chatwoot("acme").await;
    let conversation = stage.conversation(&chatwoot).await;
    let (reply, stored) = stage.deleted_reply(&chatwoot, &conversation).await;
    stage.worker(&config()).await;
    let row = stage.reaches(reply, "sent").await;
    assert_eq!(row.chatwoot_id, Some(stored));
    assert_eq!(chatwoot.texts(&conversation).len(), 1);
}

/// Chatwoot lists by the clocks of its nodes, and the one that took the reply is ahead: by time, it comes after a
/// hundred that were written later.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p4_a_reply_that_a_fast_clock_moved_behind_a_hundred_others_is_found() {
    let stage = Stage::empty().await;
    let chatwoot = stage.chatwoot("acme").await;
    let conversation = stage.conversation(&chatwoot).await;
    let reply = stage.reply_of_a_killed_worker(&chatwoot, &conversation, "Hello").await;
    let messages = chatwoot.sim().messages(1, conversation.number).unwrap();
    let stored = messages.last().unwrap()["id"].as_i64().unwrap();
    let (sim, number) = (chatwoot.sim(), conversation.number);
    sim.date_ahead(1, number, stored, Duration::from_mins(1)).unwrap();
    for _ in 0..100 {
        sim.customer_writes(1, number, "Hello?").unwrap();
    }
    stage.worker(&config()).await;
    let row = stage.reaches(reply, "sent").await;
    assert_eq!(row.chatwoot_id, Some(stored));
    stage.all_settled().await;
    assert_eq!(chatwoot.texts(&conversation), ["Hello"]);
    assert_eq!(stage.attempts(reply.0).await, [Some("done".to_owned())]);
}

/// Two answers of Chatwoot have more bytes than are read of one: a hundred mails, and half of them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p4_a_reply_is_looked_for_among_what_is_too_large_to_be_read_at_once() {
    let stage = Stage::empty().await;
    let (mail, mut replies) = ("…".repeat(60_000), Vec::new());
    for stored in [true, false] {
        let chatwoot = stage.chatwoot(if stored { "acme" } else { "zeta" }).await;
        let conversation = stage.conversation(&chatwoot).await;
        let reply = if stored {
            stage.reply_of_a_killed_worker(&chatwoot, &conversation, "Hello").await
        } else {
            let reply = stage.write(&chatwoot, &conversation, "Hello").await;
            stage.try_of_a_dead_worker(&conversation).await;
            reply
        };
        for _ in 0..100 {
            stage.customer_writes(&chatwoot, &conversation, &mail).await;
        }
        replies.push((chatwoot, conversation, reply));
    }
    stage.worker(&config()).await;
    for (chatwoot, conversation, reply) in &replies {
        stage.reaches(*reply, "sent").await;
        assert_eq!(chatwoot.texts(conversation), ["Hello"]);
    }
    let tries = [vec!["done"], vec!["absent", "done"]];
    for ((.., reply), ends) in replies.iter().zip(tries) {
        let ends: Vec<_> = ends.into_iter().map(|end| Some(end.to_owned())).collect();
        assert_eq!(stage.attempts(reply.0).await, ends);
    }
}

/// P4: two were stored where one was asked for. Nobody but a person can put that right.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p4_of_two_copies_the_older_counts_and_none_is_deleted() {
    let stage = Stage::empty().await;
    let chatwoot = stage.chatwoot("acme").await;
    let conversation = stage.conversation(&chatwoot).await;
    let reply = stage.reply_of_a_killed_worker(&chatwoot, &conversation, "Hello").await;
    let path = format!("{}/api/v1/accounts/1/conversations/{}", chatwoot.url, conversation.number);
    let copy = json!({ "content": "Hello", "content_attributes": { "axis": { "op": reply } } });
    let request = testkit::http().post(format!("{path}/messages")).json(&copy);
    let answer = request.header("api_access_token", ADMIN_TOKEN).send().await.unwrap();
    assert!(answer.status().is_success());
    stage.worker(&config()).await;
    let row = stage.reaches(reply, "sent").await;
    assert_eq!(chatwoot.texts(&conversation), ["Hello", "Hello"]);
    let messages = chatwoot.sim().messages(1, conversation.number).unwrap();
    let older = messages.iter().find(|message| message["message_type"] == 1).unwrap();
    assert_eq!(row.chatwoot_id, older["id"].as_i64());
    stage.all_settled().await;
}

/// What Chatwoot's validation turns down again, in the same words, does not hold up the others.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reply_that_is_turned_down_twice_in_the_same_words_fails() {
    let stage = Stage::start().await;
    let chatwoot = stage.chatwoot("acme").await;
    let conversation = stage.conversation(&chatwoot).await;
    let long = stage.write(&chatwoot, &conversation, &"x".repeat(150_001)).await;
    let next = stage.write(&chatwoot, &conversation, "Hello").await;
    let row = stage.reaches(long, "failed").await;
    assert!(row.reason.unwrap().contains("too long"));
    let outcomes = stage.attempts(long.0).await;
    // Should a person have it sent again, the second try is looked up first.
    assert_eq!(outcomes, [Some("absent".to_owned()), Some("unknown".to_owned())]);
    stage.reaches(next, "sent").await;
    assert_eq!(chatwoot.texts(&conversation), ["Hello"]);
}
