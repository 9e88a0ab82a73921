//! Delivery: headers, signature, one try, parallel, any order.

use std::time::Duration;

use chatwoot_sim::{DeliveryOptions, Outcome};
use sha2::{Digest as _, Sha256};

use crate::harness::{Got, World, options};

/// HMAC by its definition, from nothing but the hash.
fn hmac(key: &[u8], message: &[u8]) -> String {
    let mut block = [0_u8; 64];
    block[..key.len()].copy_from_slice(key);
    let inner =
        Sha256::new().chain_update(block.map(|byte| byte ^ 0x36)).chain_update(message).finalize();
    let outer = Sha256::new().chain_update(block.map(|byte| byte ^ 0x5c)).chain_update(inner);
    hex::encode(outer.finalize())
}

pub fn signature_of(secret: &str, got: &Got) -> String {
    let mut signed = got.header("x-chatwoot-timestamp").as_bytes().to_vec();
    signed.push(b'.');
    signed.extend_from_slice(&got.body);
    format!("sha256={}", hmac(secret.as_bytes(), &signed))
}

#[tokio::test]
async fn a_delivery_is_signed_over_timestamp_and_body() {
    let world = World::new().await;
    let secret = world.subscribe(&["message_created"]);
    assert_eq!(secret.len(), 24);
    world.sim.start_conversation(1, "a <b> & c\u{2028}d é").unwrap();
    world.sim.settled().await;
    let got = &world.receiver.got()[0];
    assert_eq!(got.header("x-chatwoot-signature"), signature_of(&secret, got));
    assert_eq!(got.header("content-type"), "application/json");
    assert_eq!(got.header("accept"), "application/json");
    assert_eq!(got.header("user-agent"), "Ruby");
    assert_eq!(got.header("x-chatwoot-delivery").len(), 36);
    let text = std::str::from_utf8(&got.body).unwrap();
    assert!(text.contains("a \\u003cb\\u003e \\u0026 c\\u2028d é"), "{text}");
    assert_eq!(got.json()["content"], "a <b> & c\u{2028}d é");
}

#[tokio::test]
async fn before_there_were_secrets_there_was_no_delivery_id_and_an_empty_one_signs_nothing() {
    let world = World::new().await;
    let hook = world.sim.register_webhook(1, &world.receiver.at("hook"), &[]).unwrap();
    for (secret, has_id) in [(None, false), (Some(""), true)] {
        world.sim.set_webhook_secret(1, hook.id, secret).unwrap();
        world.receiver.forget();
        world.sim.start_conversation(1, "hello").unwrap();
        world.sim.settled().await;
        let got = &world.receiver.got()[0];
        assert!(!got.headers.contains_key("x-chatwoot-signature"));
        assert!(!got.headers.contains_key("x-chatwoot-timestamp"));
        assert_eq!(got.headers.contains_key("x-chatwoot-delivery"), has_id);
    }
}

#[tokio::test]
async fn a_refused_delivery_is_never_tried_again() {
    let world = World::new().await;
    world.sim.register_webhook(1, &world.receiver.at("fail"), &["message_created"]).unwrap();
    world.sim.start_conversation(1, "hello").unwrap();
    world.sim.settled().await;
    assert_eq!(world.receiver.got().len(), 1);
    let outcomes: Vec<_> = world.sim.deliveries().into_iter().map(|row| row.outcome).collect();
    assert_eq!(outcomes, [Outcome::Answered { status: 500 }]);
}

#[tokio::test]
async fn a_silent_receiver_loses_the_event() {
    let mut options = options();
    // Connecting and sending are part of it.
    options.delivery.timeout = Duration::from_secs(10);
    let world = World::with(options).await;
    world.sim.register_webhook(1, &world.receiver.at("silent"), &["message_created"]).unwrap();
    world.sim.start_conversation(1, "hello").unwrap();
    world.sim.settled().await;
    assert_eq!(world.receiver.got().len(), 1);
    assert!(matches!(world.sim.deliveries()[0].outcome, Outcome::Failed { .. }));
}

#[tokio::test]
async fn deliveries_run_in_parallel() {
    let delivery = DeliveryOptions { workers: 4, ..options().delivery };
    let world = World::with(chatwoot_sim::Options { delivery, ..options() }).await;
    world.sim.register_webhook(1, &world.receiver.at("together"), &["message_created"]).unwrap();
    let (conversation, _) = world.sim.start_conversation(1, "one").unwrap();
    for text in ["two", "three", "four"] {
        world.sim.customer_writes(1, conversation, text).unwrap();
    }
    world.sim.settled().await;
    // The receiver answers nobody before all four are there.
    let answered = |row: &chatwoot_sim::Delivery| row.outcome == Outcome::Answered { status: 200 };
    assert_eq!(world.sim.deliveries().iter().filter(|row| answered(row)).count(), 4);
}

#[tokio::test]
async fn each_webhook_gets_its_own_delivery_of_the_same_body() {
    let world = World::new().await;
    world.subscribe(&["message_created"]);
    world.sim.register_webhook(1, &world.receiver.at("other"), &["message_created"]).unwrap();
    world.sim.start_conversation(1, "hello").unwrap();
    world.sim.settled().await;
    let got = world.receiver.got();
    assert_eq!(got.len(), 2);
    assert_eq!(got[0].body, got[1].body);
    assert_ne!(got[0].header("x-chatwoot-delivery"), got[1].header("x-chatwoot-delivery"));
    assert_ne!(got[0].header("x-chatwoot-signature"), got[1].header("x-chatwoot-signature"));
}

#[tokio::test]
async fn redirects_repeat_method_headers_and_body() {
    let world = World::new().await;
    world.sim.register_webhook(1, &world.receiver.at("moved"), &["message_created"]).unwrap();
    world.sim.start_conversation(1, "hello").unwrap();
    world.sim.settled().await;
    let got = world.receiver.got();
    assert_eq!(got.iter().map(|g| g.path.as_str()).collect::<Vec<_>>(), ["moved", "hook"]);
    assert_eq!(got[0].body, got[1].body);
    assert_eq!(got[0].header("x-chatwoot-signature"), got[1].header("x-chatwoot-signature"));
    assert_eq!(world.sim.deliveries()[0].outcome, Outcome::Answered { status: 200 });
}

#[tokio::test]
async fn only_what_is_subscribed_to_arrives() {
    let world = World::new().await;
    world.subscribe(&["conversation_created"]);
    world.sim.start_conversation(1, "hello").unwrap();
    world.sim.settled().await;
    assert_eq!(world.receiver.events(), ["conversation_created"]);
}

#[tokio::test]
async fn another_accounts_webhook_hears_nothing() {
    let world = World::new().await;
    let other = world.sim.create_account(None, "Other").unwrap();
    world.sim.register_webhook(other, &world.receiver.at("other"), &[]).unwrap();
    world.subscribe(&["message_created"]);
    world.sim.start_conversation(1, "hello").unwrap();
    world.sim.settled().await;
    assert!(world.receiver.got().iter().all(|got| got.path == "hook"));
}
