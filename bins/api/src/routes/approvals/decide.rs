//! Approving and rejecting.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use domain::{Activity, Actor, Approval, ApprovalId, Message, comparable_text};
use events::{Announcement, AnnouncementSubject, TraceParent};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use store::approvals::Ending;
use store::messages::{Composed, Composition};
use store::{PgConnection, audit};

use super::create::LONGEST_REASON;
use super::tell;
use crate::App;
use crate::auth::{DecideApprovals, May, Principal};
use crate::error::{ApiError, Current};
use crate::etag::{IfMatch, Tagged};
use crate::extract::{self, Id};
use crate::problem::{Faults, Problem};
use crate::request::Trace;
use crate::routes::conversations::messages::create::{APPROVED, CreateMessage};

/// A decision.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({ "status": "approved", "decision": "Refund it." }))]
pub(in crate::routes) struct Decide {
    /// What is decided.
    status: Verdict,
    /// The reason, in words.
    #[schema(max_length = 2_000)]
    decision: Option<String>,
    /// A text to send instead of the proposed one. Only when approving a `proposed_reply`.
    #[schema(min_length = 1, max_length = 150_000)]
    content: Option<String>,
}

/// What a decider decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
enum Verdict {
    Approved,
    Rejected,
}

impl Verdict {
    fn as_str(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::Rejected => "rejected",
        }
    }
}

/// Decide on an approval that somebody else asked for.
///
/// A person, the keys that they created, and the keys that those created count as one, and cannot decide on
/// their own requests. Of several who decide at once one wins, and the others are told who. Approving is
/// refused if the customer has written since approval was asked for, unless `If-Match` names the tag of that
/// very state, which shows that the decider knows. An approved `proposed_reply` is sent as its asker's
/// message, in the same step. With another `content`, that text is sent, as the decider's message, and
/// `editedContent` shows it. What was asked for stays as it was.
#[utoipa::path(
    patch, path = "/approvals/{id}", tag = "approvals",
    security(("bearer" = ["approvals:decide"])),
    params(
        ("id" = ApprovalId, Path, description = "The approval"),
        ("If-Match" = Option<String>, Header, description = "Decide only if the approval still has this tag"),
    ),
    request_body = Decide,
    responses(
        (status = 200, description = "The approval, decided", body = Approval,
         headers(("etag" = String, description = "Its entity tag"))),
        (status = 403, description = "`own-approval`: the caller, or another who counts as the same person, asked \
         for it", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such approval", body = Problem,
         content_type = "application/problem+json"),
        (status = 409, description = "`decided`: somebody has decided on it or withdrawn it; `stale`: the \
         customer has written since. `current` is its present state", body = Problem,
         content_type = "application/problem+json"),
        (status = 412, description = "It has changed: `current` is its present state", body = Problem,
         content_type = "application/problem+json"),
        (status = 422, description = "Fields hold values that they may not (see `errors`), or the proposed reply \
         answers a message that Chatwoot does not have", body = Problem,
         content_type = "application/problem+json"),
    )
)]
pub(in crate::routes) async fn decide_approval(
    State(app): State<App>,
    principal: May<DecideApprovals>,
    Trace(trace): Trace,
    Id(id): Id<ApprovalId>,
    if_match: IfMatch,
    extract::Json(wanted): extract::Json<Decide>,
) -> Result<Response, ApiError> {
    wanted.check()?;
    let tenant = &principal.tenant;
    let mut transaction = app.tenant(tenant).await?;
    let held = store::approvals::hold(&mut transaction, id)
        .await?
        .ok_or(ApiError::NotFound("approval"))?;
    let edited = wanted.edited(&held)?;
    if wanted.is_as(&held, edited, &principal) {
        return Ok(([(header::ETAG, held.tag())], Json(held)).into_response());
    }
    let own = store::api_keys::of_one_person(&mut transaction, &principal.signature()).await?;
    wanted.check_against(&held, &own, &if_match)?;
    let mut sent = None;
    if wanted.status == Verdict::Approved && held.kind == Approval::PROPOSED_REPLY {
        sent = Some(send(&mut transaction, &principal, &held, edited, trace).await?);
    }
    let edited = match &sent {
        Some((message, None)) => sent_otherwise(message, &held),
        _ => edited,
    };
    let actor = principal.actor();
    let ending = Ending {
        tenant,
        status: wanted.status.as_str(),
        decision: wanted.decision.as_deref(),
        edited_content: edited,
        actor: &actor,
        message: sent.as_ref().map(|(message, _)| message.id),
    };
    let (approval, activity) = store::approvals::end(&mut transaction, id, &ending)
        .await?
        .ok_or(ApiError::NotFound("approval"))?;
    let shown = store::conversations::get(&mut transaction, approval.conversation_id).await?;
    let mut details = json!({ "before": held.status, "after": approval.status });
    if edited.is_some() {
        details["edited"] = json!(true);
    }
    let deed = principal.does("approvals decide", format!("approval {id}"), details);
    audit::record(&mut transaction, &deed).await?;
    transaction.commit().await?;
    if let Some((message, Some(activity))) = sent {
        let subject = AnnouncementSubject::message(shown.clone(), message);
        app.announcer.tell(tenant, &Announcement::new(activity, subject), &trace);
    }
    tell(&app, tenant, activity, approval.clone(), shown, &trace);
    Ok(([(header::ETAG, approval.tag())], Json(approval)).into_response())
}

impl Decide {
    fn check(&self) -> Result<(), ApiError> {
        Faults::only_text(
            "decision",
            self.decision.as_deref().unwrap_or_default(),
            0..=LONGEST_REASON,
        )?;
        match &self.content {
            Some(_) if self.status != Verdict::Approved => {
                Err(ApiError::field("content", "is allowed only with `approved`"))
            }
            Some(text) => CreateMessage::of(text.clone()).map(drop),
            None => Ok(()),
        }
    }

    /// Returns the text that goes out instead of the proposed one, if it differs.
    fn edited(&self, held: &Approval) -> Result<Option<&str>, ApiError> {
        let Some(text) = self.content.as_deref() else { return Ok(None) };
        if held.kind != Approval::PROPOSED_REPLY {
            return Err(ApiError::field("content", "is allowed only for a `proposed_reply`"));
        }
        Ok(Some(text).filter(|text| said(held).as_deref() != Some(*text)))
    }

    /// Whether the caller has already decided just so: their answer may have been lost.
    fn is_as(&self, held: &Approval, edited: Option<&str>, caller: &Principal) -> bool {
        held.status == self.status.as_str()
            && held.decision == self.decision
            && held.edited_content.as_deref() == edited
            && caller.is(held.decided_by_type.as_deref(), held.decided_by_id.as_deref())
    }

    /// Refuses a caller who may not decide now. `own` are the ids of all who act for the same person.
    fn check_against(
        &self,
        held: &Approval,
        own: &[String],
        if_match: &IfMatch,
    ) -> Result<(), ApiError> {
        if held.status != "submitted" {
            return Err(ApiError::Decided(Current::of(held)));
        }
        if held.requested_by_id.as_ref().is_some_and(|asker| own.contains(asker)) {
            return Err(ApiError::OwnApproval);
        }
        if !if_match.admits(&held.tag()) {
            return Err(ApiError::Changed(Current::of(held)));
        }
        if held.stale && self.status == Verdict::Approved && !if_match.names(&held.tag()) {
            return Err(ApiError::Stale(Current::of(held)));
        }
        Ok(())
    }
}

/// Sends an approved reply as the message of its author: whoever proposed it, or whoever approves it in other
/// words. Its client id is made of the approval's id, so it is one message whatever happens. Returns it with its line of
/// the timeline, which it has only if it was not there: a database that was put back to an earlier time may have lost
/// the approval and learnt of the message again.
async fn send(
    connection: &mut PgConnection,
    decider: &Principal,
    approval: &Approval,
    edited: Option<&str>,
    trace: TraceParent,
) -> Result<(Message, Option<Activity>), ApiError> {
    let unreadable = || ApiError::internal(anyhow::anyhow!("a proposed reply cannot be read"));
    let metadata: Map<String, Value> = approval.metadata.read().ok_or_else(unreadable)?;
    let proposed = CreateMessage::proposed(&metadata).map_err(|_| unreadable())?;
    let asker = || Actor {
        kind: approval.requested_by_type.clone().unwrap_or_else(|| "member".to_owned()),
        id: approval.requested_by_id.clone(),
        name: Some(approval.requested_by.clone()),
    };
    let author = edited.map_or_else(asker, |_| decider.actor());
    let name = format!("{APPROVED}{}", approval.id);
    // Whoever approves has had time to think, so it cannot be undone any more.
    let composition =
        proposed.composition(&decider.tenant, approval.conversation_id, &author, trace);
    let content = edited.unwrap_or(composition.content);
    let composition =
        Composition { content, client_id: Some(&name), due_in: Duration::ZERO, ..composition };
    match store::messages::compose(connection, &composition).await? {
        Composed::Queued { message, activity } => Ok((message, Some(activity))),
        Composed::Known(message) => Ok((message, None)),
        Composed::NoOriginal | Composed::OriginalNotSent => {
            let message = "is not in Chatwoot, or not any more: reject it, or try again later";
            Err(ApiError::field("metadata.inReplyTo", message))
        }
        Composed::NoConversation => Err(ApiError::NotFound("conversation")),
        Composed::Contradicts | Composed::Withdrawn => Err(ApiError::ClientIdTaken),
    }
}

/// The text that a proposed reply was to have.
fn said(approval: &Approval) -> Option<String> {
    approval.metadata.get("content")
}

/// The text of a reply that was there, if it is not the proposed one, however Chatwoot prints that.
fn sent_otherwise<'a>(message: &'a Message, approval: &Approval) -> Option<&'a str> {
    let proposed = comparable_text(&said(approval).unwrap_or_default());
    message.content.as_deref().filter(|sent| comparable_text(sent) != proposed)
}
