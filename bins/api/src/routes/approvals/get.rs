//! One approval.

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use domain::{Approval, ApprovalId};

use crate::App;
use crate::auth::{May, ReadApprovals};
use crate::error::ApiError;
use crate::etag::Tagged;
use crate::extract::Id;
use crate::problem::Problem;

/// Read an approval.
#[utoipa::path(
    get, path = "/approvals/{id}", tag = "approvals",
    security(("bearer" = ["approvals:read"])),
    params(("id" = ApprovalId, Path, description = "The approval")),
    responses(
        (status = 200, description = "The approval", body = Approval,
         headers(("etag" = String, description = "Its entity tag, which the customer's messages change too"))),
        (status = 404, description = "There is no approval with this id", body = Problem,
         content_type = "application/problem+json"),
    )
)]
pub(in crate::routes) async fn get_approval(
    State(app): State<App>,
    principal: May<ReadApprovals>,
    Id(id): Id<ApprovalId>,
) -> Result<Response, ApiError> {
    let mut transaction = app.tenant(&principal.tenant).await?;
    let approval =
        store::approvals::get(&mut transaction, id).await?.ok_or(ApiError::NotFound("approval"))?;
    Ok(([(header::ETAG, approval.tag())], Json(approval)).into_response())
}
