//! The list of dead letters.

use axum::Json;
use axum::extract::State;
use domain::AccountKey;
use serde::{Deserialize, Serialize};

use super::{DeadLetter, Own};
use crate::App;
use crate::auth::{May, ReadOperations};
use crate::error::ApiError;
use crate::extract::Query;
use crate::paging::{self, Asked, Page};

/// How many positions are looked at for one page: other tenants' letters cost as much as one's own.
pub(in crate::routes::operations) const REACH: u64 = 1_000;
/// How many letters are in memory at a time; one may have 8 MB.
pub(in crate::routes::operations) const AT_ONCE: u64 = 4;

/// Which dead letters to list.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(in crate::routes) struct ListDeadLetters {
    /// Only those given up for this reason: `undecodable`, `refused-by-database`, ….
    reason: Option<String>,
    /// Only those from this stream, `INBOUND` or `OUTBOUND`.
    stream: Option<String>,
    /// Only those of this Chatwoot account.
    account_id: Option<AccountKey>,
    /// Most rows per page; 25 if not given.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
    /// `nextCursor` of the previous page.
    cursor: Option<String>,
}

/// Dead letters, newest first.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::routes) struct DeadLetterList {
    data: Vec<DeadLetter>,
    page: Page,
}

/// List messages that could not be processed, newest first.
///
/// A page may have fewer rows than its limit, or none, without being the last: go on until
/// `nextCursor` is null.
#[utoipa::path(
    get, path = "/operations/dead-letters", tag = "operations",
    security(("bearer" = ["operations:read"])),
    params(ListDeadLetters),
    responses((status = 200, description = "A page of the list", body = DeadLetterList))
)]
pub(in crate::routes) async fn list_dead_letters(
    State(app): State<App>,
    principal: May<ReadOperations>,
    Query(query): Query<ListDeadLetters>,
) -> Result<Json<DeadLetterList>, ApiError> {
    let asked = Asked::read(None, query.limit, query.cursor)?;
    let mut before = asked.after(paging::decode::<u64>)?;
    let _room = app.reading(&principal.tenant)?;
    let own = Own::of(&mut *app.tenant(&principal.tenant).await?, &principal).await?;
    let (letters, mut data) = (app.bus.dead_letters(), Vec::new());
    let mut looked_at = 0;
    let next = 'page: loop {
        let (some, go_on) = letters.among(before, AT_ONCE).await?;
        for stored in some {
            let letter = &stored.letter;
            let meant = query.reason.as_ref().is_none_or(|reason| *reason == letter.reason)
                && query.stream.as_ref().is_none_or(|stream| *stream == letter.stream);
            if !meant || !own.holds(&stored) {
                continue;
            }
            let letter = DeadLetter::of(&stored);
            if query.account_id.is_some_and(|account| letter.account_id != Some(account)) {
                continue;
            }
            data.push(letter);
            if data.len() == asked.limit as usize {
                break 'page Some(stored.sequence).filter(|sequence| *sequence > 1);
            }
        }
        looked_at += AT_ONCE;
        if go_on.is_none() || looked_at >= REACH {
            break go_on;
        }
        before = go_on;
    };
    let next = next.map(|sequence| paging::encode(&sequence));
    Ok(Json(DeadLetterList { data, page: asked.page(next) }))
}
