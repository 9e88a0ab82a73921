//! Reading files.

use std::ops::Range;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{self, BoxStream};
use futures_util::{Stream, StreamExt as _, TryStreamExt as _};
use object_store::{GetOptions, GetRange, ObjectStore as _};
use tokio::time::timeout;

use crate::{Error, Objects};

/// How long a bucket has for a whole file, however slowly it is taken.
pub const LONGEST_READING: Duration = Duration::from_mins(11);
/// How long a place may take until it has a file, and then for the next bytes of it.
const LONGEST_GAP: Duration = Duration::from_secs(20);

/// A file, or a part of it, being read.
pub struct Reader {
    /// The length of the whole file in bytes.
    pub length: u64,
    /// The range of bytes that is read.
    pub range: Range<u64>,
    /// The bytes. They fail if the next ones do not come within 20 seconds; taking them may take any time.
    pub bytes: BoxStream<'static, Result<Bytes, Error>>,
}

impl Objects {
    /// Reads a file, or as much of the part as exists.
    pub async fn read(&self, key: &str, part: Option<Range<u64>>) -> Result<Reader, Error> {
        let range = part.clone().map(GetRange::Bounded);
        let options = GetOptions { range, ..GetOptions::default() };
        let path = self.path(key);
        let found = timeout(LONGEST_GAP, self.reading.get_opts(&path, options)).await;
        match found.map_err(|_| Error::Silent)? {
            Ok(found) => {
                self.used().await;
                let (length, range) = (found.meta.size, found.range.clone());
                let bytes = without_gaps(found.into_stream().map_err(Error::from));
                Ok(Reader { length, range, bytes: bytes.boxed() })
            }
            Err(error) => Err(self.why_not(&path, part, error).await),
        }
    }

    /// Explains why a file cannot be read. Each kind of place has its own error for a part beyond the end, so the
    /// length is looked up.
    async fn why_not(
        &self,
        path: &object_store::path::Path,
        part: Option<Range<u64>>,
        error: object_store::Error,
    ) -> Error {
        use object_store::ObjectStoreExt as _;
        if let Some(part) = part
            && !matches!(error, object_store::Error::NotFound { .. })
            && let Ok(found) = self.store.head(path).await
            && part.start >= found.size
        {
            return Error::OutOfRange { length: found.size };
        }
        self.missing_or(error).await
    }
}

/// Passes bytes on, and fails if the next ones do not come within [`LONGEST_GAP`].
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

    /// It is they who are slow then.
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
