//! The list of inboxes.

use axum::Json;
use axum::extract::State;
use domain::catalogue::Inbox;
use serde::Serialize;

use crate::App;
use crate::auth::{May, ReadConversations};
use crate::error::ApiError;
use crate::extract::Query;
use crate::routes::{OfAccount, Rest};

/// Inboxes, the ways by which customers write, by name.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(in crate::routes) struct InboxList {
    data: Vec<Inbox>,
    #[serde(skip_serializing_if = "Option::is_none")]
    page: Option<Rest>,
}

/// List all inboxes, as Chatwoot had them when it was last asked.
#[utoipa::path(
    get, path = "/inboxes", tag = "catalogue",
    security(("bearer" = ["conversations:read"])),
    params(OfAccount),
    responses((status = 200, description = "The inboxes", body = InboxList))
)]
pub(in crate::routes) async fn list_inboxes(
    State(app): State<App>,
    principal: May<ReadConversations>,
    Query(query): Query<OfAccount>,
) -> Result<Json<InboxList>, ApiError> {
    let mut transaction = app.tenant(&principal.tenant).await?;
    let listed =
        store::catalogue::inboxes(&mut transaction, query.account_id, query.skip()?).await?;
    Ok(Json(InboxList { data: listed.rows, page: listed.next.map(Rest::after) }))
}
