//! Receiving the files of a message.
//!
//! A row says that a file is coming before its first byte arrives. Whatever happens then, the file
//! ends up in a message, or is found by its row and swept away.

use chrono::{TimeDelta, Utc};
use domain::TenantId;
use sha2::{Digest as _, Sha256};
use store::uploads::{self, Received};

use super::Files;
use super::form::{FormPart, MOST_FILES_BYTES, essence, too_much};
use crate::App;
use crate::capacity::Room;
use crate::error::ApiError;

/// Files that a message may have.
const MOST_FILES: usize = 15;
/// Bytes that one of them may have.
const MOST_FILE_BYTES: u64 = 40 * 1024 * 1024;
/// Longest name of one, in characters.
const LONGEST_NAME: usize = 255;
/// Longest media type, in characters.
const LONGEST_TYPE: usize = 127;
/// The type of a file whose sender names none.
const UNKNOWN_TYPE: &str = "application/octet-stream";

/// Files that were received and belong to no message yet.
pub(crate) struct Receipt<'a> {
    app: &'a App,
    tenant: &'a TenantId,
    files: Vec<Received>,
    bytes: u64,
    _room: Room,
}

impl<'a> Receipt<'a> {
    /// Takes room to receive files in, or refuses with [`ApiError::Busy`].
    pub(crate) fn begin(app: &'a App, tenant: &'a TenantId) -> Result<Self, ApiError> {
        Ok(Self { app, tenant, files: Vec::new(), bytes: 0, _room: app.files.room(tenant)? })
    }

    /// The files received so far.
    pub(crate) fn files(&self) -> &[Received] {
        &self.files
    }

    /// Receives one file.
    pub(crate) async fn take(&mut self, mut part: FormPart<'_>) -> Result<(), ApiError> {
        if self.files.len() == MOST_FILES {
            return Err(invalid(format!("must be at most {MOST_FILES}")));
        }
        let name = name(part.file_name().unwrap_or_default())?;
        let content_type = media_type(part.content_type());
        let mut transaction = self.app.tenant(self.tenant).await?;
        if let Some(most) = self.app.files.most_a_day {
            let since = Utc::now() - TimeDelta::days(1);
            if uploads::kept_since(&mut transaction, self.tenant, since).await? >= most {
                return Err(ApiError::TooManyBytes(most / 1024 / 1024));
            }
        }
        let upload = uploads::begin(&mut transaction, self.tenant, &name, &content_type).await?;
        transaction.commit().await?;
        self.files.push(Received { upload, digest: Vec::new() });
        let received = self.copy(&mut part).await;
        let file = self.files.last_mut().zip(received.as_ref().ok());
        if let Some((file, (size, digest))) = file {
            file.upload.file_size = *size;
            file.digest.clone_from(digest);
        }
        received.map(drop)
    }

    /// Writes the newest file to the object store. Returns its size and digest.
    async fn copy(&mut self, part: &mut FormPart<'_>) -> Result<(i64, Vec<u8>), ApiError> {
        let Some(file) = self.files.last() else { return Err(invalid("must be files".to_owned())) };
        let mut writer = self.app.files.objects().write(&file.upload.key);
        let (mut size, mut digest) = (0, Sha256::new());
        let copied = async {
            while let Some(chunk) = part.chunk().await? {
                size += chunk.len() as u64;
                if size > MOST_FILE_BYTES {
                    let most = MOST_FILE_BYTES / 1024 / 1024;
                    let detail = format!("a file may have at most {most} MiB");
                    return Err(ApiError::FileTooLarge(detail));
                }
                if self.bytes + size > MOST_FILES_BYTES {
                    return Err(too_much());
                }
                digest.update(&chunk);
                writer.put(chunk).await.map_err(ApiError::NoStorage)?;
            }
            if size == 0 { Err(invalid("must not be empty files".to_owned())) } else { Ok(()) }
        };
        if let Err(error) = copied.await {
            writer.abort().await;
            return Err(error);
        }
        writer.finish().await.map_err(ApiError::NoStorage)?;
        self.bytes += size;
        Ok((i64::try_from(size).unwrap_or(i64::MAX), digest.finalize().to_vec()))
    }

    /// Removes the files unless a message has them: a request that seemed to fail may have written
    /// its message all the same. What cannot be removed now is swept away later.
    pub(crate) async fn discard(self) {
        if self.files.is_empty() {
            return;
        }
        let removed = async {
            let ids: Vec<_> = self.files.iter().map(|file| file.upload.id).collect();
            // The refused request's transaction may be open still, in one of the tenant's places:
            // this one waits for no place.
            let mut transaction = self.app.store.tenant(self.tenant).await?;
            for key in uploads::discard(&mut transaction, &ids).await? {
                self.app.files.objects().remove(&key).await?;
            }
            store::commit(transaction).await?;
            anyhow::Ok(())
        };
        if let Err(error) = removed.await {
            let error = format!("{error:#}");
            tracing::info!(
                error,
                "cannot remove files that no message uses; they are left for later"
            );
        }
    }
}

fn invalid(message: String) -> ApiError {
    ApiError::field("attachments", message)
}

/// The bare name: some browsers send a path before it.
fn name(sent: &str) -> Result<String, ApiError> {
    let name = sent.rsplit(['/', '\\']).next().unwrap_or_default();
    let name: String = name.chars().filter(|c| !c.is_control()).collect();
    let name = name.trim();
    if name.chars().count() > LONGEST_NAME {
        return Err(invalid(format!("must have names of at most {LONGEST_NAME} characters")));
    }
    Ok(if name.is_empty() { "file".to_owned() } else { name.to_owned() })
}

/// The media type without parameters, or [`UNKNOWN_TYPE`] if that is not one.
fn media_type(sent: Option<&str>) -> String {
    let essence = essence(sent.unwrap_or_default()).to_ascii_lowercase();
    let token = |text: &str| {
        !text.is_empty()
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&^_.+-".contains(&b))
    };
    let fits = |kind: &str| {
        kind.len() <= LONGEST_TYPE
            && kind.split_once('/').is_some_and(|(kind, subtype)| token(kind) && token(subtype))
    };
    if fits(&essence) { essence } else { UNKNOWN_TYPE.to_owned() }
}

impl Files {
    /// A digest of what a request with these files asks for, whatever the form's boundaries are.
    pub(crate) fn digest(files: &[Received]) -> Vec<u8> {
        let mut digest = Sha256::new();
        for file in files {
            for text in [&file.upload.file_name, &file.upload.content_type] {
                digest.update((text.len() as u64).to_be_bytes());
                digest.update(text);
            }
            digest.update(&file.digest);
        }
        digest.finalize().to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_without_a_path() {
        for (sent, kept) in [
            ("a b.png", "a b.png"),
            ("../../etc/passwd", "passwd"),
            ("C:\\Users\\x\\b.txt", "b.txt"),
            ("a\r\nb", "ab"),
            ("", "file"),
            ("x/", "file"),
        ] {
            assert_eq!(name(sent).unwrap(), kept, "{sent:?}");
        }
        assert!(name(&"é".repeat(256)).is_err());
    }

    #[test]
    fn a_media_type_is_one_or_unknown() {
        for (sent, kept) in [
            (Some("Image/PNG"), "image/png"),
            (Some("text/plain; charset=utf-8"), "text/plain"),
            (Some("text"), UNKNOWN_TYPE),
            (Some("a/b/c"), UNKNOWN_TYPE),
            (Some("a/b\"x"), UNKNOWN_TYPE),
            (None, UNKNOWN_TYPE),
        ] {
            assert_eq!(media_type(sent), kept, "{sent:?}");
        }
    }
}
