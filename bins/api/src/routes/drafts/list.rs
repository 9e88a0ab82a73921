//! All drafts of the caller.

use axum::Json;
use axum::extract::State;
use serde::Serialize;

use super::Draft;
use crate::App;
use crate::auth::{May, Reply};
use crate::error::ApiError;
use crate::extract::Query;
use crate::paging::{Numbered, Page};

/// Drafts, newest first.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::routes) struct DraftList {
    data: Vec<Draft>,
    page: Page,
}

/// List what you have begun to write, in whichever conversation, newest first.
#[utoipa::path(
    get, path = "/drafts", tag = "conversations",
    security(("bearer" = ["conversations:reply"])),
    params(Numbered),
    responses((status = 200, description = "A page of the list", body = DraftList))
)]
pub(in crate::routes) async fn list_drafts(
    State(app): State<App>,
    principal: May<Reply>,
    Query(query): Query<Numbered>,
) -> Result<Json<DraftList>, ApiError> {
    let asked = query.asked()?;
    let mut transaction = app.tenant(&principal.tenant).await?;
    let drafts = store::drafts::list(
        &mut transaction,
        &principal.tenant,
        &principal.signature(),
        asked.skip(),
        asked.limit,
    )
    .await?;
    let data = drafts.into_iter().map(Draft::from).collect();
    Ok(Json(DraftList { data, page: asked.numbered() }))
}
