//! A NATS server for a single test.

use std::path::{Path, PathBuf};

use servers::{Nats, NatsOptions};

use crate::scratch;

/// Starts an empty server with JetStream.
pub async fn nats() -> Nats {
    nats_in(scratch("nats")).await
}

pub(crate) async fn nats_in(folder: PathBuf) -> Nats {
    Nats::start(NatsOptions::new(folder)).await.expect("nats-server starts; was `make setup` run?")
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
