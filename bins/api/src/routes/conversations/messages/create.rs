//! Writing to a customer, or a note for the team.

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::{ConversationId, Message, MessageId};
use events::{Announcement, AnnouncementSubject};
use serde::Deserialize;
use store::messages::{Composed, Composition};

use crate::App;
use crate::auth::{May, Reply};
use crate::error::ApiError;
use crate::extract::{self, Id};
use crate::problem::{FieldError, Problem};
use crate::request::Trace;

/// Longest text that Chatwoot takes, in characters.
const LONGEST_CONTENT: usize = 150_000;
/// Longest id that a client gives, in characters.
const LONGEST_CLIENT_ID: usize = 128;

/// A message to be sent.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::routes) struct CreateMessage {
    /// The text; not only blanks.
    #[serde(default)]
    #[schema(required, min_length = 1, max_length = 150_000, example = "Your parcel left today.")]
    content: String,
    /// A note, which only the team sees.
    #[serde(default)]
    private: bool,
    /// The message of the same conversation that it answers.
    in_reply_to: Option<MessageId>,
    /// The client's own id of it: sent again under the same one, it is the same message.
    #[schema(min_length = 1, max_length = 128)]
    client_id: Option<String>,
}

/// Write a message or a note. It is on its way from here on: its `state` tells how far it is.
#[utoipa::path(
    post, path = "/conversations/{id}/messages", tag = "conversations",
    security(("bearer" = ["conversations:reply"])),
    params(("id" = ConversationId, Path, description = "The conversation")),
    request_body = CreateMessage,
    responses(
        (status = 201, description = "The message is on its way", body = Message),
        (status = 200, description = "It was there already, under this clientId", body = Message),
        (status = 404, description = "There is no such conversation", body = Problem,
         content_type = "application/problem+json"),
        (status = 409, description = "The clientId stands for another message", body = Problem,
         content_type = "application/problem+json"),
        (status = 422, description = "Fields hold what they may not", body = Problem,
         content_type = "application/problem+json"),
    )
)]
pub(in crate::routes) async fn create_message(
    State(app): State<App>,
    principal: May<Reply>,
    Trace(trace): Trace,
    Id(conversation): Id<ConversationId>,
    extract::Json(wanted): extract::Json<CreateMessage>,
) -> Result<Response, ApiError> {
    wanted.check()?;
    let author = principal.actor();
    let mut transaction = app.store.tenant(&principal.tenant).await?;
    let mut channel = None;
    if app.undo.varies() {
        channel = store::conversations::channel(&mut transaction, conversation).await?;
    }
    let composition = Composition {
        tenant: &principal.tenant,
        conversation,
        content: &wanted.content,
        private: wanted.private,
        in_reply_to: wanted.in_reply_to,
        client_id: wanted.client_id.as_deref(),
        author: &author,
        due_in: app.undo.of(channel.as_deref()),
        trace,
    };
    let composed = store::messages::compose(&mut transaction, &composition).await?;
    let (message, activity) = match composed {
        Composed::Queued { message, activity } => (message, activity),
        Composed::Known(message) => return Ok(Json(message).into_response()),
        Composed::Contradicts => return Err(ApiError::ClientIdTaken),
        Composed::NoConversation => return Err(ApiError::NotFound("conversation")),
        Composed::NoOriginal => {
            return Err(ApiError::field("inReplyTo", "is no message of this conversation"));
        }
        Composed::OriginalNotSent => {
            return Err(ApiError::field("inReplyTo", "has not reached Chatwoot yet"));
        }
    };
    let shown = store::conversations::get(&mut transaction, conversation).await?;
    store::commit(transaction).await?;
    let subject = AnnouncementSubject { conversation: shown, message: Some(message.clone()) };
    let announcement = Announcement { activity, subject };
    app.announcer.tell(&principal.tenant, &announcement, &trace);
    let location = format!("{}/conversations/{conversation}/messages", crate::routes::BASE);
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(message)).into_response())
}

impl CreateMessage {
    fn check(&self) -> Result<(), ApiError> {
        let mut errors = Vec::new();
        let mut wrong = |field: &str, message: String| {
            errors.push(FieldError { field: field.to_owned(), message });
        };
        if self.content.trim().is_empty() {
            wrong("content", "must not be blank".to_owned());
        } else if self.content.chars().count() > LONGEST_CONTENT {
            wrong("content", format!("must have at most {LONGEST_CONTENT} characters"));
        } else if self.content.contains('\0') {
            wrong("content", "must not hold NUL characters".to_owned());
        }
        if let Some(id) = &self.client_id
            && (id.is_empty() || id.chars().count() > LONGEST_CLIENT_ID || id.contains('\0'))
        {
            wrong("clientId", format!("must have 1 to {LONGEST_CLIENT_ID} characters"));
        }
        if errors.is_empty() { Ok(()) } else { Err(ApiError::Invalid(errors)) }
    }
}
