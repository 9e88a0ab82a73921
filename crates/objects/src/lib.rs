//! Files by key: in a folder by default, or in a bucket.
//!
//! ```text
//! Objects ── write ──► Writer ── put, put, … ── finish   from then on it is there, whole and durable
//!         ── read  ──► Reader ── length, bytes           all of it, or a part
//!         ── remove                                      what is not there is removed already
//! ```
//!
//! A file is never changed: if one key is written twice, it is with the same file. Nothing of a writer that was not
//! finished can be read.
//!
//! A file may take long to read, because whoever takes it may be slow. What may not take long is that nothing comes.
//!
//! A missing file is told apart from a missing place, such as a folder whose disk is not mounted: from its first file
//! on, a place has a mark (`mark`).

mod config;
mod error;
mod mark;
mod read;
mod unread;
mod write;

use std::sync::Arc;
use std::time::Duration;

use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt as _};
use tokio::sync::Mutex;

use mark::Known;

pub use config::{Access, Address, Config};
pub use error::{Error, OpenError};
pub use read::{LONGEST_READING, Reader};
pub use write::Writer;

/// How long a place may take to answer a health check, which waits little longer.
const PATIENCE: Duration = Duration::from_secs(1);

/// A place with its files. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Objects {
    store: Arc<dyn ObjectStore>,
    /// The same place, which has longer to give a whole file away.
    reading: Arc<dyn ObjectStore>,
    /// The same place, if it is a folder.
    folder: Option<Arc<LocalFileSystem>>,
    /// The prefix of every key.
    prefix: Path,
    /// How many bytes a writer collects before it passes them on.
    part: usize,
    /// The state of the place's mark, as far as it is known.
    known: Arc<Known>,
    /// Held while a health check is under way.
    looking: Arc<Mutex<()>>,
}

impl Objects {
    fn over(
        store: Arc<dyn ObjectStore>,
        reading: Arc<dyn ObjectStore>,
        prefix: Path,
        part: usize,
    ) -> Self {
        let (known, looking) = (Arc::default(), Arc::default());
        Self { store, reading, folder: None, prefix, part, known, looking }
    }

    fn path(&self, key: &str) -> Path {
        self.prefix.parts().chain(Path::from(key).parts()).collect()
    }

    /// The length of a file in bytes.
    pub async fn length(&self, key: &str) -> Result<u64, Error> {
        match self.store.head(&self.path(key)).await {
            Ok(found) => {
                self.used().await;
                Ok(found.size)
            }
            Err(error) => Err(self.missing_or(error).await),
        }
    }

    /// Removes a file that may never have been stored, and what a folder has of it if its writer was killed. Succeeds
    /// if there is no such file, unless the place is known to be away.
    pub async fn remove(&self, key: &str) -> Result<(), Error> {
        self.remove_unfinished(key).await?;
        match self.store.delete(&self.path(key)).await {
            // A bucket says so of what was never there, too.
            Ok(()) if !self.was_missed() => Ok(()),
            Ok(()) | Err(object_store::Error::NotFound { .. }) => self.not_away().await,
            Err(error) => Err(error.into()),
        }
    }

    /// Removes a file that was stored. Succeeds if it is gone already, but not if the place has no mark: then the file
    /// is elsewhere.
    pub async fn remove_stored(&self, key: &str) -> Result<(), Error> {
        self.holds(key).await?;
        self.remove(key).await
    }

    /// Checks that the place answers, waiting less long than for a file. Only one check runs at a time: a hung disk
    /// blocks a thread per check, and health is polled every few seconds.
    pub async fn ping(&self) -> Result<(), Error> {
        let asked = async {
            let turn = Arc::clone(&self.looking).lock_owned().await;
            let place = self.clone();
            let look = tokio::spawn(async move {
                let found = place.not_away().await;
                drop(turn);
                found
            });
            look.await.unwrap_or(Err(Error::Silent))
        };
        tokio::time::timeout(PATIENCE, asked).await.unwrap_or(Err(Error::Silent))
    }
}
