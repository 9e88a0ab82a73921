//! Asking somebody else to see to a conversation.

use axum::extract::State;
use axum::response::Response;
use domain::{Approval, ConversationId};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::App;
use crate::auth::{May, RequestApprovals};
use crate::error::ApiError;
use crate::extract::{self, Id};
use crate::idempotency::Key;
use crate::problem::Problem;
use crate::request::Trace;
use crate::routes::approvals::create::{Asked, ask};

/// Why a conversation is escalated.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::routes) struct Escalate {
    /// The reason; not only blanks.
    #[schema(min_length = 1, max_length = 2_000, example = "The customer threatens to leave.")]
    reason: String,
    /// What else should be known, at most 64 KiB of JSON.
    #[serde(default)]
    #[schema(value_type = Object)]
    metadata: Map<String, Value>,
}

/// Escalate a conversation.
///
/// This asks for an approval of the type `escalation`, which somebody else decides on.
#[utoipa::path(
    post, path = "/conversations/{id}/escalate", tag = "conversations",
    security(("bearer" = ["approvals:request"])),
    params(("id" = ConversationId, Path, description = "The conversation")),
    request_body = Escalate,
    responses(
        (status = 201, description = "The approval, which waits for a decision", body = Approval,
         headers(("location" = String, description = "The address of the approval"))),
        (status = 404, description = "There is no such conversation", body = Problem,
         content_type = "application/problem+json"),
        (status = 422, description = "Fields hold values that they may not: see `errors`", body = Problem,
         content_type = "application/problem+json"),
    )
)]
pub(in crate::routes) async fn escalate_conversation(
    State(app): State<App>,
    principal: May<RequestApprovals>,
    Trace(trace): Trace,
    Id(conversation): Id<ConversationId>,
    key: Key,
    extract::Json(wanted): extract::Json<Escalate>,
) -> Result<Response, ApiError> {
    let asked = Asked {
        conversation,
        kind: Approval::ESCALATION.to_owned(),
        reason: wanted.reason,
        metadata: wanted.metadata,
    };
    ask(&app, &principal, trace, key, asked).await
}
