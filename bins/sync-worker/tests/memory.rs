//! How much memory a batch takes whose bodies are little else than values (P9). Alone in its process, whose memory it
//! measures.

#![expect(clippy::unwrap_used, reason = "a test")]

use bus::{Delivery, Failure, Handler};
use chatwoot::webhook::MOST_VALUES;
use chrono::Utc;
use domain::EventId;
use events::{Inbound, TraceParent};
use sync_worker::InboundHandler;
use testkit::{Account, World};

const MIB: usize = 1024 * 1024;

/// A contact with an attribute of so many objects, each a value and the object around it, in eight bytes.
fn dense(account: &Account, sequence: u64, objects: usize) -> Delivery {
    let list = vec![r#"{"":0}"#; objects].join(",");
    let body = format!(
        r#"{{"event":"contact_created","id":{sequence},"custom_attributes":{{"x":[{list}]}}}}"#
    );
    let inbound = Inbound {
        id: EventId::generate(),
        account: account.key,
        tenant: account.tenant.clone(),
        event: "contact_created".into(),
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

/// Some memory of this process, in bytes.
fn memory(name: &str) -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap().to_owned();
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1024
}

#[tokio::test]
async fn a_batch_of_dense_bodies_is_read_in_parts_and_what_is_too_dense_not_at_all() {
    let world = World::start().await;
    let account = world.account("dense", 1).await;
    let handler = InboundHandler::new(world.store.clone(), world.bus.publisher());
    let most = MOST_VALUES / 2 - 5;
    let mut batch: Vec<_> = (1..60).map(|sequence| dense(&account, sequence, most)).collect();
    batch.insert(30, dense(&account, 60, 500_000));
    // Forgets the most that was in use.
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
    let before = memory("VmRSS:");
    let outcomes = handler.handle(batch).await;
    let grown = memory("VmHWM:").saturating_sub(before);
    for (index, outcome) in outcomes.iter().enumerate() {
        match outcome {
            Ok(()) => assert_ne!(index, 30),
            Err(Failure::Reject { reason, error }) => {
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
