//! The list of replays.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};

use super::{ACTION, Replay};
use crate::App;
use crate::auth::{May, ReadOperations};
use crate::error::ApiError;
use crate::extract::Query;
use crate::paging::{Asked, Page};
use crate::routes::audit::list::{read_cursor, write_cursor};

/// Which part of the list.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::routes) struct ListReplays {
    /// Rows of a page; 25 if not given.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
    /// `nextCursor` of the page before.
    cursor: Option<String>,
}

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
    params(ListReplays),
    responses((status = 200, description = "A page of the list", body = ReplayList))
)]
pub(in crate::routes) async fn list_replays(
    State(app): State<App>,
    principal: May<ReadOperations>,
    Query(query): Query<ListReplays>,
) -> Result<Json<ReplayList>, ApiError> {
    let asked = Asked::read(None, query.limit, query.cursor)?;
    let after = asked.after(read_cursor)?;
    let mut transaction = app.tenant(&principal.tenant).await?;
    let (found, next) =
        store::audit::undertakings(&mut transaction, ACTION, None, after, asked.limit).await?;
    let page = asked.page(next.as_ref().map(write_cursor));
    Ok(Json(ReplayList { data: found.into_iter().map(Replay::from).collect(), page }))
}
