//! `Idempotency-Key`: a request that is sent again has one effect, and gets its first answer again.
//!
//! ```text
//! track ─► read (the key) ─► handler: who calls ─► its body, digested on its way ─► begin
//!       ─► its changes ─► finish (answer + commit)
//! ```
//!
//! No body is held here: a handler reads its body once it knows whose it is.
//!
//! The answer is stored in the same transaction as the change, whichever that is. A refused request has
//! changed nothing and is not stored, so it may be sent again under the same key, and at once: `read` has the
//! transaction rolled back, and the key free, before the caller hears of the refusal.

use std::sync::{Arc, Mutex as SyncMutex, PoisonError};
use std::time::Duration;

use axum::body::Body;
use axum::extract::{FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use futures_util::StreamExt as _;
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use store::PgConnection;
use store::idempotency::{self, Answer, Claimed};
use tokio::sync::{Mutex, OwnedMappedMutexGuard, OwnedMutexGuard};

use crate::App;
use crate::auth::Caller;
use crate::database::Placed;
use crate::error::ApiError;
use crate::files::is_form;

const KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Header that marks an answer as the one that the request had before.
pub(crate) const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// Longest key, in characters.
const LONGEST_KEY: usize = 255;
/// How long an answer is stored.
pub(crate) const KEPT: Duration = Duration::from_hours(24);

/// A request's key, and a digest of what it asks for, as far as that has been read.
#[derive(Clone)]
struct Asked {
    key: String,
    digest: Arc<SyncMutex<Sha256>>,
    /// The transaction that holds the key while the request is carried out.
    open: Open,
}

/// The key and digest of a request that has been read to its end.
struct Named {
    key: String,
    digest: Vec<u8>,
    open: Open,
}

type Open = Arc<Mutex<Option<Placed>>>;

/// Reads the key of a request that has one, and has what the request asks for digested.
pub(crate) async fn read(request: Request, next: Next) -> Response {
    let mut keys = request.headers().get_all(&KEY).into_iter();
    let Some(key) = keys.next().filter(|_| request.method() == Method::POST) else {
        return next.run(request).await;
    };
    let fits = |key: &&HeaderValue| {
        (1..=LONGEST_KEY).contains(&key.len()) && key.as_bytes().iter().all(u8::is_ascii_graphic)
    };
    let Some(key) = Some(key)
        .filter(fits)
        .filter(|_| keys.next().is_none())
        .and_then(|key| key.to_str().ok())
        .map(str::to_owned)
    else {
        let message = format!("must be one, of 1 to {LONGEST_KEY} visible ASCII characters");
        return ApiError::field("Idempotency-Key", message).into_response();
    };
    let open = Open::default();
    let is_form = is_form(request.headers());
    let (mut parts, body) = request.into_parts();
    let mut digest = Sha256::new();
    digest.update(parts.uri.to_string());
    if !is_form {
        digest.update([0]);
    }
    let asked = Asked { key, digest: Arc::new(SyncMutex::new(digest)), open: Arc::clone(&open) };
    let body = if is_form {
        // The form's boundaries may differ from one try to the next, so its handler says what it asks for.
        body
    } else {
        let asked = asked.clone();
        Body::from_stream(body.into_data_stream().inspect(move |read| {
            if let Ok(bytes) = read {
                asked.digest.lock().unwrap_or_else(PoisonError::into_inner).update(bytes);
            }
        }))
    };
    parts.extensions.insert(asked);
    let answer = next.run(Request::from_parts(parts, body)).await;
    if let Some(refused) = open.lock().await.take() {
        // If the connection is lost, that rolls it back as well.
        let _ = refused.rollback().await;
    }
    answer
}

/// The key of a request, if it has one.
pub(crate) struct Key(Option<Asked>);

impl<S: Send + Sync> FromRequestParts<S> for Key {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self(parts.extensions.get().cloned()))
    }
}

/// How a request begins.
pub(crate) enum Begun<'a> {
    /// The request is to be carried out.
    Fresh(Work<'a>),
    /// The request was carried out before, with this answer.
    Answered(Response),
}

/// A request that is being carried out, in a transaction of its caller's tenant or, above the
/// tenants, of the installation. Rolled back unless finished.
pub(crate) struct Work<'a> {
    transaction: OwnedMappedMutexGuard<Option<Placed>, Placed>,
    open: Open,
    caller: Caller<'a>,
    signature: String,
    named: Option<Named>,
}

impl Key {
    /// Has the key cover these parts of the request too.
    pub(crate) fn covering(self, asked: &[&[u8]]) -> Self {
        Self(self.0.map(|so_far| {
            let Named { key, digest, open } = so_far.read();
            let mut all = Sha256::new_with_prefix(digest);
            for part in asked {
                all.update((part.len() as u64).to_be_bytes());
                all.update(part);
            }
            Asked { key, digest: Arc::new(SyncMutex::new(all)), open }
        }))
    }

    /// Begins a request that changes something, and its transaction.
    pub(crate) async fn begin<'a>(
        self,
        app: &App,
        caller: impl Into<Caller<'a>>,
    ) -> Result<Begun<'a>, ApiError> {
        let caller = caller.into();
        let mut transaction = match caller.tenant() {
            Some(tenant) => app.tenant(tenant).await?,
            None => app.installation().await?,
        };
        let Some(named) = self.0.map(Asked::read) else {
            return Work::begin(transaction, Open::default(), caller, None).map(Begun::Fresh);
        };
        let signature = caller.signature();
        let request = named.of(caller, &signature);
        let known = match idempotency::claim(&mut transaction, &request).await? {
            Claimed::Fresh => {
                let open = Arc::clone(&named.open);
                return Work::begin(transaction, open, caller, Some(named)).map(Begun::Fresh);
            }
            Claimed::Answered(answer) => Ok(Begun::Answered(again(answer))),
            Claimed::Other => Err(ApiError::KeyReused),
            Claimed::UnderWay => Err(ApiError::UnderWay),
        };
        // Ended before the answer, so that the key is free by the time the caller asks again.
        transaction.commit().await?;
        known
    }
}

impl Asked {
    /// Finishes the digest. The handler must have read the body.
    fn read(self) -> Named {
        let digest = self.digest.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Named { key: self.key, digest: digest.finalize().to_vec(), open: self.open }
    }
}

impl Named {
    fn of<'a>(&'a self, caller: Caller<'a>, signature: &'a str) -> idempotency::Request<'a> {
        idempotency::Request {
            tenant: caller.tenant(),
            principal: signature,
            key: &self.key,
            digest: &self.digest,
        }
    }
}

impl<'a> Work<'a> {
    fn begin(
        transaction: Placed,
        open: Open,
        caller: Caller<'a>,
        named: Option<Named>,
    ) -> Result<Self, ApiError> {
        let mut held = Arc::clone(&open).try_lock_owned().map_err(ApiError::internal)?;
        *held = Some(transaction);
        let transaction = OwnedMutexGuard::try_map(held, Option::as_mut)
            .map_err(|_| ApiError::internal(anyhow::anyhow!("a transaction is lost")))?;
        Ok(Self { transaction, open, caller, signature: caller.signature(), named })
    }

    pub(crate) fn connection(&mut self) -> &mut PgConnection {
        &mut self.transaction
    }

    /// Commits what was done, together with its answer.
    pub(crate) async fn finish(
        mut self,
        status: StatusCode,
        location: Option<String>,
        content: &(impl Serialize + Sync),
    ) -> Result<Response, ApiError> {
        let answer = answer(status, location, content)?;
        if let Some(named) = &self.named {
            let request = named.of(self.caller, &self.signature);
            idempotency::keep(&mut self.transaction, &request, &answer, KEPT).await?;
        }
        self.end(answer).await
    }

    /// Returns the request's key, for work that is done in another transaction and stores its
    /// answer there, for [`KEPT`]. Returns `None` if the request has no key.
    pub(crate) fn request(&self) -> Option<idempotency::Request<'_>> {
        self.named.as_ref().map(|named| named.of(self.caller, &self.signature))
    }

    /// Ends the transaction at once, without an effect: what is still to be done needs none, and
    /// the request may be sent again under its key.
    pub(crate) async fn release(self) -> Result<(), ApiError> {
        Ok(self.close().await?.rollback().await?)
    }

    /// Commits what was done, whose answer is stored already.
    pub(crate) async fn end(self, answer: Answer) -> Result<Response, ApiError> {
        self.close().await?.commit().await?;
        Ok(respond(answer))
    }

    async fn close(self) -> Result<Placed, ApiError> {
        let Self { transaction, open, .. } = self;
        drop(transaction);
        let done = open.lock().await.take();
        done.ok_or_else(|| ApiError::internal(anyhow::anyhow!("a transaction is lost")))
    }
}

/// Makes an answer. One without content has no body.
pub(crate) fn answer(
    status: StatusCode,
    location: Option<String>,
    content: &impl Serialize,
) -> Result<Answer, ApiError> {
    let body = match status {
        StatusCode::NO_CONTENT => Vec::new(),
        _ => serde_json::to_vec(content).map_err(ApiError::internal)?,
    };
    Ok(Answer { status: status.as_u16(), location, body })
}

fn again(answer: Answer) -> Response {
    let mut response = respond(answer);
    response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    response
}

fn respond(answer: Answer) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() =
        StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if !answer.body.is_empty() {
        let json = HeaderValue::from_static("application/json");
        response.headers_mut().insert(header::CONTENT_TYPE, json);
        *response.body_mut() = Body::from(answer.body);
    }
    if let Some(location) = answer.location.and_then(|to| HeaderValue::from_str(&to).ok()) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}
