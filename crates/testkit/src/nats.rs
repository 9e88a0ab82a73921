//! A NATS server of a test's own.

use std::path::{Path, PathBuf};

use servers::{Nats, NatsOptions};

use crate::scratch;

/// A server with JetStream and nothing in it.
pub async fn nats() -> Nats {
    nats_in(scratch("nats")).await
}

pub(crate) async fn nats_in(folder: PathBuf) -> Nats {
    Nats::start(NatsOptions::new(folder)).await.expect("nats-server starts; was `make setup` run?")
}

/// What a server's disk held at some moment.
#[derive(Debug)]
pub struct Earlier(PathBuf);

/// Copies what the server's disk holds. The server is frozen meanwhile and notices nothing.
pub(crate) async fn keep(nats: &Nats, folder: &Path) -> Earlier {
    let earlier = scratch("earlier");
    nats.pause().await;
    copy(&stored(folder), &earlier);
    nats.resume().await;
    Earlier(earlier)
}

/// Has the server run anew, as after a power cut that took what it had not synced.
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
