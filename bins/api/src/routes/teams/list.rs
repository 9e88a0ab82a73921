//! The list of teams.

use axum::Json;
use axum::extract::State;
use domain::catalogue::Team;
use serde::Serialize;

use crate::App;
use crate::auth::{May, ReadConversations};
use crate::error::ApiError;
use crate::extract::Query;
use crate::routes::{OfAccount, Rest};

/// Teams that conversations can be given to, by name.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(in crate::routes) struct TeamList {
    data: Vec<Team>,
    #[serde(skip_serializing_if = "Option::is_none")]
    page: Option<Rest>,
}

/// List all teams, as Chatwoot had them when it was last asked.
#[utoipa::path(
    get, path = "/teams", tag = "catalogue",
    security(("bearer" = ["conversations:read"])),
    params(OfAccount),
    responses((status = 200, description = "The teams", body = TeamList))
)]
pub(in crate::routes) async fn list_teams(
    State(app): State<App>,
    principal: May<ReadConversations>,
    Query(query): Query<OfAccount>,
) -> Result<Json<TeamList>, ApiError> {
    let mut transaction = app.tenant(&principal.tenant).await?;
    let listed = store::catalogue::teams(&mut transaction, query.account_id, query.skip()?).await?;
    Ok(Json(TeamList { data: listed.rows, page: listed.next.map(Rest::after) }))
}
