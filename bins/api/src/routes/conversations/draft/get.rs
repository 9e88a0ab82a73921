//! Reading one's draft.

use axum::Json;
use axum::extract::State;
use domain::ConversationId;
use store::drafts::Place;

use super::Kind;
use crate::App;
use crate::auth::{May, Reply};
use crate::error::ApiError;
use crate::extract::{Id, Query};
use crate::problem::Problem;
use crate::routes::drafts::Draft;

/// Read the reply, or the note, that you have begun to write in a conversation.
#[utoipa::path(
    get, path = "/conversations/{id}/draft", tag = "conversations",
    security(("bearer" = ["conversations:reply"])),
    params(("id" = ConversationId, Path, description = "The conversation"), Kind),
    responses(
        (status = 200, description = "Your draft", body = Draft),
        (status = 404, description = "There is no such conversation, or you have no such draft in it",
         body = Problem, content_type = "application/problem+json"),
    )
)]
pub(in crate::routes) async fn get_draft(
    State(app): State<App>,
    principal: May<Reply>,
    Id(conversation): Id<ConversationId>,
    Query(Kind { private }): Query<Kind>,
) -> Result<Json<Draft>, ApiError> {
    let mut transaction = app.tenant(&principal.tenant).await?;
    let place = Place { conversation, principal: &principal.signature(), private };
    let draft = store::drafts::get(&mut transaction, &place).await?;
    Ok(Json(draft.ok_or(ApiError::NotFound("draft"))?.into()))
}
