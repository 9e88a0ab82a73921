//! Writing files.

use std::sync::Arc;

use bytes::Bytes;
use object_store::buffered::BufWriter;
use tokio::io::AsyncWriteExt as _;

use crate::{Error, Objects};

/// A file that is being written. If it is dropped unfinished, there is no file.
pub struct Writer {
    file: BufWriter,
    place: Objects,
}

impl Objects {
    /// Begins to write a file.
    pub fn write(&self, key: &str) -> Writer {
        let (store, place) = (Arc::clone(&self.store), self.clone());
        let file = BufWriter::with_capacity(store, self.path(key), self.part);
        Writer { file: file.with_max_concurrency(2), place }
    }
}

impl Writer {
    /// Adds bytes, and waits until the place has taken enough of those before.
    pub async fn put(&mut self, bytes: Bytes) -> Result<(), Error> {
        Ok(self.file.put(bytes).await?)
    }

    /// Completes the file. From now on it can be read, and it survives a power cut.
    pub async fn finish(mut self) -> Result<(), Error> {
        if let Err(error) = self.place.mark().await {
            self.abort().await;
            return Err(error);
        }
        self.file.shutdown().await.map_err(|error| match error.downcast::<object_store::Error>() {
            Ok(error) => Error::from(error),
            Err(source) => Error::from(object_store::Error::Generic {
                store: "objects",
                source: source.into(),
            }),
        })
    }

    /// Gives up, and removes what the place was given already.
    pub async fn abort(mut self) {
        // What cannot be removed has no name; a bucket's lifecycle rules clear it away.
        let _taken_back = self.file.abort().await;
    }
}
