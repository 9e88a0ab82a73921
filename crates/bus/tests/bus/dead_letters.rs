use bus::{Bus, BusError};
use chrono::Utc;
use events::{DeadLetter, Headers};

use crate::support::Server;

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
