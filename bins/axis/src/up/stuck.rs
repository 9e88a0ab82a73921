//! Sees whether a NATS of ours takes nothing any more.
//!
//! It writes no more to a stream to which it could once not write, not even when there is room again, until it is
//! restarted. Without room that would not help.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bus::{Bus, streams};
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep};

/// Sees whether the streams take anything.
#[derive(Debug)]
pub(super) struct Stuck {
    bus: Bus,
    folder: PathBuf,
    patience: Patience,
    /// When it was found last.
    last: Mutex<Option<Instant>>,
}

#[derive(Debug, Clone, Copy)]
struct Patience {
    /// How often to look.
    look: Duration,
    /// For how long a stream may take nothing.
    lasting: Duration,
    /// The shortest time from one restart to the next.
    between: Duration,
}

const PATIENCE: Patience = Patience {
    look: Duration::from_secs(15),
    lasting: Duration::from_mins(1),
    between: Duration::from_mins(5),
};
impl Patience {
    /// Whether what takes nothing since then is to be started again, which it was last at that time.
    fn is_over(self, since: Instant, last: Option<Instant>) -> bool {
        since.elapsed() >= self.lasting && last.is_none_or(|last| last.elapsed() >= self.between)
    }
}

/// How much has to fit on the disk, in bytes.
const ROOM: usize = 4 * 1024 * 1024;

impl Stuck {
    /// Watches the streams of the server whose data are in `folder`.
    pub(super) fn new(bus: Bus, folder: PathBuf) -> Self {
        Self { bus, folder, patience: PATIENCE, last: Mutex::default() }
    }

    /// Waits until a stream has taken nothing for a minute although the server answers, and there is room. After it
    /// was found, that takes five minutes at least.
    pub(super) async fn found(&self) {
        let (mut since, mut told) = (None, false);
        loop {
            sleep(self.patience.look).await;
            let stuck = match streams::stuck(&self.bus).await {
                Ok(stuck) if !stuck.is_empty() => stuck,
                Ok(_) | Err(_) => {
                    since = None;
                    continue;
                }
            };
            let since = *since.get_or_insert_with(Instant::now);
            let last = *self.last.lock().unwrap_or_else(PoisonError::into_inner);
            if !self.patience.is_over(since, last) {
                continue;
            }
            let streams: Vec<_> = stuck.iter().map(|one| &*one.stream).collect();
            let streams = streams.join(", ");
            if self.has_room().await {
                tracing::warn!(
                    streams,
                    "NATS takes nothing since it could not write, starting it again"
                );
                *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
                return;
            }
            if !told {
                let folder = self.folder.display();
                tracing::error!(streams, %folder, "NATS takes nothing, as its disk is full: make room, and it is started again");
                told = true;
            }
        }
    }

    async fn has_room(&self) -> bool {
        let trial = self.folder.join("trial");
        spawn_blocking(move || fits(&trial)).await.is_ok_and(|fits| fits.is_ok())
    }
}

/// Whether something fits on the disk, tried with a file that is removed again.
fn fits(trial: &Path) -> io::Result<()> {
    let written = write(trial);
    std::fs::remove_file(trial)?;
    written
}

fn write(trial: &Path) -> io::Result<()> {
    let mut file = File::create(trial)?;
    // Not zeros, which some disks keep nowhere.
    file.write_all(&vec![0xA5; ROOM])?;
    file.sync_all()
}

#[cfg(test)]
mod tests;
