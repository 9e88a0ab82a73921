//! Reading a form, part by part.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use std::time::Duration;

use axum::body::Body;
use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{DefaultBodyLimit, FromRequest as _, Multipart, Request};
use axum::http::{HeaderMap, StatusCode, header};
use bytes::Bytes;
use futures_util::TryStreamExt as _;
use tokio::time::timeout;

use crate::error::ApiError;

/// Bytes of all files of a message together.
pub(super) const MOST_FILES_BYTES: u64 = 100 * 1024 * 1024;
/// Bytes of a form: its files, its text and its boundaries.
const MOST_FORM_BYTES: usize = 102 * 1024 * 1024;
/// Bytes of a text part: enough for the longest text, with four bytes for each character.
const MOST_TEXT_BYTES: usize = 1024 * 1024;
/// Bytes of a form besides what is in its parts: their headers, and what comes before the first of them. Whoever reads
/// it keeps those of a part until it has all of them, and looks through all that it has each time that more comes.
const MOST_AROUND_PARTS: usize = 1024 * 1024;
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
pub(crate) struct Form {
    parts: Multipart,
    /// How many bytes have come.
    came: Arc<AtomicUsize>,
    /// How many of them were in parts, and given out.
    given: usize,
}

/// One part of it.
pub(crate) struct FormPart<'a> {
    field: Field<'a>,
    given: &'a mut usize,
}

impl Form {
    pub(crate) async fn of(mut request: Request) -> Result<Self, ApiError> {
        let length = request.headers().get(header::CONTENT_LENGTH);
        let length = length.and_then(|value| value.to_str().ok()?.parse().ok());
        if length.is_some_and(|length: usize| length > MOST_FORM_BYTES) {
            return Err(too_much());
        }
        DefaultBodyLimit::max(MOST_FORM_BYTES).apply(&mut request);
        let came = Arc::new(AtomicUsize::new(0));
        let noted = Arc::clone(&came);
        let count = move |chunk: &Bytes| {
            noted.fetch_add(chunk.len(), Ordering::Relaxed);
        };
        let counted =
            request.map(|body| Body::from_stream(body.into_data_stream().inspect_ok(count)));
        let parts = Multipart::from_request(counted, &()).await;
        let parts = parts.map_err(|rejection| ApiError::BadForm(rejection.body_text()))?;
        Ok(Self { parts, came, given: 0 })
    }

    pub(crate) async fn next(&mut self) -> Result<Option<FormPart<'_>>, ApiError> {
        let (came, given) = (&self.came, self.given);
        let mut field = pin!(self.parts.next_field());
        let field = poll_fn(|context| match field.as_mut().poll(context) {
            Poll::Ready(field) => Poll::Ready(field.map_err(|error| refusal(&error))),
            Poll::Pending if came.load(Ordering::Relaxed) - given > MOST_AROUND_PARTS => {
                let most = MOST_AROUND_PARTS / 1024 / 1024;
                let message = format!("the form has more than {most} MiB around its parts");
                Poll::Ready(Err(ApiError::BadForm(message)))
            }
            Poll::Pending => Poll::Pending,
        });
        let field = timeout(STALL, field).await.map_err(|_| ApiError::Timeout)??;
        Ok(field.map(|field| FormPart { field, given: &mut self.given }))
    }
}

impl FormPart<'_> {
    pub(crate) fn name(&self) -> &str {
        self.field.name().unwrap_or_default()
    }

    pub(crate) fn file_name(&self) -> Option<&str> {
        self.field.file_name()
    }

    pub(crate) fn content_type(&self) -> Option<&str> {
        self.field.content_type()
    }

    pub(crate) async fn chunk(&mut self) -> Result<Option<Bytes>, ApiError> {
        let chunk = timeout(STALL, self.field.chunk()).await.map_err(|_| ApiError::Timeout)?;
        let chunk = chunk.map_err(|error| refusal(&error))?;
        *self.given += chunk.as_ref().map_or(0, Bytes::len);
        Ok(chunk)
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

#[cfg(test)]
mod tests {
    use futures_util::stream;

    use super::*;

    const CHUNK: usize = 64 * 1024;

    /// A form that begins like this and goes on for ever, and how many bytes of that were taken.
    async fn endless(begin: &'static str) -> (Form, Arc<AtomicUsize>) {
        let taken = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&taken);
        let more = stream::unfold((begin, counter), async |(begin, counter)| {
            // Each chunk comes by itself.
            tokio::task::yield_now().await;
            let chunk = if begin.is_empty() { "x".repeat(CHUNK) } else { begin.to_owned() };
            counter.fetch_add(chunk.len(), Ordering::Relaxed);
            Some((Ok::<_, std::io::Error>(chunk), ("", counter)))
        });
        let request = Request::post("/")
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=b")
            .body(Body::from_stream(more));
        (Form::of(request.unwrap()).await.unwrap(), taken)
    }

    #[tokio::test]
    async fn what_comes_without_a_part_is_not_kept_and_looked_through_without_end() {
        for begin in ["x", "--b\r\nContent-Disposition: form-data; name=\""] {
            let (mut form, taken) = endless(begin).await;
            let Err(error) = form.next().await else { panic!("a part in {begin:?}") };
            assert!(matches!(error, ApiError::BadForm(_)), "{error:?}");
            let taken = taken.load(Ordering::Relaxed);
            assert!(taken <= MOST_AROUND_PARTS + 2 * CHUNK, "{taken} bytes of {begin:?}");
        }
    }

    #[tokio::test]
    async fn a_part_may_be_much_longer_than_what_is_around_it() {
        let begin = "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n";
        let (mut form, _) = endless(begin).await;
        let mut part = form.next().await.unwrap().unwrap();
        let mut length = 0;
        while length < 4 * MOST_AROUND_PARTS {
            length += part.chunk().await.unwrap().unwrap().len();
        }
        drop(part);
        assert_eq!(form.given, length);
    }
}
