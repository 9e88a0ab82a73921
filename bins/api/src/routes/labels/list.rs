//! The list of labels.

use axum::Json;
use axum::extract::State;
use domain::catalogue::Label;
use serde::Serialize;

use crate::App;
use crate::auth::{May, ReadConversations};
use crate::error::ApiError;
use crate::extract::Query;
use crate::routes::{OfAccount, Rest};

/// Labels that conversations can bear, by title.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(in crate::routes) struct LabelList {
    data: Vec<Label>,
    #[serde(skip_serializing_if = "Option::is_none")]
    page: Option<Rest>,
}

/// List all labels, as Chatwoot had them when it was last asked.
#[utoipa::path(
    get, path = "/labels", tag = "catalogue",
    security(("bearer" = ["conversations:read"])),
    params(OfAccount),
    responses((status = 200, description = "The labels", body = LabelList))
)]
pub(in crate::routes) async fn list_labels(
    State(app): State<App>,
    principal: May<ReadConversations>,
    Query(query): Query<OfAccount>,
) -> Result<Json<LabelList>, ApiError> {
    let mut transaction = app.tenant(&principal.tenant).await?;
    let listed =
        store::catalogue::labels(&mut transaction, query.account_id, query.skip()?).await?;
    Ok(Json(LabelList { data: listed.rows, page: listed.next.map(Rest::after) }))
}
