//! Each fault does what it says.

use std::collections::BTreeSet;
use std::time::Duration;

use chatwoot_sim::{BadProbability, Faults, Millis, Outcome, Rule, Scope, Shuffle};
use serde_json::{Value, json};

use crate::harness::{Got, World, options, waits};
use crate::webhooks::signature_of;

async fn conversation(world: &World) -> (i64, String) {
    let (conversation, _) = world.sim.start_conversation(1, "Hello").unwrap();
    world.sim.settled().await;
    world.subscribe(&["message_created"]);
    (conversation, format!("/conversations/{conversation}/messages"))
}

fn ids(world: &World) -> Vec<String> {
    let got = world.receiver.got();
    got.iter().map(|got| got.header("x-chatwoot-delivery").to_owned()).collect()
}

#[tokio::test]
async fn dropped() {
    let world = World::new().await;
    let (id, _) = conversation(&world).await;
    world.set(|faults| faults.webhooks.drop = Rule::next(1));
    world.sim.customer_writes(1, id, "lost").unwrap();
    world.sim.settled().await;
    world.sim.customer_writes(1, id, "kept").unwrap();
    world.sim.settled().await;
    assert_eq!(world.receiver.only("message_created")["content"], "kept");
    assert_eq!(world.sim.deliveries()[0].outcome, Outcome::Dropped);
}

#[tokio::test]
async fn only_the_named_events_are_struck() {
    let world = World::new().await;
    world.subscribe(&["message_created", "conversation_created"]);
    world.set(|faults| {
        faults.webhooks.drop = Rule::ALWAYS;
        faults.webhooks.events = vec!["message_created".to_owned()];
    });
    world.sim.start_conversation(1, "Hello").unwrap();
    world.sim.settled().await;
    assert_eq!(world.receiver.events(), ["conversation_created"]);
}

#[tokio::test]
async fn duplicated_under_the_same_id_and_redispatched_under_another() {
    let world = World::new().await;
    let (id, _) = conversation(&world).await;
    world.set(|faults| faults.webhooks.duplicate = Rule::next(1));
    world.sim.customer_writes(1, id, "twice").unwrap();
    world.sim.settled().await;
    let seen = ids(&world);
    assert_eq!(seen.len(), 2);
    assert_eq!(seen[0], seen[1]);

    world.receiver.forget();
    world.set(|faults| faults.webhooks.redispatch = Rule::next(1));
    world.sim.customer_writes(1, id, "again").unwrap();
    world.sim.settled().await;
    let seen = ids(&world);
    assert_eq!(seen.len(), 2);
    assert_ne!(seen[0], seen[1]);
    assert_eq!(world.receiver.got()[0].body, world.receiver.got()[1].body);
}

#[tokio::test]
async fn a_second_dispatch_tells_what_there_is_by_then() {
    let world = World::new().await;
    let (id, _) = conversation(&world).await;
    for number in 0.. {
        assert!(number < 20, "the second one tells the same each time");
        world.receiver.forget();
        world.set(|faults| faults.webhooks.redispatch = Rule::next(1));
        world.sim.customer_writes(1, id, "again").unwrap();
        while world.receiver.got().is_empty() {
            tokio::task::yield_now().await;
        }
        world.sim.agent_sets_priority(1, id, Some(["low", "high"][number % 2])).unwrap();
        world.sim.settled().await;
        let got = world.receiver.bodies();
        assert_eq!(got.len(), 2);
        if got[0]["conversation"]["priority"] != got[1]["conversation"]["priority"] {
            break;
        }
    }
}

#[tokio::test]
async fn shuffled_but_complete() {
    let mut options = options();
    options.delivery.workers = 1;
    let world = World::with(options).await;
    let (id, _) = conversation(&world).await;
    // The time limit lets the odd ones out at the end go, too.
    world.set(|faults| faults.webhooks.shuffle = Shuffle { window: 20, hold_ms: 1_000 });
    let sent: Vec<i64> = (0..20)
        .map(|number| world.sim.customer_writes(1, id, &number.to_string()).unwrap())
        .collect();
    world.sim.settled().await;
    let bodies = world.receiver.bodies();
    let got: Vec<i64> = bodies.iter().map(|body| body["id"].as_i64().unwrap()).collect();
    assert_ne!(got, sent);
    assert_eq!(got.iter().collect::<BTreeSet<_>>(), sent.iter().collect());
    assert_eq!(got.len(), sent.len());
}

#[tokio::test]
async fn an_incomplete_shuffle_goes_out_in_time() {
    let world = World::new().await;
    let (id, _) = conversation(&world).await;
    world.set(|faults| faults.webhooks.shuffle = Shuffle { window: 20, hold_ms: 1 });
    world.sim.customer_writes(1, id, "alone").unwrap();
    world.sim.settled().await;
    assert_eq!(world.receiver.events(), ["message_created"]);
}

#[tokio::test]
async fn stalled_and_let_go() {
    let world = World::new().await;
    let (id, _) = conversation(&world).await;
    world.set(|faults| faults.webhooks.stall = true);
    for text in ["1", "2", "3"] {
        world.sim.customer_writes(1, id, text).unwrap();
    }
    assert!(waits(world.sim.settled()).await);
    assert!(world.receiver.got().is_empty());
    world.set(|_| {});
    world.sim.settled().await;
    assert_eq!(world.receiver.got().len(), 3);
}

#[tokio::test]
async fn changes_lost() {
    let world = World::new().await;
    let (id, _) = world.sim.start_conversation(1, "Hello").unwrap();
    world.sim.settled().await;
    world.subscribe(&["conversation_status_changed"]);
    world.set(|faults| {
        faults.webhooks.null_changes = Rule::next(1);
        faults.webhooks.delay_ms = Millis::between(1, 2);
    });
    world.sim.agent_sets_status(1, id, "resolved").unwrap();
    world.sim.settled().await;
    let body = world.receiver.only("conversation_status_changed");
    assert_eq!(body.get("changed_attributes"), Some(&Value::Null));
}

#[tokio::test]
async fn signed_with_another_key() {
    let world = World::new().await;
    let secret = world.subscribe(&["message_created"]);
    world.set(|faults| faults.webhooks.bad_signature = Rule::next(1));
    let (id, _) = world.sim.start_conversation(1, "forged").unwrap();
    world.sim.settled().await;
    world.sim.customer_writes(1, id, "genuine").unwrap();
    world.sim.settled().await;
    let got = world.receiver.got();
    let genuine = |got: &Got| got.header("x-chatwoot-signature") == signature_of(&secret, got);
    assert_eq!(got.iter().map(genuine).collect::<Vec<_>>(), [false, true]);
}

#[tokio::test]
async fn requests_stalled_and_let_go() {
    let world = World::new().await;
    let (id, path) = conversation(&world).await;
    let before = world.sim.messages(1, id).unwrap().len();
    let client = world.admin();
    world.set(|faults| {
        faults.rest.stall = true;
        faults.rest.scope = Scope::MessageCreate;
    });
    let mut posted = std::pin::pin!(client.post(&path, json!({ "content": "held" })));
    assert!(waits(async { drop(posted.as_mut().await) }).await);
    assert_eq!(client.get(&path).await.0, 200, "others are not held");
    assert_eq!(world.sim.messages(1, id).unwrap().len(), before);
    world.set(|_| {});
    assert_eq!(posted.await.0, 200);
    assert_eq!(world.sim.messages(1, id).unwrap().len(), before + 1);
}

#[tokio::test]
async fn refused_before_anything_is_stored() {
    let world = World::new().await;
    let (id, path) = conversation(&world).await;
    let before = world.sim.messages(1, id).unwrap().len();
    let client = world.admin();
    world.set(|faults| faults.rest.rate_limited = Rule::next(1));
    let sent = client.request("POST", &path).json(&json!({ "content": "x" })).send().await;
    let sent = sent.unwrap();
    assert_eq!(sent.status().as_u16(), 429);
    assert!(!sent.headers().contains_key("retry-after"));
    assert_eq!(sent.text().await.unwrap().trim(), "Retry later");

    world.set(|faults| faults.rest.unavailable = Rule::next(1));
    assert_eq!(client.post(&path, json!({ "content": "x" })).await.0, 503);
    world.set(|faults| faults.rest.turned_away = Rule::next(1));
    let sent = client.request("POST", &path).json(&json!({ "content": "x" })).send().await;
    assert_eq!(sent.unwrap().status().as_u16(), 403);
    world.set(|faults| faults.rest.cut = Rule::next(1));
    let sent = client.request("POST", &path).json(&json!({ "content": "x" })).send().await;
    assert!(sent.is_err(), "no answer");
    assert_eq!(world.sim.messages(1, id).unwrap().len(), before);
    assert_eq!(world.sim.faults(), Faults::default(), "all used up");
}

#[tokio::test]
async fn stored_in_spite_of_the_answer() {
    let world = World::new().await;
    let (id, path) = conversation(&world).await;
    let client = world.admin();
    let before = world.sim.messages(1, id).unwrap().len();
    let send = async |text: &str| {
        client.request("POST", &path).json(&json!({ "content": text })).send().await
    };
    world.set(|faults| faults.rest.stored_then_5xx = Rule::next(1));
    assert_eq!(send("5xx").await.unwrap().status().as_u16(), 500);
    world.set(|faults| faults.rest.stored_then_422 = Rule::next(1));
    let answer = send("422").await.unwrap();
    assert_eq!(answer.status().as_u16(), 422);
    assert!(answer.json::<Value>().await.unwrap()["error"].is_string());
    world.set(|faults| faults.rest.stored_then_403 = Rule::next(1));
    let answer = send("403").await.unwrap();
    assert_eq!(answer.status().as_u16(), 403);
    assert!(answer.text().await.unwrap().starts_with("<h1>"));
    world.set(|faults| faults.rest.stored_then_cut = Rule::next(1));
    assert!(send("cut").await.is_err());
    world.set(|faults| {
        faults.rest.stored_then_timeout = Rule::next(1);
        faults.rest.timeout_ms = 30;
    });
    assert!(send("timeout").await.is_err());
    world.sim.settled().await;
    let stored = world.sim.messages(1, id).unwrap();
    let texts: Vec<_> = stored[before..].iter().map(|m| m["content"].as_str().unwrap()).collect();
    assert_eq!(texts, ["5xx", "422", "403", "cut", "timeout"]);
    assert_eq!(world.receiver.got().len(), 5, "the echoes come all the same");
}

/// As a server behind a queue of requests does, which does not hear that somebody has hung up.
#[tokio::test]
async fn stored_late_though_the_caller_has_given_up() {
    let world = World::new().await;
    let (id, path) = conversation(&world).await;
    let before = world.sim.messages(1, id).unwrap().len();
    world.set(|faults| {
        faults.rest.stored_late = Rule::next(1);
        faults.rest.stored_late_ms = Millis::between(15_000, 15_000);
    });
    let request = world.admin().request("POST", &path).json(&json!({ "content": "late" }));
    let given_up = request.timeout(Duration::from_secs(10)).send().await.unwrap_err();
    assert!(given_up.is_timeout());
    world.sim.settled().await;
    let stored = world.sim.messages(1, id).unwrap();
    assert_eq!(stored.len(), before + 1);
    assert_eq!(world.receiver.only("message_created")["content"], "late");
}

#[tokio::test]
async fn the_scope_spares_other_requests() {
    let world = World::new().await;
    let (id, path) = conversation(&world).await;
    let client = world.admin();
    world.set(|faults| {
        faults.rest.unavailable = Rule::next(1);
        faults.rest.scope = Scope::MessageCreate;
    });
    assert_eq!(client.get(&path).await.0, 200);
    let labels = json!({ "labels": [] });
    assert_eq!(client.post(&format!("/conversations/{id}/labels"), labels).await.0, 200);
    assert_eq!(client.post(&path, json!({ "content": "x" })).await.0, 503);
}

#[tokio::test]
async fn a_slow_echo_comes_after_the_answer() {
    let world = World::new().await;
    let (_, path) = conversation(&world).await;
    world.set(|faults| {
        faults.rest.slow_echo = Rule::next(1);
        faults.rest.slow_echo_ms = Millis::between(60_000, 60_000);
    });
    assert_eq!(world.admin().post(&path, json!({ "content": "slow" })).await.0, 200);
    assert!(waits(world.sim.settled()).await);
    assert!(world.receiver.got().is_empty());
    // Only the echo of that one write is slow.
    assert_eq!(world.admin().post(&path, json!({ "content": "prompt" })).await.0, 200);
    while world.receiver.got().is_empty() {
        tokio::task::yield_now().await;
    }
    assert_eq!(world.receiver.only("message_created")["content"], "prompt");
}

#[tokio::test]
async fn the_same_seed_repeats_the_same_run() {
    let mut runs = Vec::new();
    for _ in 0..2 {
        let world = World::new().await;
        let (id, _) = conversation(&world).await;
        world.set(|faults| faults.webhooks.drop = Rule::chance(0.5));
        for number in 0..30 {
            world.sim.customer_writes(1, id, &number.to_string()).unwrap();
            world.sim.settled().await;
        }
        let outcomes = world.sim.deliveries().into_iter().map(|row| row.outcome);
        runs.push(outcomes.collect::<Vec<_>>());
    }
    assert_eq!(runs[0], runs[1]);
    assert!(runs[0].contains(&Outcome::Dropped));
    assert!(runs[0].iter().any(|outcome| *outcome != Outcome::Dropped));
}

#[tokio::test]
async fn a_probability_beyond_one_is_refused() {
    let world = World::new().await;
    let mut faults = Faults::default();
    faults.rest.cut = Rule::chance(1.5);
    assert_eq!(world.sim.set_faults(faults), Err(BadProbability));
}
