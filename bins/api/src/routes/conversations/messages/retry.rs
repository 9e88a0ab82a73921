//! Sending a message again, or now.

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

/// Send a message again that failed, or try one at once that waits.
///
/// A message that failed on its way to Chatwoot is queued behind everything that waits in its
/// conversation. If an earlier try may have reached Chatwoot, its state is unknown until it was
/// looked for there; if it is found, it is not sent twice.
///
/// One that waits to be retried is tried at once, in its place; one whose state is unknown is
/// looked for in Chatwoot at once. If it waits behind something else that waits to be tried again
/// or looked for, that is done at once.
///
/// If Chatwoot has the message and the customer's channel did not deliver it, Chatwoot is told to
/// hand it to the channel again; no other message is written.
#[utoipa::path(
    post, path = "/conversations/{id}/messages/{messageId}/retry", tag = "conversations",
    security(("bearer" = ["conversations:reply"])),
    params(
        ("id" = ConversationId, Path, description = "The conversation"),
        ("messageId" = MessageId, Path, description = "The message"),
    ),
    responses(
        (status = 202, description = "The message, which is on its way again", body = Message),
        (status = 404, description = "The conversation has no such message", body = Problem,
         content_type = "application/problem+json"),
        (status = 409, description = "`not-retriable`: it cannot be sent again; `detail` names its state. \
         `under-way`: the same request is being carried out",
         body = Problem, content_type = "application/problem+json"),
    )
)]
pub(in crate::routes) async fn retry_message(
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
    let (message, activity) = match store::messages::retry(work.connection(), &wanted).await? {
        Intervened::Done(retried) => retried,
        Intervened::NoMessage => return Err(ApiError::NotFound("message")),
        Intervened::WrongState(state) => return Err(ApiError::NotRetriable(state)),
    };
    let shown = store::conversations::get(work.connection(), conversation).await?;
    let answer = work.finish(StatusCode::ACCEPTED, None, &message).await?;
    let subject = AnnouncementSubject::message(shown, message);
    app.announcer.tell(&principal.tenant, &Announcement::new(activity, subject), &trace);
    Ok(answer)
}
