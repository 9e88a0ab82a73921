use std::os::unix::fs::symlink;

use secrecy::ExposeSecret as _;
use servers::{Nats, NatsOptions};
use testkit::{eventually, scratch, stick, takes};
use tokio::time::advance;

use super::*;
use crate::up::server::{Kept, Server};

const HASTE: Patience = Patience {
    look: Duration::from_millis(50),
    lasting: Duration::from_millis(200),
    between: Duration::from_hours(1),
};

const SUBJECT: &str = "activity.acme.test";

async fn started() -> (Nats, Bus, PathBuf) {
    let folder = scratch("nats");
    let nats = Nats::start(NatsOptions::new(&folder)).await.unwrap();
    let config = bus::Config::to_url(nats.url().expose_secret());
    let bus = Bus::connect(&config, "axis").await.unwrap();
    streams::apply(&bus, bus::Replicas::Keep).await.unwrap();
    (nats, bus, folder)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nats_that_takes_nothing_after_its_disk_was_full_is_started_again() {
    let (nats, bus, folder) = started().await;
    stick(&nats, &bus, &[SUBJECT]).await;
    assert!(!takes(&bus, SUBJECT, 1_000).await);
    let stuck = Stuck { patience: HASTE, ..Stuck::new(bus.clone(), folder) };
    let kept = Kept::new(Server::Nats(nats, stuck));
    eventually("it takes messages again", || takes(&bus, SUBJECT, 1_001)).await;
    kept.stop().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn it_is_left_alone_for_a_minute_and_for_five_after_it_was_started_again() {
    let begin = Instant::now();
    assert!(!PATIENCE.is_over(begin, None));
    advance(PATIENCE.lasting).await;
    assert!(PATIENCE.is_over(begin, None));
    let restarted = Some(Instant::now());
    advance(PATIENCE.lasting).await;
    assert!(!PATIENCE.is_over(begin, restarted));
    advance(PATIENCE.between).await;
    assert!(PATIENCE.is_over(begin, restarted));
    assert!(!PATIENCE.is_over(Instant::now(), restarted));
}

#[test]
fn there_is_room_if_something_fits_and_nothing_is_left_of_it() {
    let folder = scratch("disk");
    let trial = folder.join("trial");
    fits(&trial).unwrap();
    symlink("/dev/full", &trial).unwrap();
    let full = fits(&trial).unwrap_err();
    assert_eq!(full.kind(), io::ErrorKind::StorageFull);
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0);
}
