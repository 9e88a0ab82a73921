//! Reads the files of a reply from the attachment store.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use chatwoot::client;
use domain::{Upload, in_words};
use futures_util::{Stream, StreamExt as _, TryStreamExt as _, stream};
use objects::{Error, Objects};
use tokio::time::timeout;

/// How long the store may take to say that it has a file. A reply that waits for that keeps a place from replies
/// without files.
const LONGEST_LOOK: Duration = Duration::from_secs(5);
/// How long the next bytes of a file may take.
const LONGEST_GAP: Duration = Duration::from_secs(20);

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
        bytes: without_gaps(stream::once(reading).try_flatten())
            .map_err(client::ReadError::from)
            .inspect_err(move |error| broken_off.note(error))
            .boxed(),
    }
}

/// Passes bytes on, and fails if the next ones do not come within [`LONGEST_GAP`]. Taking them may take any time.
fn without_gaps<T>(
    bytes: impl Stream<Item = Result<T, Error>>,
) -> impl Stream<Item = Result<T, Error>> {
    stream::unfold(Some(Box::pin(bytes)), |bytes| async {
        let mut bytes = bytes?;
        match timeout(LONGEST_GAP, bytes.next()).await {
            Ok(next) => Some((next?, Some(bytes))),
            Err(_) => Some((Err(Error::Silent), None)),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn bytes_that_do_not_come_are_not_waited_for() {
        let some = stream::iter(["a", "b"]).map(Ok);
        let read: Vec<_> = without_gaps(some.chain(stream::pending())).collect().await;
        assert!(matches!(read[..], [Ok("a"), Ok("b"), Err(Error::Silent)]), "{read:?}");
    }

    /// It is Chatwoot that is slow then.
    #[tokio::test(start_paused = true)]
    async fn who_takes_bytes_slowly_gets_all_of_them() {
        let some = stream::iter(["a", "b", "c"]).map(Ok);
        let mut read = Box::pin(without_gaps(some));
        for text in ["a", "b", "c"] {
            tokio::time::sleep(LONGEST_GAP * 2).await;
            assert_eq!(read.next().await.unwrap().unwrap(), text);
        }
        assert!(read.next().await.is_none());
    }
}
