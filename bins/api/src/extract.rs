//! Extractors that refuse, with a problem, what is not as it should be.

use std::error::Error;
use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::header::CONTENT_LENGTH;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use domain::TenantId;
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::App;
use crate::error::ApiError;
use crate::problem::FieldError;

/// A query string.
pub(crate) struct Query<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        // Text in Postgres cannot hold NUL, in whatever parameter it comes.
        if parts.uri.query().is_some_and(|query| query.contains("%00")) {
            return Err(ApiError::BadQuery("the query string holds a NUL character".to_owned()));
        }
        axum::extract::Query::from_request_parts(parts, state)
            .await
            .map(|axum::extract::Query(value)| Self(value))
            .map_err(|rejection: QueryRejection| ApiError::BadQuery(rejection.body_text()))
    }
}

/// An id in a path. Text that cannot be an id names nothing, so it is not found.
pub(crate) struct Id<T>(pub(crate) T);

/// A name in a path. Text that cannot be a name names nothing, so it is not found.
pub(crate) struct Name<T>(pub(crate) T);

/// The two ids in a path, in order.
pub(crate) struct Ids<A, B>(pub(crate) A, pub(crate) B);

impl<T: From<uuid::Uuid>, S: Send + Sync> FromRequestParts<S> for Id<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let path = axum::extract::Path::<uuid::Uuid>::from_request_parts(parts, state).await;
        path.map(|axum::extract::Path(id)| Self(id.into())).map_err(|_| ApiError::NotAnId)
    }
}

impl<T: FromStr, S: Send + Sync> FromRequestParts<S> for Name<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let path = axum::extract::Path::<String>::from_request_parts(parts, state).await;
        let name = path.ok().and_then(|axum::extract::Path(text)| text.parse().ok());
        name.map(Self).ok_or(ApiError::NotAnId)
    }
}

impl<A, B, S> FromRequestParts<S> for Ids<A, B>
where
    A: From<uuid::Uuid>,
    B: From<uuid::Uuid>,
    S: Send + Sync,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        type Path = axum::extract::Path<(uuid::Uuid, uuid::Uuid)>;
        let path = Path::from_request_parts(parts, state).await;
        path.map(|axum::extract::Path((a, b))| Self(a.into(), b.into()))
            .map_err(|_| ApiError::NotAnId)
    }
}

/// Bytes above which reading a body needs room.
const LONG_BODY_BYTES: usize = 64 * 1024;
/// The most values of a body. Read, each takes up to a hundred times the two bytes that it can be written in.
const MOST_VALUES: usize = 20_000;

/// A JSON body.
pub(crate) struct Json<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<App> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &App) -> Result<Self, ApiError> {
        // Only callers of a tenant need room: those above the tenants are few.
        let _room = match request.extensions().get::<TenantId>() {
            Some(tenant) if is_long(request.headers()) => {
                Some(app.long_bodies.enter(tenant).ok_or(ApiError::Busy)?)
            }
            _ => None,
        };
        let sent = axum::Json::<Box<RawValue>>::from_request(request, app).await;
        let sent = sent.map_err(|rejection| refusal(&rejection))?;
        let body = sent.get().as_bytes();
        if chatwoot::webhook::values(body) > MOST_VALUES {
            return Err(ApiError::TooManyValues(MOST_VALUES));
        }
        match axum::Json::from_bytes(body) {
            Ok(axum::Json(Object(value))) => Ok(Self(value)),
            Err(rejection) => Err(refusal(&rejection)),
        }
    }
}

/// Whether the body is, or may be, a long one.
fn is_long(headers: &HeaderMap) -> bool {
    let length = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    length.is_none_or(|length: usize| length > LONG_BODY_BYTES)
}

/// Every body must be an object. Serde would also fill a struct from a list, by the order of its fields.
struct Object<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Fields(PhantomData)).map(Self)
    }
}

struct Fields<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Fields<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(fields))
    }
}

fn refusal(rejection: &JsonRejection) -> ApiError {
    match rejection {
        JsonRejection::MissingJsonContentType(_) => ApiError::NotJson,
        JsonRejection::JsonDataError(error) => match misfit(error) {
            Some(misfit) => ApiError::Invalid(vec![field_error(misfit)]),
            None => ApiError::field("", rejection.body_text()),
        },
        _ if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => ApiError::TooLarge,
        _ => ApiError::BadJson(rejection.body_text()),
    }
}

/// JSON of another shape than wanted, and where it is.
pub(crate) type Misfit = serde_path_to_error::Error<serde_json::Error>;

/// Finds the cause that says where the JSON is wrong.
fn misfit<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a Misfit> {
    error.downcast_ref().or_else(|| misfit(error.source()?))
}

/// Names the field at fault.
pub(crate) fn field_error(misfit: &Misfit) -> FieldError {
    let cause = misfit.inner();
    let message = cause.to_string();
    // The field says where. Lines and columns mean nothing to the people who use the client.
    let place = format!(" at line {} column {}", cause.line(), cause.column());
    let message = message.strip_suffix(&place).unwrap_or(&message);
    let at_root = misfit.path().iter().next().is_none();
    let path = if at_root { String::new() } else { misfit.path().to_string() };
    // Serde names a missing field only in the message, and its parent as the place.
    let missing = message.strip_prefix("missing field `").and_then(|name| name.strip_suffix('`'));
    let (field, message) = match missing {
        Some(name) if at_root => (name.to_owned(), "is missing"),
        Some(name) => (format!("{path}.{name}"), "is missing"),
        None => (path, message),
    };
    FieldError { field, message: message.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only read")]
    struct Outer {
        inner: Inner,
        all: Vec<u8>,
    }

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only read")]
    struct Inner {
        name: String,
    }

    #[test]
    fn the_field_at_fault_is_named_wherever_it_is() {
        for (body, field, message) in [
            (r#"{"all": []}"#, "inner", "is missing"),
            (r#"{"inner": {}, "all": []}"#, "inner.name", "is missing"),
            (
                r#"{"inner": {"name": 7}, "all": []}"#,
                "inner.name",
                "invalid type: integer `7`, expected a string",
            ),
            (
                r#"{"inner": {"name": "a: b"}, "all": [1, 300]}"#,
                "all[1]",
                "invalid value: integer `300`, expected u8",
            ),
            ("[]", "", "invalid type: sequence, expected an object"),
        ] {
            let mut json = serde_json::Deserializer::from_str(body);
            let read = serde_path_to_error::deserialize::<_, Object<Outer>>(&mut json);
            let told = field_error(&read.err().unwrap());
            assert_eq!((&*told.field, &*told.message), (field, message), "{body}");
        }
    }
}
