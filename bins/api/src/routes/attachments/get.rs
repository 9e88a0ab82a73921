//! Serving a file.

use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use domain::{AttachmentId, TenantId, Upload};
use futures_util::StreamExt as _;
use serde::Deserialize;

use crate::App;
use crate::auth::{May, ReadConversations};
use crate::error::ApiError;
use crate::extract::{Id, Query};
use crate::files::{Asked, Headers, theirs};
use crate::problem::Problem;

/// Which form of the file.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(in crate::routes) struct GetAttachment {
    /// Whether to send its thumbnail instead, where there is one.
    #[serde(default)]
    thumb: bool,
}

/// Read a file of a message, or a part of it.
///
/// Images, sound and video come with their type, to be shown. Everything else comes as bytes, to be
/// saved: a stranger's page or document must not be opened here.
#[utoipa::path(
    get, path = "/attachments/{id}", tag = "conversations",
    security(("bearer" = ["conversations:read"])),
    params(
        ("id" = AttachmentId, Path, description = "The attachment"),
        GetAttachment,
        ("Range" = Option<String>, Header, description = "One part of it, such as `bytes=0-1023`"),
        ("If-Range" = Option<String>, Header,
         description = "Send the part only if the file still has this tag, and otherwise all of it"),
        ("If-None-Match" = Option<String>, Header,
         description = "Send the file only if it has another tag"),
    ),
    responses(
        (status = 200, description = "The file", body = Vec<u8>,
         content_type = "application/octet-stream"),
        (status = 206, description = "The part of it", body = Vec<u8>,
         content_type = "application/octet-stream"),
        (status = 304, description = "The caller has the file already"),
        (status = 404, description = "There is no such file, or not any more", body = Problem,
         content_type = "application/problem+json"),
        (status = 416, description = "The file ends before that part", body = Problem,
         content_type = "application/problem+json"),
        (status = 502, description = "`no-file`: the file cannot be fetched from where it is stored", body = Problem,
         content_type = "application/problem+json"),
    )
)]
pub(in crate::routes) async fn get_attachment(
    State(app): State<App>,
    principal: May<ReadConversations>,
    Id(id): Id<AttachmentId>,
    Query(form): Query<GetAttachment>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let mut transaction = app.tenant(&principal.tenant).await?;
    let upload = store::uploads::get(&mut transaction, id).await?;
    let attachment = match &upload {
        Some(_) => None,
        None => store::attachments::get(&mut transaction, id).await?,
    };
    transaction.commit().await?;
    let thumb = if form.thumb { "-thumb" } else { "" };
    let tag = format!("\"{id}{thumb}\"");
    let asked = Asked::read(&headers, &tag);
    match (upload, attachment) {
        (Some(upload), _) => own(&app, &principal.tenant, &upload, &tag, asked).await,
        (None, Some(attachment)) => {
            theirs(&app, &principal.tenant, &attachment, form.thumb, &tag, asked).await
        }
        (None, None) => Err(ApiError::NotFound("attachment")),
    }
}

/// Serves a file that was written here.
async fn own(
    app: &App,
    tenant: &TenantId,
    upload: &Upload,
    tag: &str,
    asked: Asked,
) -> Result<Response, ApiError> {
    let headers =
        Headers { tag, file_name: &upload.file_name, content_type: Some(&upload.content_type) };
    let length = u64::try_from(upload.file_size).unwrap_or_default();
    let range = match asked {
        Asked::Known => return Ok(headers.known()),
        Asked::Whole => None,
        Asked::Part(part) => Some(part.of(length)?),
    };
    let room = app.files.reading(tenant)?;
    let reader = match app.files.objects().read(&upload.key, range.clone()).await {
        Ok(reader) => reader,
        Err(error @ (objects::Error::Place(_) | objects::Error::Away | objects::Error::Silent)) => {
            return Err(ApiError::NoStorage(error));
        }
        Err(error) => return Err(ApiError::NoFile(error.into())),
    };
    // The room is given back once the last byte is out.
    let bytes = reader.bytes.map(move |chunk| {
        let _room = &room;
        chunk
    });
    Ok(headers.answer(range, Some(reader.length), Body::from_stream(bytes)))
}
