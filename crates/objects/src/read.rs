//! Reading files.

use std::ops::Range;

use bytes::Bytes;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt as _, TryStreamExt as _};
use object_store::{GetOptions, GetRange, ObjectStore as _};

use crate::{Error, Objects};

/// A file, or a part of it, being read.
pub struct Reader {
    /// The length of the whole file in bytes.
    pub length: u64,
    /// The range of bytes that is read.
    pub range: Range<u64>,
    /// The bytes.
    pub bytes: BoxStream<'static, Result<Bytes, Error>>,
}

impl Objects {
    /// Reads a file, or as much of the part as exists.
    pub async fn read(&self, key: &str, part: Option<Range<u64>>) -> Result<Reader, Error> {
        let range = part.clone().map(GetRange::Bounded);
        let options = GetOptions { range, ..GetOptions::default() };
        let path = self.path(key);
        match self.store.get_opts(&path, options).await {
            Ok(found) => {
                self.used().await;
                let (length, range) = (found.meta.size, found.range.clone());
                let bytes = found.into_stream().map_err(Error::from).boxed();
                Ok(Reader { length, range, bytes })
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
