//! Throwing a draft away.

use axum::extract::State;
use axum::http::StatusCode;
use domain::ConversationId;

use crate::App;
use crate::auth::{May, Reply};
use crate::error::ApiError;
use crate::extract::Id;
use crate::problem::Problem;

/// Throw away what you have begun to write in a conversation.
#[utoipa::path(
    delete, path = "/conversations/{id}/draft", tag = "conversations",
    security(("bearer" = ["conversations:reply"])),
    params(("id" = ConversationId, Path, description = "The conversation")),
    responses(
        (status = 204, description = "There is no draft of yours any more"),
        (status = 404, description = "There is no such conversation", body = Problem,
         content_type = "application/problem+json"),
    )
)]
pub(in crate::routes) async fn delete_draft(
    State(app): State<App>,
    principal: May<Reply>,
    Id(conversation): Id<ConversationId>,
) -> Result<StatusCode, ApiError> {
    let mut transaction = app.store.tenant(&principal.tenant).await?;
    if !store::conversations::exists(&mut transaction, conversation).await? {
        return Err(ApiError::NotFound("conversation"));
    }
    store::drafts::delete(&mut transaction, conversation, &principal.signature()).await?;
    store::commit(transaction).await?;
    Ok(StatusCode::NO_CONTENT)
}
