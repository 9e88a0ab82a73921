use bus::{Bus, BusError, Consumption, Failure};
use chrono::Utc;
use events::{DeadLetter, Envelope, Headers};

use crate::log::Log;
use crate::support::{Consuming, Server, all_settled, consumption, envelope, large, rejected};

async fn dead_letter(bus: &Bus, sequence: u64) {
    let letter = DeadLetter {
        stream: "INBOUND".into(),
        subject: "inbound.a.b".into(),
        sequence,
        consumer: "sync-worker".into(),
        reason: "undecodable".into(),
        detail: "no JSON".into(),
        at: Utc::now(),
    };
    bus.publisher().publish(letter.envelope(&Headers::default(), "body")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_letter_that_cannot_be_removed_is_not_said_to_be_gone() {
    let (server, bus) = Server::start().await;
    dead_letter(&bus, 1).await;
    let raw = server.raw().await;
    let mut config = raw.get_stream("DEAD_LETTER").await.unwrap().cached_info().config.clone();
    config.deny_delete = true;
    raw.update_stream(config).await.unwrap();
    let letters = bus.dead_letters();
    let refused = letters.drop(1).await;
    assert!(matches!(refused, Err(BusError::Unavailable(_))), "{refused:?}");
    assert!(letters.get(1).await.unwrap().is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn dead_letters_are_read_from_either_end_and_dropped_one_by_one() {
    let (_server, bus) = Server::start().await;
    for sequence in 1..=3 {
        dead_letter(&bus, sequence).await;
    }
    let letters = bus.dead_letters();
    let oldest_first = async || {
        let mut all = letters.oldest_first(Some("INBOUND"), None).await.unwrap();
        let mut sequences = Vec::new();
        while let Some(stored) = all.next().await.unwrap() {
            sequences.push(stored.sequence);
        }
        sequences
    };
    assert_eq!(oldest_first().await, [1, 2, 3]);
    assert_eq!(letters.get(2).await.unwrap().unwrap().letter.sequence, 2);

    let among = async |before, reach| {
        let (found, next) = letters.among(before, reach).await.unwrap();
        (found.iter().map(|stored| stored.sequence).collect::<Vec<u64>>(), next)
    };
    assert_eq!(among(None, 2).await, (vec![3, 2], Some(2)));
    assert_eq!(among(Some(2), 2).await, (vec![1], None));

    assert!(letters.drop(2).await.unwrap());
    assert!(!letters.drop(2).await.unwrap());
    assert_eq!(letters.get(2).await.unwrap(), None);
    assert_eq!(oldest_first().await, [1, 3]);
    assert_eq!(among(None, 2).await, (vec![3], Some(2)));
    assert_eq!(letters.count().await.unwrap(), 2);
}

fn of_tenant(tenant: &str, event: Envelope) -> Envelope {
    Envelope { headers: event.headers.with("Axis-Tenant", tenant), ..event }
}

/// Else what is refused there would come again for ever, and nothing behind it could make room.
#[tokio::test(flavor = "multi_thread")]
async fn who_fills_its_share_of_the_dead_letters_gets_no_more_and_others_do() {
    let (server, bus) = Server::start().await;
    server.shrink("DEAD_LETTER").await;
    let letters = bus.dead_letters();
    assert!(letters.without_room().await.unwrap().is_empty());
    // One tenant has many accounts.
    for id in 0..200 {
        let event = of_tenant("acme", large(&format!("inbound.a{}.test", id % 20), id));
        bus.publisher().publish(event).await.unwrap();
    }
    let narrow = Consumption { batch: 5, concurrency: 1, ..consumption() };
    let consuming = Consuming::start(&bus, narrow, |_| rejected("undecodable", "no JSON"));
    all_settled(&bus).await;
    let of_one = letters.count().await.unwrap();
    assert!((20..60).contains(&of_one), "{of_one}");
    assert_eq!(letters.without_room().await.unwrap(), ["tenant acme"]);

    let other = of_tenant("other", large("inbound.b.test", 200));
    bus.publisher().publish(other).await.unwrap();
    all_settled(&bus).await;
    let (newest, _) = letters.among(None, 1).await.unwrap();
    assert_eq!(newest[0].letter.subject, "inbound.b.test");
    // What has no letter is where it was.
    assert_eq!(bus.stream("INBOUND").await.unwrap().messages, 201);
    consuming.stop().await;
}

/// What has a record is told of once: the record says the rest.
#[tokio::test(flavor = "multi_thread")]
async fn what_has_neither_a_letter_nor_a_record_is_named_in_the_log() {
    let log = Log::of_warnings();
    let (server, bus) = Server::start().await;
    let raw = server.raw().await;
    let mut config = raw.get_stream("DEAD_LETTER").await.unwrap().cached_info().config.clone();
    config.max_messages = 1;
    raw.update_stream(config).await.unwrap();
    bus.publisher().publish(envelope("dead-letter.test.test", "first")).await.unwrap();
    let ids: Vec<String> = (0..8).map(|id| format!("unkept-{id}")).collect();
    let all = ids.iter().map(|id| envelope("inbound.a.test", id)).collect();
    bus.publisher().publish_all(all).await;
    let one = Consumption { concurrency: 1, ..consumption() };
    let consuming = Consuming::start(&bus, one, |delivery| {
        let recorded = delivery.sequence >= 4;
        Err(Failure::Reject { reason: "foreign", error: "of nobody".into(), recorded })
    });
    all_settled(&bus).await;
    consuming.stop().await;
    let named: Vec<_> = ids.into_iter().filter(|id| log.contains(id)).collect();
    assert_eq!(named, ["unkept-0", "unkept-1", "unkept-2"]);
}
