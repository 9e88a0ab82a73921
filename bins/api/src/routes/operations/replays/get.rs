//! One replay.

use axum::Json;
use axum::extract::State;
use domain::AuditId;

use super::{ACTION, Replay};
use crate::App;
use crate::auth::{May, ReadOperations};
use crate::error::ApiError;
use crate::extract::Id;
use crate::problem::Problem;

/// See how far a replay has come, or how it ended.
#[utoipa::path(
    get, path = "/operations/replays/{id}", tag = "operations",
    security(("bearer" = ["operations:read"])),
    params(("id" = AuditId, Path, description = "The replay")),
    responses(
        (status = 200, description = "The replay", body = Replay),
        (status = 404, description = "There is no replay with this id", body = Problem,
         content_type = "application/problem+json"),
    )
)]
pub(in crate::routes) async fn get_replay(
    State(app): State<App>,
    principal: May<ReadOperations>,
    Id(id): Id<AuditId>,
) -> Result<Json<Replay>, ApiError> {
    let mut transaction = app.tenant(&principal.tenant).await?;
    let (mut found, _) =
        store::audit::undertakings(&mut transaction, ACTION, Some(id), None, 1).await?;
    Ok(Json(found.pop().ok_or(ApiError::NotFound("replay"))?.into()))
}
