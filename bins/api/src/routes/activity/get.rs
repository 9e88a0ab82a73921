//! One line of the timeline.

use axum::Json;
use axum::extract::State;
use domain::{Activity, ActivityId};

use crate::App;
use crate::auth::{May, ReadActivity};
use crate::error::ApiError;
use crate::extract::Id;
use crate::problem::Problem;

/// Read an activity.
#[utoipa::path(
    get, path = "/activity/{id}", tag = "activity",
    security(("bearer" = ["activity:read"])),
    params(("id" = ActivityId, Path, description = "The activity")),
    responses(
        (status = 200, description = "The activity", body = Activity),
        (status = 404, description = "There is no activity with this id", body = Problem,
         content_type = "application/problem+json"),
    )
)]
pub(in crate::routes) async fn get_activity(
    State(app): State<App>,
    principal: May<ReadActivity>,
    Id(id): Id<ActivityId>,
) -> Result<Json<Activity>, ApiError> {
    let mut transaction = app.tenant(&principal.tenant).await?;
    let activity = store::activities::get(&mut transaction, id).await?;
    Ok(Json(activity.ok_or(ApiError::NotFound("activity"))?))
}
