//! A stream whose server once could not write to it.

use bus::{Bus, PublishError, streams};
use events::subject::{ACTIVITY, INBOUND, OUTBOUND};

use crate::support::{Server, envelope, eventually, within};

const SUBJECT: &str = "activity.acme.test";

async fn publish(bus: &Bus, id: usize) -> Result<(), PublishError> {
    bus.publisher().publish(envelope(SUBJECT, &id.to_string())).await.map(drop)
}

/// Has the server's disk be full until it has confirmed nothing more.
async fn fill_for_a_while(server: &Server, bus: &Bus) {
    server.nats.fill_disk().await;
    let mut id = 0;
    // What the server confirms before it has written it may be lost.
    while publish(bus, id).await.is_ok() {
        id += 1;
    }
    server.nats.free_disk().await;
}

async fn stuck(bus: &Bus) -> Vec<String> {
    let stuck = streams::stuck(bus).await.unwrap();
    stuck.into_iter().map(|one| format!("{}: {}", one.stream, one.why)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_takes_nothing_after_its_disk_was_full_is_found_until_its_server_is_restarted()
 {
    let (server, bus) = Server::start().await;
    publish(&bus, 1_000).await.unwrap();
    assert_eq!(stuck(&bus).await, [""; 0]);
    let held = bus.stream(ACTIVITY).await.unwrap().messages;
    assert_eq!(held, 1, "nothing was removed");

    fill_for_a_while(&server, &bus).await;
    let failed = publish(&bus, 1_001).await;
    assert!(matches!(failed, Err(PublishError::Timeout)), "{failed:?}");
    let found = stuck(&bus).await;
    assert!(matches!(&found[..], [one] if one.starts_with("ACTIVITY: write ")), "{found:?}");
    bus.publisher().publish(envelope("inbound.a.test", "a")).await.unwrap();

    server.nats.restart().await.unwrap();
    eventually(|| async { streams::stuck(&bus).await.is_ok_and(|stuck| stuck.is_empty()) }).await;
    publish(&bus, 1_001).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_confirms_nothing_for_half_a_minute_stands_still() {
    let (server, bus) = Server::start().await;
    publish(&bus, 1_000).await.unwrap();
    fill_for_a_while(&server, &bus).await;
    within(async {
        while !bus.stands_still(ACTIVITY) {
            assert!(bus.connected());
            publish(&bus, 1_001).await.unwrap_err();
        }
    })
    .await;
    assert!(!bus.stands_still(INBOUND) && !bus.stands_still(OUTBOUND));

    server.nats.stop().await.unwrap();
    eventually(|| async { !bus.connected() }).await;
    assert!(!bus.stands_still(ACTIVITY), "that is another fault");
    server.nats.restart().await.unwrap();
    eventually(|| async { bus.connected() && !bus.stands_still(ACTIVITY) }).await;
}
