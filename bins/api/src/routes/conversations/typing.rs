//! Showing that somebody types.

use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::{Command, ConversationId, OperationId, command};
use events::Live;
use serde::Deserialize;
use store::outbox::Enqueue;

use super::presence::show;
use crate::App;
use crate::auth::{May, Reply};
use crate::error::ApiError;
use crate::extract::{self, Id};
use crate::idempotency::{Begun, Key};
use crate::problem::Problem;
use crate::request::Trace;

/// Whether somebody types.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::routes) struct Typing {
    /// Whether you began to type or stopped.
    #[schema(example = true)]
    on: bool,
    /// Whether it is a note, which the customer is not shown.
    #[serde(default)]
    private: bool,
}

/// Show that you are typing, or that you stopped.
///
/// Colleagues are shown it at once, by the live event `typing`, and the customer through Chatwoot.
/// Repeat it every few seconds while it is so.
#[utoipa::path(
    post, path = "/conversations/{id}/typing", tag = "conversations",
    security(("bearer" = ["conversations:reply"])),
    params(("id" = ConversationId, Path, description = "The conversation")),
    request_body = Typing,
    responses(
        (status = 204, description = "It is shown to whoever is looking"),
        (status = 404, description = "There is no such conversation", body = Problem,
         content_type = "application/problem+json"),
    )
)]
pub(in crate::routes) async fn show_typing(
    State(app): State<App>,
    principal: May<Reply>,
    Trace(trace): Trace,
    Id(conversation): Id<ConversationId>,
    key: Key,
    extract::Json(typing): extract::Json<Typing>,
) -> Result<Response, ApiError> {
    let tenant = &principal.tenant;
    let mut work = match key.begin(&app, &principal).await? {
        Begun::Fresh(work) => work,
        Begun::Answered(answer) => return Ok(answer),
    };
    let held = store::conversations::hold(work.connection(), tenant, conversation)
        .await?
        .ok_or(ApiError::NotFound("conversation"))?;
    // Only the newest one matters.
    store::outbox::forget_untried(work.connection(), conversation, Command::TYPING).await?;
    let command = Enqueue {
        operation: OperationId::generate(),
        tenant,
        account: held.account,
        conversation,
        command: &Command::Typing(command::Typing { on: typing.on, private: typing.private }),
        trace,
        due_in: Duration::ZERO,
    };
    store::outbox::enqueue(work.connection(), &command).await?;
    let answer = work.finish(StatusCode::NO_CONTENT, None, &()).await?;
    let live = Live::Typing {
        conversation_id: conversation,
        actor_type: "member".to_owned(),
        actor_id: Some(principal.id.clone()),
        name: Some(principal.name.clone()),
        on: typing.on,
        private: typing.private,
    };
    show(&app, tenant, &live).await;
    Ok(answer)
}
