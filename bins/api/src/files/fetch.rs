//! Fetches files that Chatwoot has: from the address in their message or, if that has expired, from
//! a fresh one.

use axum::body::Body;
use axum::response::Response;
use chatwoot::{File, FileError, Home};
use domain::TenantId;
use futures_util::StreamExt as _;
use store::attachments::Attachment;

use super::{Asked, Headers};
use crate::App;
use crate::error::ApiError;

/// Serves a file that Chatwoot has, or its thumbnail.
pub(crate) async fn theirs(
    app: &App,
    tenant: &TenantId,
    attachment: &Attachment,
    thumb: bool,
    tag: &str,
    asked: Asked,
) -> Result<Response, ApiError> {
    let mirrored = &attachment.mirrored;
    let file_name = mirrored.file_name().unwrap_or_else(|| "file".to_owned());
    let headers = |content_type| Headers { tag, file_name: &file_name, content_type };
    let range = match asked {
        Asked::Known => return Ok(headers(None).known()),
        Asked::Whole => None,
        Asked::Part(part) => Some(part.to_string()),
    };
    let address = if thumb { &mirrored.thumb_url } else { &mirrored.data_url };
    let address = address.as_deref().ok_or(ApiError::NotFound("attachment"))?;
    let room = app.files.reading(tenant)?;
    let files = &app.files.chatwoot;
    let home = Home { url: &attachment.base_url, public_only: attachment.public_only };
    let mut fetched = files.fetch(home, address, range.as_deref()).await;
    if matches!(fetched, Err(FileError::Gone))
        && let Some(fresh) = fresh(app, tenant, attachment, thumb).await?
        && fresh != address
    {
        fetched = files.fetch(home, &fresh, range.as_deref()).await;
    }
    let File { part, length, content_type, bytes } = match fetched {
        Ok(file) => file,
        Err(FileError::NoSuchPart { length }) => return Err(ApiError::NoSuchPart(length)),
        Err(error) => return Err(ApiError::NoFile(error.into())),
    };
    // Chatwoot's word comes before its storage's, which often names no type.
    let content_type = mirrored.content_type.as_deref().or(content_type.as_deref());
    let (range, length) = match part {
        Some((range, whole)) => (Some(range), whole),
        None => (None, length),
    };
    // The room is given back once the last byte is out.
    let bytes = bytes.map(move |chunk| {
        let _room = &room;
        chunk
    });
    Ok(headers(content_type).answer(range, length, Body::from_stream(bytes)))
}

/// Asks Chatwoot for the file's present address. Returns `None` if Chatwoot cannot be asked or has none.
async fn fresh(
    app: &App,
    tenant: &TenantId,
    attachment: &Attachment,
    thumb: bool,
) -> Result<Option<String>, ApiError> {
    let _room = app.files.renewing(tenant).await;
    let client = match app.client(attachment.account).await {
        Ok(Some(client)) => client,
        Ok(None) | Err(ApiError::NotSetUp) => return Ok(None),
        Err(ApiError::AnotherKey(error)) => return Err(ApiError::NoFile(error)),
        Err(error) => return Err(error),
    };
    let message = client.message(attachment.display_id, attachment.message).await;
    let message = message.map_err(|error| ApiError::NoFile(error.into()))?;
    let found = message.and_then(|message| {
        message.attachments.into_iter().find(|one| one.id == attachment.mirrored.id)
    });
    Ok(found.and_then(|found| if thumb { found.thumb_url } else { found.data_url }))
}
