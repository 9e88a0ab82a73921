//! Whether the team has seen what the customer wrote.

use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use chrono::Utc;
use domain::command::MarkRead;
use domain::{Activity, Command, ConversationId, OperationId};
use events::{Announcement, AnnouncementSubject};
use serde_json::json;
use store::conversations::Mark;
use store::outbox::Enqueue;

use crate::App;
use crate::auth::{May, Principal, UpdateConversations};
use crate::error::ApiError;
use crate::extract::Id;
use crate::idempotency::{Begun, Key};
use crate::problem::Problem;
use crate::request::Trace;

/// Mark a conversation as read.
///
/// Nothing that the customer wrote is unread any more, for the whole team. Chatwoot is told.
#[utoipa::path(
    post, path = "/conversations/{id}/read", tag = "conversations",
    security(("bearer" = ["conversations:update"])),
    params(("id" = ConversationId, Path, description = "The conversation")),
    responses(
        (status = 204, description = "The conversation is read"),
        (status = 404, description = "There is no such conversation", body = Problem,
         content_type = "application/problem+json"),
    )
)]
pub(in crate::routes) async fn mark_read(
    State(app): State<App>,
    principal: May<UpdateConversations>,
    trace: Trace,
    Id(conversation): Id<ConversationId>,
    key: Key,
) -> Result<Response, ApiError> {
    mark(&app, &principal, trace, conversation, key, true).await
}

/// Mark a conversation as unread.
///
/// The customer's newest message counts as not seen, until somebody reads it here or in Chatwoot.
/// Chatwoot cannot be told.
#[utoipa::path(
    post, path = "/conversations/{id}/unread", tag = "conversations",
    security(("bearer" = ["conversations:update"])),
    params(("id" = ConversationId, Path, description = "The conversation")),
    responses(
        (status = 204, description = "The conversation is unread, if the customer ever wrote"),
        (status = 404, description = "There is no such conversation", body = Problem,
         content_type = "application/problem+json"),
    )
)]
pub(in crate::routes) async fn mark_unread(
    State(app): State<App>,
    principal: May<UpdateConversations>,
    trace: Trace,
    Id(conversation): Id<ConversationId>,
    key: Key,
) -> Result<Response, ApiError> {
    mark(&app, &principal, trace, conversation, key, false).await
}

/// Marks a conversation. Announces nothing if it is so already.
async fn mark(
    app: &App,
    principal: &Principal,
    Trace(trace): Trace,
    conversation: ConversationId,
    key: Key,
    read: bool,
) -> Result<Response, ApiError> {
    let tenant = &principal.tenant;
    let mut work = match key.begin(app, principal).await? {
        Begun::Fresh(work) => work,
        Begun::Answered(answer) => return Ok(answer),
    };
    let held = store::conversations::hold(work.connection(), tenant, conversation)
        .await?
        .ok_or(ApiError::NotFound("conversation"))?;
    if !read {
        // If carried out later, it would mark the conversation as read again.
        store::outbox::forget_untried(work.connection(), conversation, Command::MARK_READ).await?;
        store::outbox::let_next(work.connection(), conversation).await?;
    }
    let mark = if read {
        let up_to = store::messages::newest_incoming(work.connection(), conversation).await?;
        Mark::Read(up_to)
    } else {
        Mark::Unread
    };
    let marked = store::conversations::mark(work.connection(), conversation, mark).await?;
    let Some(shown) = marked else {
        return work.finish(StatusCode::NO_CONTENT, None, &()).await;
    };
    if let Mark::Read(up_to) = mark {
        let command = Enqueue {
            operation: OperationId::generate(),
            tenant,
            account: held.account,
            conversation,
            command: &Command::MarkRead(MarkRead { up_to: Some(up_to) }),
            trace,
            due_in: Duration::ZERO,
        };
        store::outbox::enqueue(work.connection(), &command).await?;
    }
    let kind = if read { "conversation_read" } else { "conversation_unread" };
    let (account, actor) = (Some(held.account), principal.actor());
    let activity = Activity::done_here(kind, account, conversation, &actor, Utc::now(), json!({}));
    store::activities::write(work.connection(), tenant, &activity).await?;
    let answer = work.finish(StatusCode::NO_CONTENT, None, &()).await?;
    let subject = AnnouncementSubject::of(shown);
    app.announcer.tell(tenant, &Announcement::new(activity, subject), &trace);
    Ok(answer)
}
