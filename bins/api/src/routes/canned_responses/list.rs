//! The list of canned responses.

use axum::Json;
use axum::extract::State;
use domain::catalogue::CannedResponse;
use serde::Serialize;

use crate::App;
use crate::auth::{May, ReadConversations};
use crate::error::ApiError;
use crate::extract::Query;
use crate::routes::{OfAccount, Rest};

/// Canned responses, by short code.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(in crate::routes) struct CannedResponseList {
    data: Vec<CannedResponse>,
    #[serde(skip_serializing_if = "Option::is_none")]
    page: Option<Rest>,
}

/// List all canned responses, as Chatwoot had them when it was last asked.
#[utoipa::path(
    get, path = "/canned-responses", tag = "catalogue",
    security(("bearer" = ["conversations:read"])),
    params(OfAccount),
    responses((status = 200, description = "The canned responses", body = CannedResponseList))
)]
pub(in crate::routes) async fn list_canned_responses(
    State(app): State<App>,
    principal: May<ReadConversations>,
    Query(query): Query<OfAccount>,
) -> Result<Json<CannedResponseList>, ApiError> {
    let mut transaction = app.tenant(&principal.tenant).await?;
    let listed =
        store::catalogue::canned_responses(&mut transaction, query.account_id, query.skip()?)
            .await?;
    Ok(Json(CannedResponseList { data: listed.rows, page: listed.next.map(Rest::after) }))
}
