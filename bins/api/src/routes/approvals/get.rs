//! One approval.

use axum::Json;
use axum::extract::State;
use domain::ApprovalId;

use super::Approval;
use crate::App;
use crate::auth::{May, ReadApprovals};
use crate::error::ApiError;
use crate::extract::Id;
use crate::problem::Problem;

/// Read an approval.
#[utoipa::path(
    get, path = "/approvals/{id}", tag = "approvals",
    security(("bearer" = ["approvals:read"])),
    params(("id" = ApprovalId, Path, description = "The approval")),
    responses(
        (status = 200, description = "The approval", body = Approval),
        (status = 404, description = "There is none with this id", body = Problem,
         content_type = "application/problem+json"),
    )
)]
pub(in crate::routes) async fn get_approval(
    State(app): State<App>,
    principal: May<ReadApprovals>,
    Id(id): Id<ApprovalId>,
) -> Result<Json<Approval>, ApiError> {
    let mut transaction = app.store.tenant(&principal.tenant).await?;
    let approval = store::approvals::get(&mut transaction, id).await?;
    Ok(Json(approval.ok_or(ApiError::NotFound("approval"))?.into()))
}
