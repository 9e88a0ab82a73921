//! Showing who looks at a conversation, and who answers.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::{ConversationId, TenantId};
use events::{Live, PresenceState, subject};
use serde::Deserialize;

use crate::App;
use crate::auth::{May, ReadConversations};
use crate::error::ApiError;
use crate::extract::{self, Id};
use crate::idempotency::{Begun, Key};
use crate::problem::Problem;

/// What somebody does in a conversation.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({ "state": "viewing" }))]
pub(in crate::routes) struct Presence {
    /// `viewing`, `replying`, or `away` when they leave.
    state: PresenceState,
}

/// Show colleagues that you look at a conversation, answer in it, or have left it.
///
/// They get the live event `presence`. Nothing is stored: repeat it at least every half minute
/// while it is so, and treat somebody who stops repeating it as gone.
#[utoipa::path(
    post, path = "/conversations/{id}/presence", tag = "conversations",
    security(("bearer" = ["conversations:read"])),
    params(("id" = ConversationId, Path, description = "The conversation")),
    request_body = Presence,
    responses(
        (status = 204, description = "It is shown to whoever is looking"),
        (status = 404, description = "There is no such conversation", body = Problem,
         content_type = "application/problem+json"),
    )
)]
pub(in crate::routes) async fn show_presence(
    State(app): State<App>,
    principal: May<ReadConversations>,
    Id(conversation): Id<ConversationId>,
    key: Key,
    extract::Json(presence): extract::Json<Presence>,
) -> Result<Response, ApiError> {
    let mut work = match key.begin(&app, &principal).await? {
        Begun::Fresh(work) => work,
        Begun::Answered(answer) => return Ok(answer),
    };
    if !store::conversations::exists(work.connection(), conversation).await? {
        return Err(ApiError::NotFound("conversation"));
    }
    let answer = work.finish(StatusCode::NO_CONTENT, None, &()).await?;
    let live = Live::Presence {
        conversation_id: conversation,
        actor_id: principal.id.clone(),
        name: Some(principal.name.clone()),
        state: presence.state,
    };
    show(&app, &principal.tenant, &live).await;
    Ok(answer)
}

/// Publishes what matters only now. Nobody misses it later, so a failure is no error.
pub(super) async fn show(app: &App, tenant: &TenantId, live: &Live) {
    let Ok(payload) = serde_json::to_vec(live) else { return };
    let told = app.bus.publisher().live(subject::live(tenant, live.kind()), payload.into()).await;
    if let Err(error) = told {
        tracing::debug!(%error, "cannot show what somebody does");
    }
}
