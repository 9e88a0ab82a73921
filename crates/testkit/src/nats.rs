//! A NATS server for a single test.

use std::path::{Path, PathBuf};

use bus::Bus;
use events::{Envelope, Headers};
use servers::{Nats, NatsOptions};

use crate::scratch;

/// Starts an empty server with JetStream.
pub async fn nats() -> Nats {
    nats_in(scratch("nats")).await
}

pub(crate) async fn nats_in(folder: PathBuf) -> Nats {
    Nats::start(NatsOptions::new(folder)).await.expect("nats-server starts; was `make setup` run?")
}

/// Publishes something that is about nothing. Returns whether the stream took it.
pub async fn takes(bus: &Bus, subject: &str, number: u32) -> bool {
    let envelope = Envelope {
        subject: subject.to_owned(),
        message_id: format!("{subject} {number}"),
        headers: Headers::default(),
        payload: Vec::new(),
    };
    bus.publisher().publish(envelope).await.is_ok()
}

/// Has the server's disk be full for a while, after which the streams of these subjects take nothing until it is
/// restarted.
pub async fn stick(nats: &Nats, bus: &Bus, subjects: &[&str]) {
    nats.fill_disk().await;
    for subject in subjects {
        // What the server confirms before it has written it may be lost.
        for number in 0.. {
            if !takes(bus, subject, number).await {
                break;
            }
        }
    }
    nats.free_disk().await;
}

/// A copy of what a server had on disk at some moment.
#[derive(Debug)]
pub struct Earlier(PathBuf);

/// Copies what the server has on disk. The server is frozen meanwhile, and notices nothing.
pub(crate) async fn keep(nats: &Nats, folder: &Path) -> Earlier {
    let earlier = scratch("earlier");
    nats.pause().await;
    copy(&stored(folder), &earlier);
    nats.resume().await;
    Earlier(earlier)
}

/// Restarts the server with an empty disk.
pub(crate) async fn empty(nats: &Nats, folder: &Path) {
    nats.kill().await.expect("NATS can be killed");
    std::fs::remove_dir_all(stored(folder)).expect("what NATS stored can be removed");
    nats.restart().await.expect("NATS starts again");
}

/// Restarts the server with what it had on disk earlier, as after a power cut that took what it had not synced.
pub(crate) async fn lose(nats: &Nats, folder: &Path, earlier: &Earlier) {
    nats.kill().await.expect("NATS can be killed");
    std::fs::remove_dir_all(stored(folder)).expect("what NATS stored can be removed");
    copy(&earlier.0, &stored(folder));
    nats.restart().await.expect("NATS starts again");
}

fn stored(folder: &Path) -> PathBuf {
    folder.join("jetstream")
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder can be made");
    for entry in std::fs::read_dir(from).expect("a folder can be read") {
        let entry = entry.expect("a folder can be read");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("it is there").is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("a file can be copied");
        }
    }
}
