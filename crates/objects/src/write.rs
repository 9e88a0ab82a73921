//! Writing files.

use std::io::{self, ErrorKind};
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

    /// Removes what a folder has of a file whose writer was killed, or could not complete it. A bucket's lifecycle rules
    /// do the same.
    pub(crate) async fn remove_unfinished(&self, key: &str) -> Result<(), Error> {
        let Some(folder) = &self.folder else { return Ok(()) };
        let file = folder.path_to_filesystem(&self.path(key))?.into_os_string();
        let remove = move || -> io::Result<()> {
            // A file is written as `file#1`, or with the first number that is not taken.
            for number in 1_u64.. {
                let mut unfinished = file.clone();
                unfinished.push(format!("#{number}"));
                match std::fs::remove_file(&unfinished) {
                    Err(error) if error.kind() == ErrorKind::NotFound => break,
                    removed => removed?,
                }
            }
            Ok(())
        };
        let removed = tokio::task::spawn_blocking(remove).await;
        removed.map_err(io::Error::from).flatten().map_err(failed)
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
            Err(source) => failed(source),
        })
    }

    /// Gives up, and removes what the place was given already.
    pub async fn abort(mut self) {
        // What cannot be removed has no name; a bucket's lifecycle rules clear it away.
        let _taken_back = self.file.abort().await;
    }
}

fn failed(source: io::Error) -> Error {
    object_store::Error::Generic { store: "objects", source: source.into() }.into()
}
