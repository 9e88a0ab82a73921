//! Saving a draft.

use axum::Json;
use axum::extract::State;
use domain::ConversationId;
use serde::Deserialize;
use store::drafts::Place;

use crate::App;
use crate::auth::{May, Reply};
use crate::error::ApiError;
use crate::extract::{self, Id};
use crate::problem::{Faults, Problem};
use crate::routes::conversations::messages::create::LONGEST_CONTENT;
use crate::routes::drafts::Draft;

/// A draft to save.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::routes) struct PutDraft {
    /// The text so far.
    #[schema(max_length = 150_000, example = "Your parcel")]
    content: String,
    /// Whether it is a note. A reply that was begun stays beside it.
    #[serde(default)]
    private: bool,
}

/// Save what you have begun to write in a conversation.
///
/// It replaces what you saved before of the same kind, a reply or a note. Nobody else sees it.
#[utoipa::path(
    put, path = "/conversations/{id}/draft", tag = "conversations",
    security(("bearer" = ["conversations:reply"])),
    params(("id" = ConversationId, Path, description = "The conversation")),
    request_body = PutDraft,
    responses(
        (status = 200, description = "The draft, as saved", body = Draft),
        (status = 404, description = "There is no such conversation", body = Problem,
         content_type = "application/problem+json"),
        (status = 422, description = "Fields hold values that they may not: see `errors`", body = Problem,
         content_type = "application/problem+json"),
    )
)]
pub(in crate::routes) async fn put_draft(
    State(app): State<App>,
    principal: May<Reply>,
    Id(conversation): Id<ConversationId>,
    extract::Json(wanted): extract::Json<PutDraft>,
) -> Result<Json<Draft>, ApiError> {
    Faults::only_text("content", &wanted.content, 0..=LONGEST_CONTENT)?;
    let mut transaction = app.tenant(&principal.tenant).await?;
    let signature = principal.signature();
    let place = Place { conversation, principal: &signature, private: wanted.private };
    let kept = store::drafts::put(&mut transaction, &principal.tenant, &place, &wanted.content)
        .await?
        .ok_or(ApiError::NotFound("conversation"))?;
    transaction.commit().await?;
    Ok(Json(kept.into()))
}
