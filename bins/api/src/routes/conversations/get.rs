//! One conversation.

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use domain::{Conversation, ConversationId};

use crate::App;
use crate::auth::{May, ReadConversations};
use crate::error::ApiError;
use crate::etag::Tagged;
use crate::extract::Id;
use crate::problem::Problem;

/// Read a conversation.
#[utoipa::path(
    get, path = "/conversations/{id}", tag = "conversations",
    security(("bearer" = ["conversations:read"])),
    params(("id" = ConversationId, Path, description = "The conversation")),
    responses(
        (status = 200, description = "The conversation", body = Conversation,
         headers(("etag" = String, description = "Its entity tag"))),
        (status = 404, description = "There is no conversation with this id", body = Problem,
         content_type = "application/problem+json"),
    )
)]
pub(in crate::routes) async fn get_conversation(
    State(app): State<App>,
    principal: May<ReadConversations>,
    Id(id): Id<ConversationId>,
) -> Result<Response, ApiError> {
    let mut transaction = app.tenant(&principal.tenant).await?;
    let conversation = store::conversations::get(&mut transaction, id)
        .await?
        .ok_or(ApiError::NotFound("conversation"))?;
    let tag = [(header::ETAG, conversation.tag())];
    Ok((tag, Json(conversation)).into_response())
}
