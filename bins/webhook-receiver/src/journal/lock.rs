//! The lock on a journal's folder.
//!
//! A receiver acknowledges, begins segments, and changes or removes anything in the folder only while its lock is the
//! file of that name in it. If somebody removed the file, it is made again. If there is another one, another receiver
//! has taken the folder, which is that one's from then on: what it wrote, this one does not know before it is started
//! again.
//!
//! Whoever makes the file gives it a name, and the mark tells under which one it was written. So a mark that comes late
//! from a receiver that has lost the folder counts for nothing.

use std::fs::{File, Metadata, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read as _};
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use uuid::Uuid;

use super::mark::Mark;
use super::{OpenError, Shared, segment};

/// How long what is not known may be this receiver's own: a file that is being made or removed.
const DOUBT: Duration = Duration::from_secs(5);
/// The name of its file.
pub(super) const LOCK: &str = "lock";

/// Held until it is dropped.
#[derive(Debug)]
pub(super) struct Lock {
    name: Uuid,
    held: Mutex<Held>,
}

#[derive(Debug)]
struct Held {
    /// Locked for as long as it is open. Until then no other file has its identity.
    _file: File,
    identity: (u64, u64),
    /// Whether another receiver has taken the folder.
    lost: bool,
    /// Since when the lock is missing and something is there that this receiver does not know.
    doubted: Option<Instant>,
}

impl Lock {
    /// Locks a folder. Also returns the name that the lock had been given before, if any.
    pub(super) fn on(dir: &Path) -> Result<(Self, Option<Uuid>), OpenError> {
        let unusable = |source| OpenError::Unusable { dir: dir.to_owned(), source };
        let mut file = lock(dir, OpenOptions::new().create(true).truncate(false)).map_err(
            |error| match error {
                TryLockError::WouldBlock => OpenError::InUse(dir.to_owned()),
                TryLockError::Error(source) => unusable(source),
            },
        )?;
        let mut text = String::new();
        let found = file.read_to_string(&mut text).ok().and_then(|_| text.parse().ok());
        let name = found.unwrap_or_else(|| {
            let name = Uuid::new_v4();
            give_name(&file, name);
            name
        });
        let held = Mutex::new(Held::of(file).map_err(unusable)?);
        Ok((Self { name, held }, found))
    }

    pub(super) fn name(&self) -> Uuid {
        self.name
    }

    /// Fails unless the lock is in the folder.
    pub(super) fn check(&self, dir: &Path) -> io::Result<()> {
        let named = std::fs::metadata(dir.join(LOCK))?;
        let held = self.held();
        if held.lost || held.identity != identity(&named) { Err(taken()) } else { Ok(()) }
    }

    /// Locks the folder again if the lock is not in it any more. Fails, from then on, if another receiver has taken the
    /// folder; and while a segment is in it that is none of these, from then on if that lasts.
    fn hold(&self, dir: &Path, has: impl Fn(u64) -> bool) -> io::Result<()> {
        let mut held = self.held();
        if held.lost {
            return Err(taken());
        }
        match std::fs::metadata(dir.join(LOCK)) {
            Ok(named) => held.lost = held.identity != identity(&named),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                if self.has_others(dir, has)? {
                    let doubted = held.doubted.get_or_insert_with(Instant::now);
                    held.lost = doubted.elapsed() >= DOUBT;
                    return Err(taken());
                }
                let file = lock(dir, OpenOptions::new().create_new(true))?;
                give_name(&file, self.name);
                *held = Held::of(file)?;
                tracing::error!(
                    journal.dir = %dir.display(),
                    "somebody took the lock, and maybe more, out of the journal's folder; it is \
                     locked again"
                );
            }
            Err(error) => return Err(error),
        }
        if held.lost { Err(taken()) } else { Ok(()) }
    }

    /// Whether there is anything in the folder that is not this receiver's.
    fn has_others(&self, dir: &Path, has: impl Fn(u64) -> bool) -> io::Result<bool> {
        let segments = segment::list(dir)?;
        let marked = Mark::read(dir).lock;
        Ok(segments.iter().any(|(first, ..)| !has(*first))
            || marked.is_some_and(|lock| lock != self.name))
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    fn of(file: File) -> io::Result<Self> {
        let identity = identity(&file.metadata()?);
        Ok(Self { _file: file, identity, lost: false, doubted: None })
    }
}

impl Shared {
    /// Makes sure that the folder is locked by this receiver. Must not be called with the ledger in hand.
    pub(super) fn hold(&self) -> io::Result<()> {
        self.lock.hold(&self.dir, |first| self.ledger().holds(first))
    }
}

fn taken() -> io::Error {
    io::Error::other(
        "another receiver has taken the journal's folder, or its files were replaced; give each \
         receiver its own JOURNAL_DIR, and start this one again",
    )
}

fn lock(dir: &Path, options: &mut OpenOptions) -> Result<File, TryLockError> {
    let lock = options.read(true).write(true).open(dir.join(LOCK)).map_err(TryLockError::Error)?;
    lock.try_lock()?;
    Ok(lock)
}

/// If this fails, the next start does not take the mark, and publishes everything again.
fn give_name(file: &File, name: Uuid) {
    let name = name.to_string();
    let _ = file.write_all_at(name.as_bytes(), 0).and_then(|()| file.set_len(name.len() as u64));
}

fn identity(metadata: &Metadata) -> (u64, u64) {
    (metadata.dev(), metadata.ino())
}

/// Whether this is the name of an open file.
pub(super) fn is_named(file: &File, path: &Path) -> io::Result<bool> {
    Ok(identity(&file.metadata()?) == identity(&std::fs::metadata(path)?))
}
