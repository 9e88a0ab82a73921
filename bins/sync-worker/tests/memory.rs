//! How much memory a batch takes that is small in bytes and large otherwise (P9): whose bodies are little else than
//! values, or whose events are about something large. Alone in its process, whose memory it measures.

#![expect(clippy::unwrap_used, reason = "a test")]

use bus::{Delivery, Failure, Handler};
use chatwoot::webhook::MOST_VALUES;
use chrono::Utc;
use domain::EventId;
use events::{Inbound, TraceParent};
use serde_json::{Value, json};
use sync_worker::InboundHandler;
use testkit::{Account, World, sqlx};
use tokio::sync::Mutex;

const MIB: usize = 1024 * 1024;
const MESSAGES: i64 = 200;

/// Whoever measures has the process alone.
static ALONE: Mutex<()> = Mutex::const_new(());

fn delivery(account: &Account, event: &str, body: String, sequence: u64) -> Delivery {
    let inbound = Inbound {
        id: EventId::generate(),
        account: account.key,
        tenant: account.tenant.clone(),
        event: event.into(),
        received_at: Utc::now(),
        delivery: None,
        origin: "webhook".into(),
        trace: TraceParent::generate(),
    };
    let envelope = inbound.envelope(body.into_bytes());
    Delivery {
        subject: envelope.subject,
        headers: envelope.headers,
        payload: envelope.payload.into(),
        sequence,
        attempt: 1,
        published_at: Utc::now(),
    }
}

/// A contact with an attribute of so many objects, each a value and the object around it, in eight bytes.
fn dense(account: &Account, sequence: u64, objects: usize) -> Delivery {
    let list = vec![r#"{"":0}"#; objects].join(",");
    let body = format!(
        r#"{{"event":"contact_created","id":{sequence},"custom_attributes":{{"x":[{list}]}}}}"#
    );
    delivery(account, "contact_created", body, sequence)
}

fn example(event: &str) -> Value {
    let (_, body) = chatwoot::examples().iter().find(|(name, _)| *name == event).unwrap();
    serde_json::from_str(body).unwrap()
}

/// Some memory of this process, in bytes.
fn memory(name: &str) -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap().to_owned();
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1024
}

/// Forgets the most that was in use. Returns what is in use now.
fn begin() -> usize {
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
    memory("VmRSS:")
}

#[tokio::test]
async fn a_batch_of_dense_bodies_is_read_in_parts_and_what_is_too_dense_not_at_all() {
    let _alone = ALONE.lock().await;
    let world = World::start().await;
    let account = world.account("dense", 1).await;
    let handler = InboundHandler::new(world.store.clone(), world.bus.publisher());
    let most = MOST_VALUES / 2 - 5;
    let mut batch: Vec<_> = (1..60).map(|sequence| dense(&account, sequence, most)).collect();
    batch.insert(30, dense(&account, 60, 500_000));
    let before = begin();
    let outcomes = handler.handle(batch).await;
    let grown = memory("VmHWM:").saturating_sub(before);
    for (index, outcome) in outcomes.iter().enumerate() {
        match outcome {
            Ok(()) => assert_ne!(index, 30),
            Err(Failure::Reject { reason, error, .. }) => {
                let said = (*reason, error.to_string());
                assert_eq!(said, ("undecodable", "the body has more than 50000 values".to_owned()));
                assert_eq!(index, 30);
            }
            Err(error) => panic!("{index}: {error:?}"),
        }
    }
    assert_eq!(outcomes.len(), 60);
    assert!(grown < 256 * MIB, "{} MiB", grown / MIB);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_conversation_is_not_sent_with_each_of_its_messages() {
    let _alone = ALONE.lock().await;
    let world = World::start().await;
    let account = world.account("acme", 1).await;
    let handler = InboundHandler::new(world.store.clone(), world.bus.publisher());
    let mut place = example("conversation_created");
    place["custom_attributes"] = json!({ "note": "x".repeat(3 << 20) });
    // The messages' bodies were built before, and change nothing about it.
    place["updated_at"] = json!(1_791_274_600.5);
    let place_told = delivery(&account, "conversation_created", place.to_string(), 1);
    handler.handle(vec![place_told]).await.pop().unwrap().unwrap();

    let mut message = example("message_created");
    assert_eq!(message["conversation"]["id"], place["id"]);
    let batch = (0..MESSAGES).map(|number| {
        message["id"] = json!(1_000_000 + number);
        let sequence = 2 + number.unsigned_abs();
        delivery(&account, "message_created", message.to_string(), sequence)
    });
    let batch = batch.collect();
    let before = begin();
    for outcome in handler.handle(batch).await {
        outcome.unwrap();
    }
    let grown = memory("VmHWM:").saturating_sub(before);
    let mut connection = world.store.worker().await.unwrap();
    let large = "select octet_length(custom_attributes::text) from conversations";
    let large: i32 = sqlx::query_scalar(large).fetch_one(&mut *connection).await.unwrap();
    assert!(large > 3 << 20, "{large}");
    let told = world.bus.stream("ACTIVITY").await.unwrap();
    assert!(told.messages > MESSAGES.unsigned_abs(), "{told:?}");
    assert!(told.bytes < MIB as u64, "{told:?}");
    assert!(grown < 150 * MIB, "{} MiB", grown / MIB);
}
