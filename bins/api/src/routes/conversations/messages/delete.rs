//! Deleting a message.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::{ConversationId, Message, MessageId};
use events::{Announcement, AnnouncementSubject};
use store::messages::{Intervened, Intervention};

use crate::App;
use crate::auth::{May, Reply};
use crate::error::ApiError;
use crate::extract::Ids;
use crate::problem::Problem;
use crate::request::Trace;

/// Delete a message in Chatwoot.
///
/// It is shown as deleted from then on. If Chatwoot refuses, it is shown again, and the activity
/// `command_failed` says why. What the customer's channel has delivered is mostly not recalled there.
#[utoipa::path(
    delete, path = "/conversations/{id}/messages/{messageId}", tag = "conversations",
    security(("bearer" = ["conversations:reply"])),
    params(
        ("id" = ConversationId, Path, description = "The conversation"),
        ("messageId" = MessageId, Path, description = "The message"),
    ),
    responses(
        (status = 202, description = "The message, which is being deleted", body = Message),
        (status = 200, description = "The message, which was deleted already", body = Message),
        (status = 404, description = "The conversation has no such message", body = Problem,
         content_type = "application/problem+json"),
        (status = 409, description = "`not-deletable`: Chatwoot does not have it yet", body = Problem,
         content_type = "application/problem+json"),
    )
)]
pub(in crate::routes) async fn delete_message(
    State(app): State<App>,
    principal: May<Reply>,
    Trace(trace): Trace,
    Ids(conversation, message): Ids<ConversationId, MessageId>,
) -> Result<Response, ApiError> {
    let actor = principal.actor();
    let wanted =
        Intervention { tenant: &principal.tenant, conversation, message, actor: &actor, trace };
    let mut transaction = app.tenant(&principal.tenant).await?;
    let (message, activity) = match store::messages::remove(&mut transaction, &wanted).await? {
        Intervened::Done(removed) => removed,
        Intervened::NoMessage => return Err(ApiError::NotFound("message")),
        Intervened::WrongState(state) => return Err(ApiError::NotDeletable(state)),
    };
    let Some(activity) = activity else { return Ok(Json(message).into_response()) };
    let shown = store::conversations::get(&mut transaction, conversation).await?;
    transaction.commit().await?;
    let subject = AnnouncementSubject::message(shown, message.clone());
    app.announcer.tell(&principal.tenant, &Announcement::new(activity, subject), &trace);
    Ok((StatusCode::ACCEPTED, Json(message)).into_response())
}
