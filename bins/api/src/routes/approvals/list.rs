//! The list of approvals.

use axum::Json;
use axum::extract::State;
use domain::{Approval, ConversationId, Permission};
use serde::{Deserialize, Serialize};
use store::approvals::{Filter, Place, Who};

use crate::App;
use crate::auth::{May, Principal, ReadApprovals};
use crate::error::ApiError;
use crate::extract::Query;
use crate::paging::{self, Asked, Page};
use crate::routes::Snapshot;

/// Which approvals to list.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(in crate::routes) struct ListApprovals {
    /// Only with this status.
    #[param(inline)]
    status: Option<ApprovalStatus>,
    /// Only of this type.
    #[serde(rename = "type")]
    #[param(rename = "type")]
    kind: Option<String>,
    /// Only about this conversation.
    conversation_id: Option<ConversationId>,
    /// Only what this actor asked for, by its id in an activity; `me` is you.
    requested_by: Option<String>,
    /// Only what this actor decided on or withdrew; `me` is you.
    decided_by: Option<String>,
    /// Only what waits for a decision that this caller may make: not what they, or a key of theirs,
    /// asked for. Nothing if they may not decide at all.
    #[param(inline)]
    waiting_for: Option<Decider>,
    /// Number of the page, from 1. Reaches the first 10,000 rows; beyond them, use `cursor`.
    #[param(minimum = 1)]
    page: Option<u32>,
    /// Most rows per page; 25 if not given. A page has fewer if they are large: go on with `nextCursor`.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
    /// `nextCursor` of the previous page.
    cursor: Option<String>,
}

#[derive(Debug, Clone, Copy, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
enum ApprovalStatus {
    Submitted,
    Approved,
    Rejected,
    Withdrawn,
}

#[derive(Debug, Clone, Copy, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
enum Decider {
    Me,
}

/// Approvals, newest first.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::routes) struct ApprovalList {
    data: Vec<Approval>,
    page: Page,
    position: Snapshot,
}

/// List approvals, newest first.
#[utoipa::path(
    get, path = "/approvals", tag = "approvals",
    security(("bearer" = ["approvals:read"])),
    params(ListApprovals),
    responses((status = 200, description = "A page of the list", body = ApprovalList))
)]
pub(in crate::routes) async fn list_approvals(
    State(app): State<App>,
    principal: May<ReadApprovals>,
    Query(query): Query<ListApprovals>,
) -> Result<Json<ApprovalList>, ApiError> {
    let asked = Asked::read(query.page, query.limit, query.cursor)?;
    let start =
        asked.begin(|cursor| paging::decode_moment(cursor).map(|(at, id)| Place { at, id }))?;
    let status = query.status.map(|status| match status {
        ApprovalStatus::Submitted => "submitted",
        ApprovalStatus::Approved => "approved",
        ApprovalStatus::Rejected => "rejected",
        ApprovalStatus::Withdrawn => "withdrawn",
    });
    let position = app.snapshot();
    let mut transaction = app.tenant(&principal.tenant).await?;
    let waiting_for = match query.waiting_for {
        None => None,
        Some(Decider::Me) if !principal.permissions.contains(Permission::DecideApprovals) => {
            return Ok(Json(ApprovalList { data: Vec::new(), page: asked.page(None), position }));
        }
        Some(Decider::Me) => {
            let caller = principal.signature();
            Some(store::api_keys::of_one_person(&mut transaction, &caller).await?)
        }
    };
    let filter = Filter {
        status: status.map(str::to_owned),
        kind: query.kind,
        conversation: query.conversation_id,
        requested_by: query.requested_by.map(|id| named(id, &principal)),
        decided_by: query.decided_by.map(|id| named(id, &principal)),
        waiting_for,
    };
    let listed =
        store::approvals::list(&mut transaction, &principal.tenant, &filter, start, asked.limit)
            .await?;
    let next = listed.next.map(|place| paging::encode_moment(place.at, place.id));
    Ok(Json(ApprovalList { data: listed.approvals, page: asked.page(next), position }))
}

/// Whom a caller means by this id.
fn named(id: String, principal: &Principal) -> Who {
    if id == "me" { caller(principal) } else { Who { kind: None, id } }
}

fn caller(principal: &Principal) -> Who {
    Who { kind: Some(principal.kind.as_str()), id: principal.id.clone() }
}
