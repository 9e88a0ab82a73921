//! Who did what.

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use domain::{AccountKey, AuditId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::audit::{Filter, Place, Recorded};

use crate::App;
use crate::auth::{May, ReadAudit};
use crate::error::ApiError;
use crate::extract::Query;
use crate::paging::{self, Asked, Page};

/// Which entries of the audit.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(in crate::routes) struct ListAudit {
    /// Only this action, such as `api-keys create`.
    action: Option<String>,
    /// Only what this actor did, as `actor` of an entry names them.
    actor: Option<String>,
    /// Most rows per page; 25 if not given.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
    /// `nextCursor` of the previous page.
    cursor: Option<String>,
}

/// Something that was done to the tenant or its data.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
struct Deed {
    id: AuditId,
    /// When it was recorded.
    at: DateTime<Utc>,
    /// Who did it.
    #[schema(example = "member dev-admin")]
    actor: String,
    /// Where: `api`, or `axis`, the operators' tool.
    #[schema(example = "api")]
    source: String,
    /// What was done.
    #[schema(example = "api-keys create")]
    action: String,
    /// To what.
    #[schema(example = "api key 0199f1a0-0000-7000-8000-000000000000")]
    target: String,
    /// The Chatwoot account, if it was about one.
    account_id: Option<AccountKey>,
    /// How many things it was done to, if they can be counted.
    count: Option<i64>,
    /// What else is known, such as `why`, `before` and `after`.
    #[schema(value_type = Object)]
    details: Value,
}

impl From<Recorded> for Deed {
    fn from(row: Recorded) -> Self {
        Self {
            id: row.id,
            at: row.at,
            actor: row.actor,
            source: row.source,
            action: row.action,
            target: row.target,
            account_id: row.account,
            count: row.count,
            details: row.details,
        }
    }
}

/// Deeds, newest first.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::routes) struct AuditList {
    data: Vec<Deed>,
    page: Page,
}

/// List who did what, newest first: people, machines and operators.
///
/// Entries are only added; nobody changes or removes one.
#[utoipa::path(
    get, path = "/audit", tag = "administration",
    security(("bearer" = ["audit:read"])),
    params(ListAudit),
    responses((status = 200, description = "A page of the list", body = AuditList))
)]
pub(in crate::routes) async fn list_audit(
    State(app): State<App>,
    principal: May<ReadAudit>,
    Query(query): Query<ListAudit>,
) -> Result<Json<AuditList>, ApiError> {
    let asked = Asked::read(None, query.limit, query.cursor)?;
    let after = asked.after(read_cursor)?;
    let tenant = Some(principal.tenant.clone());
    let filter = Filter { tenant, action: query.action, actor: query.actor };
    let mut transaction = app.tenant(&principal.tenant).await?;
    let listed = store::audit::list(&mut transaction, &filter, after, asked.limit).await?;
    let next = listed.next.as_ref().map(write_cursor);
    let data = listed.entries.into_iter().map(Deed::from).collect();
    Ok(Json(AuditList { data, page: asked.page(next) }))
}

pub(in crate::routes) fn write_cursor(place: &Place) -> String {
    paging::encode_moment(place.at, place.id)
}

pub(in crate::routes) fn read_cursor(cursor: &str) -> Result<Place, ApiError> {
    paging::decode_moment(cursor).map(|(at, id)| Place { at, id })
}
