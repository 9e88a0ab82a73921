//! The header that says which place in the stream an answer reflects (P6). Every answer that is read from the
//! database has it. Passed as `lastEventId`, it makes the stream go on where the answer ends.

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use utoipa::openapi::{Header, HeaderBuilder};

use super::BASE;
use crate::App;

pub(super) const POSITION: HeaderName = HeaderName::from_static("x-activity-position");
/// Addresses whose answers reflect no place: they are not read from the database, or were read a
/// moment ago, for other callers too.
const NOWHERE: [&str; 3] = ["/auth/config", "/chatwoot", "/operations/pipeline"];

/// Whether answers at this address reflect a place in the stream.
pub(super) fn is_at_one(path: &str) -> bool {
    path.strip_prefix(BASE).is_some_and(|path| !NOWHERE.contains(&path))
}

/// Describes the header in the OpenAPI description.
pub(super) fn described() -> Header {
    let told = "The place in the stream that the answer reflects; missing while the stream cannot be reached";
    HeaderBuilder::from(Header::default()).description(Some(told)).build()
}

/// Adds the header. The place is read before the database is: what has been announced by then has
/// been committed by then.
pub(super) async fn tell(State(app): State<App>, request: Request, next: Next) -> Response {
    let reads = [Method::GET, Method::HEAD].contains(request.method());
    let route = request.extensions().get::<MatchedPath>();
    if !reads || !route.is_some_and(|route| is_at_one(route.as_str())) {
        return next.run(request).await;
    }
    let position = app.snapshot().activity;
    let mut response = next.run(request).await;
    let kind = response.headers().get(header::CONTENT_TYPE);
    let is_json = kind.is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
    if response.status() == StatusCode::OK
        && is_json
        && let Some(position) = position.and_then(|place| HeaderValue::from_str(&place).ok())
    {
        response.headers_mut().insert(POSITION, position);
    }
    response
}
