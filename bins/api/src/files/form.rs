//! Reading a form, part by part.

use std::time::Duration;

use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{DefaultBodyLimit, FromRequest as _, Multipart, Request};
use axum::http::{HeaderMap, StatusCode, header};
use bytes::Bytes;
use tokio::time::timeout;

use crate::error::ApiError;

/// Bytes of all files of a message together.
pub(super) const MOST_FILES_BYTES: u64 = 100 * 1024 * 1024;
/// Bytes of a form: its files, its text and its boundaries.
const MOST_FORM_BYTES: usize = 102 * 1024 * 1024;
/// Bytes of a text part: enough for the longest text, with four bytes for each character.
const MOST_TEXT_BYTES: usize = 1024 * 1024;
/// How long a form may go without a byte.
const STALL: Duration = Duration::from_secs(30);

/// Whether a request's body is a form with files.
pub(crate) fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    kind.is_some_and(|kind| essence(kind).eq_ignore_ascii_case("multipart/form-data"))
}

/// A media type without its parameters.
pub(super) fn essence(media_type: &str) -> &str {
    media_type.split(';').next().unwrap_or_default().trim()
}

/// A form that is being read.
pub(crate) struct Form(Multipart);

/// One part of it.
pub(crate) struct FormPart<'a>(Field<'a>);

impl Form {
    pub(crate) async fn of(mut request: Request) -> Result<Self, ApiError> {
        let length = request.headers().get(header::CONTENT_LENGTH);
        let length = length.and_then(|value| value.to_str().ok()?.parse().ok());
        if length.is_some_and(|length: usize| length > MOST_FORM_BYTES) {
            return Err(too_much());
        }
        DefaultBodyLimit::max(MOST_FORM_BYTES).apply(&mut request);
        let form = Multipart::from_request(request, &()).await;
        form.map(Self).map_err(|rejection| ApiError::BadForm(rejection.body_text()))
    }

    pub(crate) async fn next(&mut self) -> Result<Option<FormPart<'_>>, ApiError> {
        let part = timeout(STALL, self.0.next_field()).await.map_err(|_| ApiError::Timeout)?;
        Ok(part.map_err(|error| refusal(&error))?.map(FormPart))
    }
}

impl FormPart<'_> {
    pub(crate) fn name(&self) -> &str {
        self.0.name().unwrap_or_default()
    }

    pub(crate) fn file_name(&self) -> Option<&str> {
        self.0.file_name()
    }

    pub(crate) fn content_type(&self) -> Option<&str> {
        self.0.content_type()
    }

    pub(crate) async fn chunk(&mut self) -> Result<Option<Bytes>, ApiError> {
        let chunk = timeout(STALL, self.0.chunk()).await.map_err(|_| ApiError::Timeout)?;
        chunk.map_err(|error| refusal(&error))
    }

    /// Reads the part as text.
    pub(crate) async fn text(mut self) -> Result<String, ApiError> {
        let name = self.name().to_owned();
        let mut text = Vec::new();
        while let Some(chunk) = self.chunk().await? {
            if text.len() + chunk.len() > MOST_TEXT_BYTES {
                return Err(ApiError::TooLarge);
            }
            text.extend_from_slice(&chunk);
        }
        String::from_utf8(text).map_err(|_| ApiError::field(&name, "must be UTF-8"))
    }
}

/// The refusal of files that are too large together.
pub(super) fn too_much() -> ApiError {
    let most = MOST_FILES_BYTES / 1024 / 1024;
    ApiError::FileTooLarge(format!("the files of a message may have at most {most} MiB together"))
}

fn refusal(error: &MultipartError) -> ApiError {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        too_much()
    } else {
        ApiError::BadForm(error.body_text())
    }
}
