//! Withdrawing one's own request.

use axum::Json;
use axum::extract::State;
use domain::{Approval, ApprovalId};
use store::approvals::Ending;

use super::tell;
use crate::App;
use crate::auth::{May, RequestApprovals};
use crate::error::{ApiError, Current};
use crate::extract::Id;
use crate::problem::Problem;
use crate::request::Trace;

/// Withdraw an approval that you asked for and that nobody has decided on. It stays readable.
#[utoipa::path(
    delete, path = "/approvals/{id}", tag = "approvals",
    security(("bearer" = ["approvals:request"])),
    params(("id" = ApprovalId, Path, description = "The approval")),
    responses(
        (status = 200, description = "The approval, withdrawn", body = Approval),
        (status = 403, description = "`others-approval`: somebody else asked for it", body = Problem,
         content_type = "application/problem+json"),
        (status = 404, description = "There is no such approval", body = Problem,
         content_type = "application/problem+json"),
        (status = 409, description = "`decided`: `current` says by whom", body = Problem,
         content_type = "application/problem+json"),
    )
)]
pub(in crate::routes) async fn withdraw_approval(
    State(app): State<App>,
    principal: May<RequestApprovals>,
    Trace(trace): Trace,
    Id(id): Id<ApprovalId>,
) -> Result<Json<Approval>, ApiError> {
    let tenant = &principal.tenant;
    let mut transaction = app.tenant(tenant).await?;
    let held = store::approvals::hold(&mut transaction, id)
        .await?
        .ok_or(ApiError::NotFound("approval"))?;
    if !principal.is(held.requested_by_type.as_deref(), held.requested_by_id.as_deref()) {
        return Err(ApiError::OthersApproval);
    }
    match held.status.as_str() {
        "submitted" => {}
        "withdrawn" => return Ok(Json(held)),
        _ => return Err(ApiError::Decided(Current::of(&held))),
    }
    let actor = principal.actor();
    let ending = Ending {
        tenant,
        status: "withdrawn",
        decision: None,
        edited_content: None,
        actor: &actor,
        message: None,
    };
    let (approval, activity) = store::approvals::end(&mut transaction, id, &ending)
        .await?
        .ok_or(ApiError::NotFound("approval"))?;
    let shown = store::conversations::get(&mut transaction, approval.conversation_id).await?;
    transaction.commit().await?;
    tell(&app, tenant, activity, approval.clone(), shown, &trace);
    Ok(Json(approval))
}
