//! The body of every error: RFC 9457, `application/problem+json`.

mod faults;
pub(crate) mod kinds;

use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use domain::FreeForm;
use serde::Serialize;

use self::kinds::Kind;

pub(crate) use self::faults::Faults;

/// What went wrong, for programs (`code`, `errors`) and for people (`detail`).
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Problem {
    /// Stable address of this kind of problem; it says what to do about it.
    #[serde(rename = "type")]
    #[schema(example = "/problems/not-found")]
    pub(crate) kind: String,
    /// Short name of this kind of problem, for people.
    #[schema(example = "Not found")]
    pub(crate) title: &'static str,
    /// The HTTP status.
    #[schema(example = 404)]
    pub(crate) status: u16,
    /// What is wrong with this request, and what to do.
    #[schema(example = "there is no such conversation")]
    pub(crate) detail: String,
    /// Stable name of this kind of problem.
    #[schema(example = "not-found")]
    pub(crate) code: &'static str,
    /// Id of the request's trace; quote it in a report.
    #[schema(example = "4bf92f3577b34da6a3ce929d0e0e4736")]
    pub(crate) trace_id: String,
    /// The fields at fault; present if `code` is `invalid`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) errors: Vec<FieldError>,
    /// The present state of what the request was about; present if `code` is `changed`, `stale`,
    /// `decided` or `taken`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub(crate) current: Option<FreeForm>,
}

/// What is wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FieldError {
    /// Name of the field in the body or query string.
    #[schema(example = "content")]
    pub(crate) field: String,
    /// What is wrong with its value.
    #[schema(example = "must not be blank")]
    pub(crate) message: String,
}

impl FieldError {
    /// Names the faults in one line.
    pub(crate) fn in_words(errors: &[Self]) -> String {
        let words: Vec<_> =
            errors.iter().map(|error| format!("{} {}", error.field, error.message)).collect();
        words.join("; ")
    }
}

impl Problem {
    /// A problem of this kind. [`Problem::write`] adds the trace id.
    pub(crate) fn describing(kind: &Kind, detail: String) -> Self {
        Self {
            kind: format!("/problems/{}", kind.code),
            title: kind.title,
            status: kind.status,
            detail,
            code: kind.code,
            trace_id: String::new(),
            errors: Vec::new(),
            current: None,
        }
    }

    /// Writes the problem of a response, if it has one, into the body.
    pub(crate) fn write(mut response: Response, trace_id: &str) -> Response {
        let Some(mut problem) = response.extensions_mut().remove::<Self>() else {
            return response;
        };
        trace_id.clone_into(&mut problem.trace_id);
        // Text and numbers always serialise.
        let body = serde_json::to_vec(&problem).unwrap_or_default();
        let headers = response.headers_mut();
        headers.remove(header::CONTENT_LENGTH);
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        *response.body_mut() = Body::from(body);
        response
    }
}
