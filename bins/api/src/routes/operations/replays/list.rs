//! The list of replays.

use axum::Json;
use axum::extract::State;
use serde::Serialize;

use super::{ACTION, Replay};
use crate::App;
use crate::auth::{May, ReadOperations};
use crate::error::ApiError;
use crate::extract::Query;
use crate::paging::{ByCursor, Page};
use crate::routes::audit::list::{read_cursor, write_cursor};

/// Replays, newest first.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(in crate::routes) struct ReplayList {
    data: Vec<Replay>,
    page: Page,
}

/// List replays of the tenant's events, newest first.
#[utoipa::path(
    get, path = "/operations/replays", tag = "operations",
    security(("bearer" = ["operations:read"])),
    params(ByCursor),
    responses((status = 200, description = "A page of the list", body = ReplayList))
)]
pub(in crate::routes) async fn list_replays(
    State(app): State<App>,
    principal: May<ReadOperations>,
    Query(query): Query<ByCursor>,
) -> Result<Json<ReplayList>, ApiError> {
    let asked = query.asked()?;
    let after = asked.after(read_cursor)?;
    let mut transaction = app.tenant(&principal.tenant).await?;
    let (found, next) =
        store::audit::undertakings(&mut transaction, ACTION, None, after, asked.limit).await?;
    let page = asked.page(next.as_ref().map(write_cursor));
    Ok(Json(ReplayList { data: found.into_iter().map(Replay::from).collect(), page }))
}
