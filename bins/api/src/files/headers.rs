//! The headers of a file that is served. Its sender is a stranger: nothing in it may run as a page of ours.

use std::ops::Range;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::form::essence;

/// Media types that browsers show and that cannot hold a script.
const SHOWN: [&str; 20] = [
    "image/png",
    "image/jpeg",
    "image/gif",
    "image/webp",
    "image/avif",
    "image/bmp",
    "audio/mpeg",
    "audio/mp4",
    "audio/aac",
    "audio/ogg",
    "audio/opus",
    "audio/wav",
    "audio/x-wav",
    "audio/webm",
    "audio/flac",
    "audio/amr",
    "video/mp4",
    "video/webm",
    "video/ogg",
    "video/quicktime",
];
/// The type that all other files are served with, so that browsers guess none.
const HIDDEN: &str = "application/octet-stream";
/// A file never changes, but who may see it does: a browser must ask, by its tag, before it shows it again.
const CACHED: HeaderValue = HeaderValue::from_static("private, no-cache");
const POLICY: HeaderValue = HeaderValue::from_static("default-src 'none'; sandbox");
/// Characters of a name that are not escaped.
const PLAIN: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_');

/// What a file is called and what it is.
pub(crate) struct Headers<'a> {
    pub(crate) tag: &'a str,
    pub(crate) file_name: &'a str,
    pub(crate) content_type: Option<&'a str>,
}

/// Marks an answer whose bytes must not be compressed, whatever the caller can unpack.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Untouched;

impl Headers<'_> {
    /// Answers that the caller has the file already.
    pub(crate) fn known(&self) -> Response {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        self.put(response.headers_mut());
        response.headers_mut().remove(header::CONTENT_TYPE);
        response
    }

    /// Answers with the bytes in this range of a file of this length. Without a range, with all of
    /// it, even if its length is unknown.
    pub(crate) fn answer(
        &self,
        range: Option<Range<u64>>,
        length: Option<u64>,
        body: Body,
    ) -> Response {
        let mut response = Response::new(body);
        self.put(response.headers_mut());
        let count = range.as_ref().map(|range| range.end - range.start).or(length);
        if let Some(count) = count {
            response.headers_mut().insert(header::CONTENT_LENGTH, count.into());
        }
        if let Some(range) = range {
            let length = length.map_or_else(|| "*".to_owned(), |length| length.to_string());
            let text = format!("bytes {}-{}/{length}", range.start, range.end.saturating_sub(1));
            if let Ok(text) = HeaderValue::from_str(&text) {
                response.headers_mut().insert(header::CONTENT_RANGE, text);
            }
            *response.status_mut() = StatusCode::PARTIAL_CONTENT;
        }
        response.extensions_mut().insert(Untouched);
        response
    }

    fn put(&self, headers: &mut HeaderMap) {
        let essence = essence(self.content_type.unwrap_or_default()).to_ascii_lowercase();
        let shown = SHOWN.into_iter().find(|kind| *kind == essence);
        let kind = HeaderValue::from_static(shown.unwrap_or(HIDDEN));
        headers.insert(header::CONTENT_TYPE, kind);
        let disposition = if shown.is_some() { "inline" } else { "attachment" };
        if let Ok(value) = HeaderValue::from_str(&content_disposition(disposition, self.file_name))
        {
            headers.insert(header::CONTENT_DISPOSITION, value);
        }
        if let Ok(tag) = HeaderValue::from_str(self.tag) {
            headers.insert(header::ETAG, tag);
        }
        headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
        headers.insert(header::CACHE_CONTROL, CACHED);
        headers.append(header::VARY, HeaderValue::from_static("authorization"));
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(header::CONTENT_SECURITY_POLICY, POLICY);
        let own = HeaderName::from_static("cross-origin-resource-policy");
        headers.insert(own, HeaderValue::from_static("same-site"));
    }
}

/// Gives the name twice (RFC 6266): as old programs read it, and exactly.
fn content_disposition(disposition: &str, name: &str) -> String {
    let plain: String = name
        .chars()
        .map(|c| if c.is_ascii_graphic() && !"\"\\%;".contains(c) || c == ' ' { c } else { '_' })
        .collect();
    let exact = utf8_percent_encode(name, &PLAIN);
    format!("{disposition}; filename=\"{plain}\"; filename*=UTF-8''{exact}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(content_type: Option<&str>) -> HeaderMap {
        let headers = Headers { tag: "\"t\"", file_name: "a \"b\".ö", content_type };
        headers.answer(None, Some(3), Body::empty()).headers().clone()
    }

    #[test]
    fn what_could_run_is_only_given_out_to_be_kept() {
        for kind in ["text/html", "image/svg+xml", "application/pdf", "text/xml", "", "image/png2"]
        {
            let headers = headers(Some(kind));
            assert_eq!(headers["content-type"], HIDDEN, "{kind}");
            assert!(headers["content-disposition"].to_str().unwrap().starts_with("attachment;"));
            assert_eq!(headers["x-content-type-options"], "nosniff");
            assert_eq!(headers["content-security-policy"], "default-src 'none'; sandbox");
        }
        let headers = headers(Some("Image/PNG; x=y"));
        assert_eq!(headers["content-type"], "image/png");
        let name = "inline; filename=\"a _b_._\"; filename*=UTF-8''a%20%22b%22.%C3%B6";
        assert_eq!(headers["content-disposition"], name);
    }
}
