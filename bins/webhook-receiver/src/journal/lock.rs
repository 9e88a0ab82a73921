//! The lock on a journal's folder.

use std::fs::{File, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use super::OpenError;

/// The name of its file.
pub(super) const LOCK: &str = "lock";

/// Held until it is dropped.
#[derive(Debug)]
pub(super) struct Lock(Mutex<File>);

impl Lock {
    pub(super) fn on(dir: &Path) -> Result<Self, OpenError> {
        let lock = lock(dir).map_err(|error| match error {
            TryLockError::WouldBlock => OpenError::InUse(dir.to_owned()),
            TryLockError::Error(source) => OpenError::Unusable { dir: dir.to_owned(), source },
        })?;
        Ok(Self(Mutex::new(lock)))
    }

    /// Locks the folder again if the lock's file is not in it any more: somebody removed it, or put another folder in
    /// place of this one, and any receiver would find the folder free. Fails if one has taken it already.
    pub(super) fn hold(&self, dir: &Path) -> io::Result<()> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match is_named(&held, &dir.join(LOCK)) {
            Ok(true) => return Ok(()),
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        *held = lock(dir).map_err(|error| match error {
            TryLockError::WouldBlock => io::Error::other(OpenError::InUse(dir.to_owned())),
            TryLockError::Error(error) => error,
        })?;
        tracing::error!(
            journal.dir = %dir.display(),
            "somebody took the lock, and maybe more, out of the journal's folder; it is locked again"
        );
        Ok(())
    }
}

fn lock(dir: &Path) -> Result<File, TryLockError> {
    let lock = File::create(dir.join(LOCK)).map_err(TryLockError::Error)?;
    lock.try_lock()?;
    Ok(lock)
}

/// Whether this is the name of an open file.
pub(super) fn is_named(file: &File, path: &Path) -> io::Result<bool> {
    let (open, named) = (file.metadata()?, std::fs::metadata(path)?);
    Ok((open.dev(), open.ino()) == (named.dev(), named.ino()))
}
