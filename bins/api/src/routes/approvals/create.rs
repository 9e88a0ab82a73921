//! Asking for an approval.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::{Approval, ConversationId};
use events::TraceParent;
use serde::Deserialize;
use serde_json::{Map, Value};
use store::approvals::Submission;

use super::tell;
use crate::App;
use crate::auth::{May, Principal, RequestApprovals};
use crate::error::ApiError;
use crate::extract;
use crate::idempotency::{Begun, Key};
use crate::problem::{Faults, Problem};
use crate::request::Trace;
use crate::routes::conversations::messages::create::CreateMessage;

/// Longest name of a type, in characters.
const LONGEST_KIND: usize = 64;
/// Longest reason, in characters.
pub(super) const LONGEST_REASON: usize = 2_000;
/// Most bytes of metadata, as JSON, not counting the text of a reply.
const MOST_METADATA_BYTES: usize = 64 * 1024;

/// Something that somebody else has to approve.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::routes) struct CreateApproval {
    /// The conversation that it is about.
    conversation_id: ConversationId,
    /// `refund`, `discount`, or another word of the company's: lower-case letters, digits, `_` and
    /// `-`. `proposed_reply` has a meaning: once it is approved, the reply in its metadata is sent.
    #[serde(rename = "type")]
    #[schema(min_length = 1, max_length = 64, example = "refund")]
    kind: String,
    /// Why it is asked for; not only blanks.
    #[schema(min_length = 1, max_length = 2_000, example = "The parcel arrived broken.")]
    reason: String,
    /// What exactly is asked for, at most 64 KiB of JSON. For `proposed_reply`, the fields of a
    /// message: `content`, which does not count, `private` and `inReplyTo`.
    #[serde(default)]
    #[schema(value_type = Object)]
    metadata: Map<String, Value>,
}

/// Ask for an approval.
///
/// What was asked for does not change any more. How the conversation was at the time is stored with it.
#[utoipa::path(
    post, path = "/approvals", tag = "approvals",
    security(("bearer" = ["approvals:request"])),
    request_body = CreateApproval,
    responses(
        (status = 201, description = "The approval, which waits for a decision", body = Approval,
         headers(("location" = String, description = "Address of the approval"))),
        (status = 404, description = "There is no such conversation", body = Problem,
         content_type = "application/problem+json"),
        (status = 422, description = "Fields hold values that they may not: see `errors`", body = Problem,
         content_type = "application/problem+json"),
    )
)]
pub(in crate::routes) async fn create_approval(
    State(app): State<App>,
    principal: May<RequestApprovals>,
    Trace(trace): Trace,
    key: Key,
    extract::Json(wanted): extract::Json<CreateApproval>,
) -> Result<Response, ApiError> {
    let asked = Asked {
        conversation: wanted.conversation_id,
        kind: wanted.kind,
        reason: wanted.reason,
        metadata: wanted.metadata,
    };
    ask(&app, &principal, trace, key, asked).await
}

/// What is asked for.
pub(in crate::routes) struct Asked {
    pub(in crate::routes) conversation: ConversationId,
    pub(in crate::routes) kind: String,
    pub(in crate::routes) reason: String,
    pub(in crate::routes) metadata: Map<String, Value>,
}

/// Stores what is asked for, and announces it.
pub(in crate::routes) async fn ask(
    app: &App,
    principal: &Principal,
    trace: TraceParent,
    key: Key,
    asked: Asked,
) -> Result<Response, ApiError> {
    asked.check()?;
    let tenant = &principal.tenant;
    let mut work = match key.begin(app, principal).await? {
        Begun::Fresh(work) => work,
        Begun::Answered(answer) => return Ok(answer),
    };
    let actor = principal.actor();
    let submission = Submission {
        tenant,
        conversation: asked.conversation,
        kind: &asked.kind,
        reason: &asked.reason,
        metadata: &Value::Object(asked.metadata),
        actor: &actor,
    };
    let (approval, activity) = store::approvals::submit(work.connection(), &submission)
        .await?
        .ok_or(ApiError::NotFound("conversation"))?;
    let shown = store::conversations::get(work.connection(), asked.conversation).await?;
    let location = format!("{}/approvals/{}", crate::routes::BASE, approval.id);
    let answer = work.finish(StatusCode::CREATED, Some(location), &approval).await?;
    tell(app, tenant, activity, approval, shown, &trace);
    Ok(answer)
}

impl Asked {
    fn check(&self) -> Result<(), ApiError> {
        let mut faults = Faults::default();
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-';
        let fits = (1..=LONGEST_KIND).contains(&self.kind.len()) && self.kind.chars().all(fits);
        let message =
            format!("must have 1 to {LONGEST_KIND} lower-case letters, digits, `_` or `-`");
        faults.check("type", fits, message);
        faults.text("reason", &self.reason, 1..=LONGEST_REASON);
        let metadata = serde_json::to_string(&self.metadata).unwrap_or_default();
        // The length of a reply is checked below.
        let said = self.metadata.get("content").filter(|_| self.kind == Approval::PROPOSED_REPLY);
        let said = said.and_then(|content| serde_json::to_string(content).ok());
        let bytes = metadata.len() - said.map_or(0, |said| said.len());
        if faults.json("metadata", &metadata, bytes, MOST_METADATA_BYTES)
            && self.kind == Approval::PROPOSED_REPLY
        {
            match CreateMessage::proposed(&self.metadata) {
                Ok(_) => {}
                Err(ApiError::Invalid(within)) => faults.within("metadata", within),
                Err(other) => return Err(other),
            }
        }
        faults.done()
    }
}
