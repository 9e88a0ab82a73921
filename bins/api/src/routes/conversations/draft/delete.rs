//! Discarding a draft.

use axum::extract::State;
use axum::http::StatusCode;
use domain::ConversationId;
use store::drafts::Place;

use super::Kind;
use crate::App;
use crate::auth::{May, Reply};
use crate::error::ApiError;
use crate::extract::{Id, Query};
use crate::problem::Problem;

/// Discard the reply, or the note, that you have begun to write in a conversation.
#[utoipa::path(
    delete, path = "/conversations/{id}/draft", tag = "conversations",
    security(("bearer" = ["conversations:reply"])),
    params(("id" = ConversationId, Path, description = "The conversation"), Kind),
    responses(
        (status = 204, description = "You have no such draft any more"),
        (status = 404, description = "There is no such conversation", body = Problem,
         content_type = "application/problem+json"),
    )
)]
pub(in crate::routes) async fn delete_draft(
    State(app): State<App>,
    principal: May<Reply>,
    Id(conversation): Id<ConversationId>,
    Query(Kind { private }): Query<Kind>,
) -> Result<StatusCode, ApiError> {
    let mut transaction = app.tenant(&principal.tenant).await?;
    if !store::conversations::exists(&mut transaction, conversation).await? {
        return Err(ApiError::NotFound("conversation"));
    }
    let place = Place { conversation, principal: &principal.signature(), private };
    store::drafts::delete(&mut transaction, &place).await?;
    transaction.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
