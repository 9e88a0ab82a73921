//! Writing files.

use std::sync::Arc;

use bytes::Bytes;
use object_store::buffered::BufWriter;
use tokio::io::AsyncWriteExt as _;

use crate::{Error, Objects};

/// A file that is being written. Dropped unfinished, it never was.
pub struct Writer {
    file: BufWriter,
    place: Objects,
}

impl Objects {
    /// Begins a file.
    pub fn write(&self, key: &str) -> Writer {
        let (store, place) = (Arc::clone(&self.store), self.clone());
        let file = BufWriter::with_capacity(store, self.path(key), self.part);
        Writer { file: file.with_max_concurrency(2), place }
    }
}

impl Writer {
    /// Adds bytes, waiting for the place to take what it was given before.
    pub async fn put(&mut self, bytes: Bytes) -> Result<(), Error> {
        Ok(self.file.put(bytes).await?)
    }

    /// The file is there from now on, and survives a power cut.
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

    /// Gives up, and takes back what the place was given already.
    pub async fn abort(mut self) {
        // What cannot be taken back has no name: a bucket's rules clear it away.
        let _taken_back = self.file.abort().await;
    }
}
