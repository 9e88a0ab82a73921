//! The files of a reply, from where they are kept.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chatwoot::client;
use domain::{Upload, in_words};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use objects::{Error, Objects};

/// Why a reply cannot go with its files.
pub(super) enum Missing {
    /// They may be had later.
    ForNow(Error),
    /// One is not there, or is not what was attached.
    ForGood,
}

/// Whether all of them are there.
pub(super) async fn check(objects: &Objects, uploads: &[Upload]) -> Result<(), Missing> {
    for upload in uploads {
        match objects.length(&upload.key).await {
            Ok(length) if i64::try_from(length) == Ok(upload.file_size) => {}
            Ok(_) | Err(Error::NotFound) => return Err(Missing::ForGood),
            Err(error) => return Err(Missing::ForNow(error)),
        }
    }
    Ok(())
}

/// What people are told while files cannot be read.
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
        tracing::warn!(error, "a file could not be read while it was sent");
        self.0.store(true, Ordering::Relaxed);
    }
}

/// The uploads, each read when it is sent.
pub(super) fn read(
    objects: &Objects,
    uploads: &[Upload],
    broken_off: &BrokenOff,
) -> Vec<client::Upload> {
    uploads.iter().map(|upload| one(objects.clone(), upload, broken_off.clone())).collect()
}

fn one(objects: Objects, upload: &Upload, broken_off: BrokenOff) -> client::Upload {
    let key = upload.key.clone();
    let reading = async move {
        let reader = objects.read(&key, None).await.map_err(client::ReadError::from)?;
        Ok::<_, client::ReadError>(reader.bytes.map_err(client::ReadError::from))
    };
    client::Upload {
        file_name: upload.file_name.clone(),
        media_type: upload.content_type.clone(),
        length: u64::try_from(upload.file_size).unwrap_or_default(),
        bytes: stream::once(reading)
            .try_flatten()
            .inspect_err(move |error| broken_off.note(error))
            .boxed(),
    }
}
