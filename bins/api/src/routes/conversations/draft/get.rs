//! Reading one's draft.

use axum::Json;
use axum::extract::State;
use domain::ConversationId;

use super::Draft;
use crate::App;
use crate::auth::{May, Reply};
use crate::error::ApiError;
use crate::extract::Id;
use crate::problem::Problem;

/// Read what you have begun to write in a conversation.
#[utoipa::path(
    get, path = "/conversations/{id}/draft", tag = "conversations",
    security(("bearer" = ["conversations:reply"])),
    params(("id" = ConversationId, Path, description = "The conversation")),
    responses(
        (status = 200, description = "Your draft", body = Draft),
        (status = 404, description = "There is no such conversation, or no draft of yours in it",
         body = Problem, content_type = "application/problem+json"),
    )
)]
pub(in crate::routes) async fn get_draft(
    State(app): State<App>,
    principal: May<Reply>,
    Id(conversation): Id<ConversationId>,
) -> Result<Json<Draft>, ApiError> {
    let mut transaction = app.store.tenant(&principal.tenant).await?;
    let draft = store::drafts::get(&mut transaction, conversation, &principal.signature()).await?;
    Ok(Json(draft.ok_or(ApiError::NotFound("draft"))?.into()))
}
