//! Writing to a customer, or a note for the team.

use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::{Actor, ConversationId, Message, MessageId, TenantId};
use events::{Announcement, AnnouncementSubject, TraceParent};
use serde::Deserialize;
use serde_json::{Map, Value};
use store::PgConnection;
use store::messages::{Composed, Composition};

use crate::App;
use crate::auth::{May, Reply};
use crate::error::{ApiError, Current};
use crate::etag::{IfMatch, Tagged};
use crate::extract::{self, Id};
use crate::idempotency::{Begun, Key};
use crate::problem::{FieldError, Problem};
use crate::request::Trace;

/// Longest text that Chatwoot takes, in characters.
pub(in crate::routes) const LONGEST_CONTENT: usize = 150_000;
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
    params(
        ("id" = ConversationId, Path, description = "The conversation"),
        ("If-Match" = Option<String>, Header,
         description = "Only if the conversation's tag is still this one"),
    ),
    request_body = CreateMessage,
    responses(
        (status = 201, description = "The message is on its way", body = Message),
        (status = 200, description = "It was there already, under this clientId", body = Message),
        (status = 404, description = "There is no such conversation", body = Problem,
         content_type = "application/problem+json"),
        (status = 409, description = "The clientId stands for another message", body = Problem,
         content_type = "application/problem+json"),
        (status = 412, description = "The conversation has changed: `current` is what it is now",
         body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Fields hold what they may not", body = Problem,
         content_type = "application/problem+json"),
    )
)]
pub(in crate::routes) async fn create_message(
    State(app): State<App>,
    principal: May<Reply>,
    Trace(trace): Trace,
    Id(conversation): Id<ConversationId>,
    if_match: IfMatch,
    key: Key,
    extract::Json(wanted): extract::Json<CreateMessage>,
) -> Result<Response, ApiError> {
    wanted.check()?;
    let tenant = &principal.tenant;
    let mut work = match key.begin(&app, &principal).await? {
        Begun::Fresh(work) => work,
        Begun::Answered(answer) => return Ok(answer),
    };
    if if_match.is_given() {
        unchanged(work.connection(), tenant, conversation, &if_match).await?;
    }
    let author = principal.actor();
    let mut channel = None;
    if app.undo.varies() {
        channel = store::conversations::channel(work.connection(), conversation).await?;
    }
    let composition = wanted.composition(tenant, conversation, &author, trace);
    let composition = Composition { due_in: app.undo.of(channel.as_deref()), ..composition };
    let composed = store::messages::compose(work.connection(), &composition).await?;
    let (message, activity) = match composed {
        Composed::Queued { message, activity } => (message, activity),
        Composed::Known(message) => return work.finish(StatusCode::OK, None, &message).await,
        Composed::Contradicts => return Err(ApiError::ClientIdTaken),
        Composed::NoConversation => return Err(ApiError::NotFound("conversation")),
        Composed::NoOriginal => {
            return Err(ApiError::field("inReplyTo", "is no message of this conversation"));
        }
        Composed::OriginalNotSent => {
            return Err(ApiError::field("inReplyTo", "has not reached Chatwoot yet"));
        }
    };
    let shown = store::conversations::get(work.connection(), conversation).await?;
    let location = format!("{}/conversations/{conversation}/messages", crate::routes::BASE);
    let answer = work.finish(StatusCode::CREATED, Some(location), &message).await?;
    let subject = AnnouncementSubject {
        conversation: shown,
        message: Some(message),
        ..AnnouncementSubject::default()
    };
    app.announcer.tell(tenant, &Announcement { activity, subject }, &trace);
    Ok(answer)
}

/// Refuses to write into a conversation that is not as the writer has seen it.
async fn unchanged(
    connection: &mut PgConnection,
    tenant: &TenantId,
    conversation: ConversationId,
    if_match: &IfMatch,
) -> Result<(), ApiError> {
    store::conversations::hold(connection, tenant, conversation).await?;
    let now = store::conversations::get(connection, conversation)
        .await?
        .ok_or(ApiError::NotFound("conversation"))?;
    if if_match.admits(&now.tag()) { Ok(()) } else { Err(ApiError::Changed(Current::of(&now))) }
}

impl CreateMessage {
    /// A reply that is proposed in an approval's metadata.
    pub(in crate::routes) fn proposed(metadata: &Map<String, Value>) -> Result<Self, ApiError> {
        let read: Result<Self, _> = serde_json::from_value(Value::Object(metadata.clone()));
        let message = read.map_err(|error| ApiError::field("content", error.to_string()))?;
        message.check()?;
        Ok(message)
    }

    /// The message as this person writes it, at once.
    pub(in crate::routes) fn composition<'a>(
        &'a self,
        tenant: &'a TenantId,
        conversation: ConversationId,
        author: &'a Actor,
        trace: TraceParent,
    ) -> Composition<'a> {
        Composition {
            tenant,
            conversation,
            content: &self.content,
            private: self.private,
            in_reply_to: self.in_reply_to,
            client_id: self.client_id.as_deref(),
            author,
            due_in: Duration::ZERO,
            trace,
        }
    }

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
