//! The messages of a conversation.

use axum::Json;
use axum::extract::State;
use domain::{ConversationId, Message, MessageId};
use serde::{Deserialize, Serialize};
use store::messages::Window;

use crate::App;
use crate::auth::{May, ReadConversations};
use crate::error::ApiError;
use crate::extract::{Id, Query};
use crate::paging;
use crate::problem::Problem;
use crate::routes::Snapshot;

/// Which part of the conversation.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(in crate::routes) struct ListMessages {
    /// Only messages written before the one with this id.
    before: Option<MessageId>,
    /// Only messages written after the one with this id.
    after: Option<MessageId>,
    /// Most messages per page; 25 if not given. A page has fewer if they are large, and `hasMore` says so.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

/// Messages, oldest first.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::routes) struct MessageList {
    data: Vec<Message>,
    page: MessagePage,
    position: Snapshot,
}

/// The place of the messages in their conversation.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
struct MessagePage {
    /// Most messages per page.
    #[schema(example = 25)]
    limit: u32,
    /// Whether there are more: older ones, or newer ones if `after` was given.
    has_more: bool,
}

/// List messages of a conversation: the newest, or those before or after one of them.
#[utoipa::path(
    get, path = "/conversations/{id}/messages", tag = "conversations",
    security(("bearer" = ["conversations:read"])),
    params(("id" = ConversationId, Path, description = "The conversation"), ListMessages),
    responses(
        (status = 200, description = "Messages, oldest first", body = MessageList),
        (status = 404, description = "There is no such conversation", body = Problem,
         content_type = "application/problem+json"),
    )
)]
pub(in crate::routes) async fn list_messages(
    State(app): State<App>,
    principal: May<ReadConversations>,
    Id(conversation): Id<ConversationId>,
    Query(query): Query<ListMessages>,
) -> Result<Json<MessageList>, ApiError> {
    let limit = paging::limit(query.limit)?;
    let (window, field) = match (query.before, query.after) {
        (Some(_), Some(_)) => {
            return Err(ApiError::field("after", "cannot be combined with before"));
        }
        (Some(id), None) => (Window::Before(id), "before"),
        (None, Some(id)) => (Window::After(id), "after"),
        (None, None) => (Window::Newest, ""),
    };
    let position = app.snapshot();
    let mut transaction = app.tenant(&principal.tenant).await?;
    if !store::conversations::exists(&mut transaction, conversation).await? {
        return Err(ApiError::NotFound("conversation"));
    }
    let found = store::messages::window(&mut transaction, conversation, window, limit)
        .await?
        .ok_or_else(|| ApiError::field(field, "is not a message of this conversation"))?;
    let page = MessagePage { limit, has_more: found.more };
    Ok(Json(MessageList { data: found.messages, page, position }))
}
