//! Serves attachments as Active Storage does: an address that stays redirects to one that is valid
//! for five minutes.

use std::ops::Range;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use bytes::Bytes;
use chrono::{DateTime, TimeDelta};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::refusal::Refusal;
use crate::faults::FileFate;
use crate::model::{Attachment, World};
use crate::sim::Sim;

const VALID_FOR: TimeDelta = TimeDelta::minutes(5);
/// Characters that a name in an address cannot have as they are.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// `/rails/active_storage/blobs/redirect/{signed}/{name}`
pub(crate) async fn redirect(
    State(sim): State<Sim>,
    Path((signed, name)): Path<(String, String)>,
) -> Result<Response, Refusal> {
    match sim.shared.faults.file() {
        FileFate::Served => {}
        FileFate::Unavailable => return Ok(StatusCode::SERVICE_UNAVAILABLE.into_response()),
        FileFate::Elsewhere(place) => return Ok(Redirect::to(&place).into_response()),
    }
    let world = sim.world();
    let id = world.signed(&signed).ok_or(Refusal::NotFound)?;
    let until = (world.now() + VALID_FOR).timestamp();
    let token = format!("{id}-{until}");
    let name = encoded(&name);
    let place =
        format!("{}/rails/active_storage/disk/{}/{name}", world.base_url, world.sign(&token));
    Ok(Redirect::to(&place).into_response())
}

/// `/rails/active_storage/disk/{signed}/{name}`
pub(crate) async fn serve(
    State(sim): State<Sim>,
    Path((signed, _)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let world = sim.world();
    let token = world.signed(&signed).ok_or(Refusal::NotFound)?;
    let (id, until) = token.split_once('-').ok_or(Refusal::NotFound)?;
    let until = until.parse().ok().and_then(|until| DateTime::from_timestamp(until, 0));
    if until.is_none_or(|until| until < world.now()) {
        return Err(Refusal::NotFound);
    }
    let id = id.parse().map_err(|_| Refusal::NotFound)?;
    let row = find(&world, id).ok_or(Refusal::NotFound)?;
    Ok(answer(row, headers.get(header::RANGE)))
}

fn find(world: &World, id: i64) -> Option<&Attachment> {
    let conversations = world.accounts.values().flat_map(|account| account.conversations.values());
    let messages = conversations.flat_map(|conversation| conversation.messages.values());
    messages.flat_map(|message| &message.attachments).find(|file| file.id == id)
}

fn answer(row: &Attachment, range: Option<&HeaderValue>) -> Response {
    let content = row.bytes();
    let length = content.len();
    let kind = row.content_type.as_deref().and_then(|kind| HeaderValue::from_str(kind).ok());
    let kind = kind.unwrap_or(HeaderValue::from_static("application/octet-stream"));
    let part = range.and_then(|range| part(range.to_str().ok()?, length));
    let (mut response, told) = match part {
        None => (Response::new(Body::from(content)), None),
        Some(part) if part.is_empty() => {
            let response = StatusCode::RANGE_NOT_SATISFIABLE.into_response();
            (response, Some(format!("bytes */{length}")))
        }
        Some(part) => {
            let told = format!("bytes {}-{}/{length}", part.start, part.end - 1);
            let mut response = Response::new(Body::from(content.slice(part)));
            *response.status_mut() = StatusCode::PARTIAL_CONTENT;
            (response, Some(told))
        }
    };
    if let Some(told) = told.and_then(|told| HeaderValue::from_str(&told).ok()) {
        response.headers_mut().insert(header::CONTENT_RANGE, told);
    }
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response.headers_mut().insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    response
}

/// Returns the bytes that are asked for, or an empty range if there are none such.
fn part(text: &str, length: usize) -> Option<Range<usize>> {
    let (first, last) = text.strip_prefix("bytes=")?.split_once('-')?;
    Some(match (first.is_empty(), last.is_empty()) {
        (true, _) => length.saturating_sub(last.parse().ok()?)..length,
        (false, true) => first.parse().ok()?..length,
        (false, false) => {
            first.parse().ok()?..last.parse::<usize>().ok()?.saturating_add(1).min(length)
        }
    })
}

/// Encodes a name as a part of an address.
pub(crate) fn encoded(name: &str) -> String {
    utf8_percent_encode(name, RESERVED).to_string()
}

/// Makes up the content of a file for which nobody gave any: a picture of one point if it is said
/// to be one, and then bytes that tell where they are.
pub(crate) fn content(content_type: Option<&str>, size: u64) -> Bytes {
    const POINT: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\
        \xc4\x89\0\0\0\rIDATx\x9cc\xf8\xff\xff\xff\x7f\0\t\xfb\x03\xfd\x05CE\xca\0\0\0\0IEND\
        \xaeB`\x82";
    let size = usize::try_from(size).unwrap_or(usize::MAX).min(crate::rest::MAX_BODY);
    let mut content = Vec::with_capacity(size);
    if content_type == Some("image/png") && size >= POINT.len() {
        content.extend_from_slice(POINT);
    }
    content.extend((content.len()..size).map(|at| u8::try_from(at % 251).unwrap_or(0)));
    content.into()
}
