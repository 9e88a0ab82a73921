//! Taking back a message that has not left.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::{ConversationId, Message, MessageId};
use events::{Announcement, AnnouncementSubject};
use store::messages::{Intervened, Intervention};

use crate::App;
use crate::auth::{May, Reply};
use crate::error::ApiError;
use crate::extract::Ids;
use crate::idempotency::{Begun, Key};
use crate::problem::Problem;
use crate::request::Trace;

/// Take back a message that has not left, or discard one that failed.
///
/// A message that is queued or waits to be retried can be taken back if it has certainly not left: it was
/// never tried, or no try reached Chatwoot. One that failed on its way to Chatwoot is discarded. Either is
/// gone from the conversation, and the activity `message_cancelled` says so, with `discarded` if it had
/// failed. If it failed without anybody knowing whether Chatwoot has it, it comes back if Chatwoot does.
///
/// If Chatwoot has the message and was asked to hand it to its channel again, that alone is taken back, as
/// long as no try can have reached Chatwoot. The message has then failed, as before, and
/// `message_retry_cancelled` says so.
#[utoipa::path(
    post, path = "/conversations/{id}/messages/{messageId}/cancel", tag = "conversations",
    security(("bearer" = ["conversations:reply"])),
    params(
        ("id" = ConversationId, Path, description = "The conversation"),
        ("messageId" = MessageId, Path, description = "The message"),
    ),
    responses(
        (status = 200, description = "The message, which is not handed over again", body = Message),
        (status = 204, description = "The message is gone and will not be sent"),
        (status = 404, description = "The conversation has no such message, or not any more",
         body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`not-cancellable`: it has left, or may have; `detail` names its state. \
         `under-way`: the same request is being carried out",
         body = Problem, content_type = "application/problem+json"),
    )
)]
pub(in crate::routes) async fn cancel_message(
    State(app): State<App>,
    principal: May<Reply>,
    Trace(trace): Trace,
    Ids(conversation, message): Ids<ConversationId, MessageId>,
    key: Key,
) -> Result<Response, ApiError> {
    let actor = principal.actor();
    let wanted =
        Intervention { tenant: &principal.tenant, conversation, message, actor: &actor, trace };
    let mut work = match key.begin(&app, &principal).await? {
        Begun::Fresh(work) => work,
        Begun::Answered(answer) => return Ok(answer),
    };
    let (message, activity) = match store::messages::cancel(work.connection(), &wanted).await? {
        Intervened::Done(cancelled) => cancelled,
        Intervened::NoMessage => return Err(ApiError::NotFound("message")),
        Intervened::WrongState(state) => return Err(ApiError::NotCancellable(state)),
    };
    let shown = store::conversations::get(work.connection(), conversation).await?;
    let answer = match &message {
        Some(there) => work.finish(StatusCode::OK, None, there).await?,
        None => work.finish(StatusCode::NO_CONTENT, None, &()).await?,
    };
    let subject = AnnouncementSubject::message(shown, message);
    app.announcer.tell(&principal.tenant, &Announcement::new(activity, subject), &trace);
    Ok(answer)
}
