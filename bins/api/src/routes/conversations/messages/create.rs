//! Writing to a customer, or a note for the team.

mod form;

use std::time::Duration;

use axum::extract::{FromRequest as _, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::{Actor, ConversationId, Message, MessageId, TenantId};
use events::{Announcement, AnnouncementSubject, TraceParent};
use serde::Deserialize;
use serde_json::{Map, Value};
use store::PgConnection;
use store::messages::{Composed, Composition};
use store::uploads::Received;

use crate::App;
use crate::auth::{May, Principal, Reply};
use crate::error::{ApiError, Current};
use crate::etag::{IfMatch, Tagged};
use crate::extract::{self, Id, field_error};
use crate::files::{Files, Form, Receipt, is_form};
use crate::idempotency::{Begun, Key};
use crate::problem::{Faults, Problem};
use crate::request::Trace;

/// Longest text that Chatwoot takes, in characters.
pub(in crate::routes) const LONGEST_CONTENT: usize = 150_000;
/// Longest id that a client gives, in characters.
const LONGEST_CLIENT_ID: usize = 128;
/// Beginning of the client ids of approved replies. No client may use it: its message would be
/// taken for such a reply.
pub(in crate::routes) const APPROVED: &str = "approval:";

/// A message to send.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::routes) struct CreateMessage {
    /// The text; not only blanks.
    #[serde(default)]
    #[schema(required, min_length = 1, max_length = 150_000, example = "Your parcel left today.")]
    content: String,
    /// Whether it is a note, which only the team sees.
    #[serde(default)]
    private: bool,
    /// The message of the same conversation that it answers.
    in_reply_to: Option<MessageId>,
    /// The client's own id for the message: sent again under the same one, it is the same message.
    /// Must not begin with `approval:`.
    #[schema(min_length = 1, max_length = 128)]
    client_id: Option<String>,
}

/// A message to send as a form, with files. Text may be left out if there are files.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "it is what the description says of the form")]
pub(in crate::routes) struct CreateMessageWithFiles {
    /// The text.
    #[schema(max_length = 150_000, example = "Here is the label.")]
    content: Option<String>,
    /// Whether it is a note, which only the team sees: `true` or `false`.
    private: Option<bool>,
    /// The message of the same conversation that it answers.
    #[schema(rename = "inReplyTo")]
    in_reply_to: Option<MessageId>,
    /// The client's own id for the message: sent again under the same one, it is the same message.
    /// Must not begin with `approval:`.
    #[schema(rename = "clientId", min_length = 1, max_length = 128)]
    client_id: Option<String>,
    /// Up to 15 files, of at most 40 MiB each and 100 MiB together.
    #[schema(rename = "attachments[]", value_type = Vec<String>, format = Binary, max_items = 15)]
    attachments: Vec<u8>,
}

/// Write a message or a note.
///
/// It is on its way from then on, and its `state` tells how far it is.
#[utoipa::path(
    post, path = "/conversations/{id}/messages", tag = "conversations",
    security(("bearer" = ["conversations:reply"])),
    params(
        ("id" = ConversationId, Path, description = "The conversation"),
        ("If-Match" = Option<String>, Header,
         description = "Write only if the conversation still has this tag"),
    ),
    request_body(content(
        (CreateMessage = "application/json"),
        (CreateMessageWithFiles = "multipart/form-data"),
    )),
    responses(
        (status = 201, description = "The message, which is on its way", body = Message),
        (status = 200, description = "The message, which was there already under this `clientId`", body = Message),
        (status = 404, description = "There is no such conversation", body = Problem,
         content_type = "application/problem+json"),
        (status = 409, description = "`client-id-taken`: the `clientId` is that of another message; `withdrawn`: of one \
         that was taken back; `under-way`: the same request is being carried out; `too-many-bytes`: the tenant has \
         sent as many bytes of files in 24 hours as it may", body = Problem,
         content_type = "application/problem+json"),
        (status = 413, description = "A file has more than 40 MiB, or all of them have more than 100 MiB",
         body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "The body is neither JSON nor a form", body = Problem,
         content_type = "application/problem+json"),
        (status = 412, description = "The conversation has changed: `current` is its present state",
         body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Fields hold values that they may not: see `errors`", body = Problem,
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
    request: Request,
) -> Result<Response, ApiError> {
    let writer = Writer { app: &app, principal: &principal, trace, conversation, if_match };
    if !is_form(request.headers()) {
        let read = extract::Json::<CreateMessage>::from_request(request, &app).await;
        let extract::Json(wanted) = read.map_err(|error| match error {
            ApiError::NotJson => ApiError::NeitherJsonNorForm,
            error => error,
        })?;
        return writer.write(&wanted, &[], key).await.map(Written::answer);
    }
    writer.find().await?;
    let mut receipt = Receipt::begin(&app, &principal.tenant)?;
    let written = match form::receive(Form::of(request).await?, &mut receipt).await {
        Ok(wanted) => {
            let key = key.covering(&[&wanted.digest(), &Files::digest(receipt.files())]);
            writer.write(&wanted, receipt.files(), key).await
        }
        Err(error) => Err(error),
    };
    if !matches!(written, Ok(Written::Now(_))) {
        receipt.discard().await;
    }
    written.map(Written::answer)
}

/// Who writes, and where.
struct Writer<'a> {
    app: &'a App,
    principal: &'a Principal,
    trace: TraceParent,
    conversation: ConversationId,
    if_match: IfMatch,
}

/// What was answered, and whether anything was written for it.
enum Written {
    Now(Response),
    Before(Response),
}

impl Written {
    fn answer(self) -> Response {
        match self {
            Self::Now(answer) | Self::Before(answer) => answer,
        }
    }
}

impl Writer<'_> {
    /// Refuses an unknown conversation before anything large is read.
    async fn find(&self) -> Result<(), ApiError> {
        let mut transaction = self.app.tenant(&self.principal.tenant).await?;
        let found = store::conversations::exists(&mut transaction, self.conversation).await?;
        transaction.commit().await?;
        if found { Ok(()) } else { Err(ApiError::NotFound("conversation")) }
    }

    async fn write(
        &self,
        wanted: &CreateMessage,
        files: &[Received],
        key: Key,
    ) -> Result<Written, ApiError> {
        let Self { app, principal, trace, conversation, if_match } = self;
        wanted.check(files)?;
        let tenant = &principal.tenant;
        let mut work = match key.begin(app, *principal).await? {
            Begun::Fresh(work) => work,
            Begun::Answered(answer) => return Ok(Written::Before(answer)),
        };
        if if_match.is_given() {
            let client_id = wanted.client_id.as_deref();
            unchanged(work.connection(), tenant, *conversation, if_match, client_id).await?;
        }
        let author = principal.actor();
        let mut channel = None;
        if app.undo.varies() {
            channel = store::conversations::channel(work.connection(), *conversation).await?;
        }
        let composition = wanted.composition(tenant, *conversation, &author, *trace);
        let due_in = app.undo.of(channel.as_deref());
        let composition = Composition { files, due_in, ..composition };
        let composed = store::messages::compose(work.connection(), &composition).await?;
        let (message, activity) = match composed {
            Composed::Queued { message, activity } => (message, activity),
            Composed::Known(message) => {
                return work.finish(StatusCode::OK, None, &message).await.map(Written::Before);
            }
            Composed::Contradicts => return Err(ApiError::ClientIdTaken),
            Composed::Withdrawn => return Err(ApiError::Withdrawn),
            Composed::NoConversation => return Err(ApiError::NotFound("conversation")),
            Composed::NoOriginal => {
                return Err(ApiError::field("inReplyTo", "is not a message of this conversation"));
            }
            Composed::OriginalNotSent => {
                return Err(ApiError::field("inReplyTo", "has not reached Chatwoot yet"));
            }
        };
        let shown = store::conversations::get(work.connection(), *conversation).await?;
        let location = format!("{}/conversations/{conversation}/messages", crate::routes::BASE);
        let answer = work.finish(StatusCode::CREATED, Some(location), &message).await?;
        let subject = AnnouncementSubject::message(shown, message);
        app.announcer.tell(tenant, &Announcement::new(activity, subject), trace);
        Ok(Written::Now(answer))
    }
}

/// Refuses to write into a conversation that is not as its writer has seen it. A message that was written
/// under the same client id before may itself have changed it: it is sent again because no answer arrived.
async fn unchanged(
    connection: &mut PgConnection,
    tenant: &TenantId,
    conversation: ConversationId,
    if_match: &IfMatch,
    client_id: Option<&str>,
) -> Result<(), ApiError> {
    store::conversations::hold(connection, tenant, conversation).await?;
    if let Some(id) = client_id
        && store::messages::was_written(connection, conversation, id).await?
    {
        return Ok(());
    }
    let now = store::conversations::get(connection, conversation)
        .await?
        .ok_or(ApiError::NotFound("conversation"))?;
    if if_match.admits(&now.tag()) { Ok(()) } else { Err(ApiError::Changed(Current::of(&now))) }
}

impl CreateMessage {
    /// Reads the reply that an approval's metadata proposes.
    pub(in crate::routes) fn proposed(metadata: &Map<String, Value>) -> Result<Self, ApiError> {
        let read = serde_path_to_error::deserialize::<_, Self>(Value::Object(metadata.clone()));
        let message = read.map_err(|misfit| ApiError::Invalid(vec![field_error(&misfit)]))?;
        message.check(&[])?;
        Ok(message)
    }

    /// Makes a reply with this text.
    pub(in crate::routes) fn of(content: String) -> Result<Self, ApiError> {
        let message = Self { content, ..Self::default() };
        message.check(&[])?;
        Ok(message)
    }

    /// The message as this author writes it, to be sent at once.
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
            files: &[],
            in_reply_to: self.in_reply_to,
            client_id: self.client_id.as_deref(),
            author,
            due_in: Duration::ZERO,
            trace,
        }
    }

    /// Serialises what tells the message from another one.
    fn digest(&self) -> Vec<u8> {
        let in_reply_to = self.in_reply_to;
        let Self { content, private, client_id, .. } = self;
        // Text always serialises.
        serde_json::to_vec(&(content, private, in_reply_to, client_id)).unwrap_or_default()
    }

    fn check(&self, files: &[Received]) -> Result<(), ApiError> {
        let mut faults = Faults::default();
        // Files may come without words.
        let shortest = usize::from(files.is_empty());
        faults.text("content", &self.content, shortest..=LONGEST_CONTENT);
        if let Some(id) = &self.client_id {
            // Blanks are as good as any other id.
            faults.check("clientId", !id.is_empty(), "must not be empty");
            faults.text("clientId", id, 0..=LONGEST_CLIENT_ID);
            let message = format!("must not begin with {APPROVED}");
            faults.check("clientId", !id.starts_with(APPROVED), message);
        }
        faults.done()
    }
}
