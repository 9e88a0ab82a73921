//! Reads the files of a reply from the attachment store.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use chatwoot::client;
use domain::{Upload, in_words};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use objects::{Error, Objects};
use tokio::time::timeout;

/// How long the store may take to say that it has a file. A reply that waits for that keeps a place from replies
/// without files.
const LONGEST_LOOK: Duration = Duration::from_secs(5);

/// Why a reply cannot be sent with its files.
pub(super) enum Missing {
    /// The files may be available later.
    ForNow(Error),
    /// A file is missing, or is not what was attached.
    ForGood,
}

/// Checks that all files are there.
pub(super) async fn check(objects: &Objects, uploads: &[Upload]) -> Result<(), Missing> {
    for upload in uploads {
        let length = timeout(LONGEST_LOOK, objects.length(&upload.key)).await;
        match length.unwrap_or(Err(Error::Silent)) {
            Ok(length) if i64::try_from(length) == Ok(upload.file_size) => {}
            Ok(_) | Err(Error::NotFound) => return Err(Missing::ForGood),
            Err(error) => return Err(Missing::ForNow(error)),
        }
    }
    Ok(())
}

/// The reason that is shown while files cannot be read.
pub(super) const UNREADABLE: &str = "its files cannot be read at the moment";

/// Whether a file could not be read to its end while it was sent.
#[derive(Debug, Clone, Default)]
pub(super) struct BrokenOff(Arc<AtomicBool>);

impl BrokenOff {
    pub(super) fn happened(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    fn note(&self, error: &client::ReadError) {
        let error = in_words(error.as_ref());
        tracing::warn!(error, "cannot read a file to its end while it is sent");
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Makes the uploads. Each is read when it is sent.
pub(super) fn read(
    objects: &Objects,
    uploads: &[Upload],
    broken_off: &BrokenOff,
) -> Vec<client::Upload> {
    uploads.iter().map(|upload| one(objects.clone(), upload, broken_off.clone())).collect()
}

fn one(objects: Objects, upload: &Upload, broken_off: BrokenOff) -> client::Upload {
    let key = upload.key.clone();
    let reading = async move { objects.read(&key, None).await.map(|reader| reader.bytes) };
    client::Upload {
        file_name: upload.file_name.clone(),
        media_type: upload.content_type.clone(),
        length: u64::try_from(upload.file_size).unwrap_or_default(),
        bytes: stream::once(reading)
            .try_flatten()
            .map_err(client::ReadError::from)
            .inspect_err(move |error| broken_off.note(error))
            .boxed(),
    }
}
