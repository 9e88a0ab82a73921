//! All drafts of the caller.

use axum::Json;
use axum::extract::State;
use domain::ConversationId;
use serde::{Deserialize, Serialize};
use store::drafts::ListPlace;

use super::Draft;
use crate::App;
use crate::auth::{May, Reply};
use crate::error::ApiError;
use crate::extract::Query;
use crate::paging::{self, Asked, Page};

/// Which drafts to list.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::routes) struct ListDrafts {
    /// Number of the page, from 1. Reaches the first 10,000 rows; beyond them, use `cursor`.
    #[param(minimum = 1)]
    page: Option<u32>,
    /// Most rows per page; 25 if not given. A page has fewer if they are large: go on with `nextCursor`.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
    /// `nextCursor` of the previous page.
    cursor: Option<String>,
}

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
    params(ListDrafts),
    responses((status = 200, description = "A page of the list", body = DraftList))
)]
pub(in crate::routes) async fn list_drafts(
    State(app): State<App>,
    principal: May<Reply>,
    Query(query): Query<ListDrafts>,
) -> Result<Json<DraftList>, ApiError> {
    let asked = Asked::read(query.page, query.limit, query.cursor)?;
    let start = asked.begin(place)?;
    let mut transaction = app.tenant(&principal.tenant).await?;
    let listed = store::drafts::list(
        &mut transaction,
        &principal.tenant,
        &principal.signature(),
        start,
        asked.limit,
    )
    .await?;
    let page = asked.page(listed.next.map(|place| cursor(&place)));
    let data = listed.drafts.into_iter().map(Draft::from).collect();
    Ok(Json(DraftList { data, page }))
}

fn cursor(place: &ListPlace) -> String {
    paging::encode_moment(place.updated_at, (place.conversation, place.private))
}

fn place(cursor: &str) -> Result<ListPlace, ApiError> {
    let (updated_at, (conversation, private)): (_, (ConversationId, bool)) =
        paging::decode_moment(cursor)?;
    Ok(ListPlace { updated_at, conversation, private })
}
