//! Room for large answers. What is read for one is bounded, and so is how many are read at a time, but an answer takes
//! memory until the client has read it, and a client may take its time. So what is large is counted until it is sent,
//! and no tenant may have more than is left: one gets half of the whole, two a third each, and however many take their
//! share, the next one's answers still find room.

use std::sync::{Arc, OnceLock};

use axum::body::{Body, HttpBody as _, to_bytes};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use chatwoot::client::{InHand, Room};
use domain::TenantId;

use crate::error::ApiError;

/// Bytes of large answers that a process holds.
pub(crate) const MOST: usize = 128 << 20;
/// The largest answer that needs no room.
const SMALL: usize = 64 << 10;

/// Whose request it is, once that is known.
#[derive(Debug, Clone, Default)]
struct Whose(Arc<OnceLock<TenantId>>);

/// Says whose request this is.
pub(crate) fn belongs(parts: &Parts, tenant: &TenantId) {
    if let Some(whose) = parts.extensions.get::<Whose>() {
        // Set once: a request has one caller.
        let _ = whose.0.set(tenant.clone());
    }
}

/// Counts a tenant's large answer until it is sent, or says that there is no room for it. Files and live streams are
/// sent piece by piece and have places of their own.
pub(crate) async fn count(
    State(in_hand): State<InHand>,
    mut request: Request,
    next: Next,
) -> Response {
    let whose = Whose::default();
    request.extensions_mut().insert(whose.clone());
    let answer = next.run(request).await;
    let size = answer.body().size_hint().exact().and_then(|size| usize::try_from(size).ok());
    let (Some(tenant), Some(size)) = (whose.0.get(), size.filter(|size| *size > SMALL)) else {
        return answer;
    };
    let mut room = in_hand.room(&tenant.as_str().into());
    if !room.grow(size) {
        return ApiError::Busy.into_response();
    }
    let (parts, body) = answer.into_parts();
    match to_bytes(body, size).await {
        Ok(bytes) => {
            // Parts of it may be on their way when the body is gone, and each keeps all of it.
            let counted = Bytes::from_owner(Counted { bytes, _room: room });
            Response::from_parts(parts, Body::from(counted))
        }
        Err(error) => ApiError::internal(error).into_response(),
    }
}

struct Counted {
    bytes: Bytes,
    _room: Room,
}

impl AsRef<[u8]> for Counted {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}
