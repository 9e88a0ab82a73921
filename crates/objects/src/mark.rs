//! The mark by which a place is known to be the one where files are kept.
//!
//! An empty folder where a disk should be mounted looks as if all files were gone. So a small file beside the first one
//! says that the place is in use, and a missing file counts as gone only if the mark is there. A place that was used
//! before there were marks gets one when the first file is found in it.

use std::sync::atomic::{AtomicBool, Ordering};

use object_store::{ObjectStoreExt as _, PutPayload};

use crate::{Error, Objects};

/// The mark's key.
const MARK: &str = ".axis-attachments";
/// The mark's text, for people who find it.
const TEXT: &str =
    "Attachments are kept here. Without this file the place counts as not mounted.\n";

/// The state of the mark, as far as this program knows it.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// The mark was there.
    seen: AtomicBool,
    /// A file was asked for that was not there, and neither was the mark.
    missed: AtomicBool,
}

impl Objects {
    /// Whether the mark is there.
    async fn is_marked(&self) -> Result<bool, Error> {
        match self.store.head(&self.path(MARK)).await {
            Ok(_) => {
                self.known.seen.store(true, Ordering::Relaxed);
                Ok(true)
            }
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    fn was_marked(&self) -> bool {
        self.known.seen.load(Ordering::Relaxed)
    }

    pub(crate) fn was_missed(&self) -> bool {
        self.known.missed.load(Ordering::Relaxed)
    }

    /// Ensures that the mark is there before a file is stored. Fails if it was there before and is gone.
    pub(crate) async fn mark(&self) -> Result<(), Error> {
        let was_marked = self.was_marked();
        match self.is_marked().await {
            Ok(true) => return Ok(()),
            Ok(false) if was_marked => return Err(Error::Away),
            Ok(false) => {}
            // A bucket that may not be listed answers like this for a missing object.
            Err(error) if !was_marked && is_denied(&error) => {}
            Err(error) => return Err(error),
        }
        self.store.put(&self.path(MARK), PutPayload::from(TEXT)).await?;
        self.known.seen.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// Notes that a file was found, so the place is in use.
    pub(crate) async fn used(&self) {
        if !self.was_marked() {
            // If it fails, the next file that is found tries again.
            self.mark().await.ok();
        }
    }

    /// Fails unless the mark is there or, as in a place that was used before there were marks, this file.
    pub(crate) async fn holds(&self, key: &str) -> Result<(), Error> {
        match self.is_marked().await {
            Ok(true) => return Ok(()),
            Ok(false) => {}
            Err(error) if is_denied(&error) => {}
            Err(error) => return Err(error),
        }
        self.length(key).await.map(drop)
    }

    /// Explains why a file cannot be read: it is missing, or the whole place is.
    pub(crate) async fn missing_or(&self, error: object_store::Error) -> Error {
        if !matches!(error, object_store::Error::NotFound { .. }) {
            return error.into();
        }
        match self.is_marked().await {
            Ok(true) => Error::NotFound,
            Ok(false) => {
                self.known.missed.store(true, Ordering::Relaxed);
                Error::Away
            }
            Err(error) => error,
        }
    }

    /// Fails if the place does not work, or has no mark though it is known to be in use.
    pub(crate) async fn not_away(&self) -> Result<(), Error> {
        let marked = self.is_marked().await?;
        let in_use = self.was_marked() || self.was_missed();
        if in_use && !marked { Err(Error::Away) } else { Ok(()) }
    }
}

fn is_denied(error: &Error) -> bool {
    let Error::Place(error) = error else { return false };
    matches!(**error, object_store::Error::PermissionDenied { .. })
}
