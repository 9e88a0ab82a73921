//! The timeline, as a list or live: one address, told apart by `Accept`.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use domain::{AccountKey, Activity, ConversationId, Permission};
use serde::{Deserialize, Serialize};
use store::activities::{ByActor, Filter, Place};

use super::stream;
use crate::App;
use crate::auth::{FollowActivity, May};
use crate::error::ApiError;
use crate::extract::Query;
use crate::live;
use crate::paging::{self, Asked, Page};
use crate::problem::Faults;
use crate::routes::Snapshot;

/// Most types to choose at once. A live stream keeps them, and compares every event with them.
const MOST_KINDS: usize = 64;
/// Longest name of a type, in characters: as long as a token of a subject.
const LONGEST_KIND: usize = 64;

/// Which activities to list.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(in crate::routes) struct ListActivity {
    /// Only of these types, separated by commas: `message_created,message_updated`. At most 64, each of at
    /// most 64 characters.
    #[serde(rename = "type")]
    #[param(rename = "type", max_length = 4_159)]
    kind: Option<String>,
    /// Only what was done in `chatwoot` or in `axis`. Does not apply to the live stream.
    source: Option<String>,
    /// Only of this conversation.
    conversation_id: Option<ConversationId>,
    /// Only what this actor did, by type and id (`user:7`), or what any actor of a type did
    /// (`contact`). Does not apply to the live stream.
    actor: Option<String>,
    /// Only in this Chatwoot account. An actor's id in Chatwoot means somebody else in another
    /// installation. Does not apply to the live stream.
    account_id: Option<AccountKey>,
    /// Number of the page, from 1. Reaches the first 10,000 rows; beyond them, use `cursor`.
    #[param(minimum = 1)]
    page: Option<u32>,
    /// Most rows per page; 25 if not given. A page has fewer if they are large: go on with `nextCursor`.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
    /// `nextCursor` of the previous page.
    cursor: Option<String>,
    /// Live stream: id of the last event that was received, or `position.activity` of a list. The
    /// header `Last-Event-ID` means the same, and wins.
    last_event_id: Option<String>,
    /// A ticket of `POST /activity/tickets` in place of a token, for browsers, whose `EventSource`
    /// cannot send a header.
    #[serde(rename = "ticket")]
    #[param(rename = "ticket")]
    _ticket: Option<String>,
}

/// A page of the timeline.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::routes) struct ActivityList {
    data: Vec<Activity>,
    page: Page,
    position: Snapshot,
}

/// List the timeline, newest first, or follow it live.
///
/// With `Accept: text/event-stream` the answer is a stream of server-sent events that does not end.
/// It holds conversations, messages and approvals, so it also needs `conversations:read` and
/// `approvals:read`. The event `ready` means that nothing was missed up to its id. `reset` means
/// that what was missed cannot be told: read the state again, and go on. Any other event is an
/// `Announcement`, whose id is its position, or a `Live` event (such as `typing`), which has no id.
///
/// If few activities match the types, the source, the actor or the account, a page may have fewer rows than its
/// limit, or none, without being the last: go on until `nextCursor` is null.
#[utoipa::path(
    get, path = "/activity", tag = "activity",
    security(("bearer" = ["activity:read"])),
    params(
        ListActivity,
        ("Last-Event-ID" = Option<String>, Header, description = "Live stream: where to resume")
    ),
    responses((status = 200, description = "A page of the timeline, or the live stream", content(
        (ActivityList = "application/json"),
        (String = "text/event-stream")
    )))
)]
pub(in crate::routes) async fn list_activity(
    State(app): State<App>,
    principal: May<FollowActivity>,
    headers: HeaderMap,
    Query(query): Query<ListActivity>,
) -> Result<Response, ApiError> {
    let kinds = query.kind.as_deref().map(kinds).transpose()?.filter(|kinds| !kinds.is_empty());
    if live::is_wanted(&headers) {
        // The live stream shows what happened together with the rows that it happened to.
        principal.require(Permission::ReadConversations)?;
        principal.require(Permission::ReadApprovals)?;
        let filter = live::Filter { kinds, conversation: query.conversation_id };
        let last = headers.get("last-event-id").and_then(|id| id.to_str().ok());
        let last = [last, query.last_event_id.as_deref()];
        let last = last.into_iter().flatten().find(|id| !id.is_empty());
        return stream::open(&app, &principal, filter, last);
    }
    let asked = Asked::read(query.page, query.limit, query.cursor)?;
    let start =
        asked.begin(|cursor| paging::decode_moment(cursor).map(|(at, id)| Place { at, id }))?;
    let filter = Filter {
        kinds,
        source: query.source,
        conversation: query.conversation_id,
        actor: query.actor.as_deref().map(actor),
        account: query.account_id,
    };
    let position = app.snapshot();
    let mut transaction = app.tenant(&principal.tenant).await?;
    let listed =
        store::activities::list(&mut transaction, &principal.tenant, &filter, start, asked.limit)
            .await?;
    let next = listed.next.map(|place| paging::encode_moment(place.at, place.id));
    let page = asked.page(next);
    Ok(Json(ActivityList { data: listed.activities, page, position }).into_response())
}

fn kinds(list: &str) -> Result<Vec<String>, ApiError> {
    let mut faults = Faults::default();
    let most = format!("must name at most {MOST_KINDS} types");
    faults.check("type", list.split(',').count() <= MOST_KINDS, most);
    let longest = format!("must hold no name of more than {LONGEST_KIND} characters");
    let is_short = |kind: &str| kind.chars().count() <= LONGEST_KIND;
    faults.check("type", list.split(',').all(is_short), longest);
    faults.done()?;
    let kinds = list.split(',').map(str::trim).filter(|kind| !kind.is_empty());
    let kinds: BTreeSet<_> = kinds.map(str::to_owned).collect();
    Ok(kinds.into_iter().collect())
}

fn actor(text: &str) -> ByActor {
    match text.split_once(':') {
        Some((kind, id)) => ByActor { kind: kind.to_owned(), id: Some(id.to_owned()) },
        None => ByActor { kind: text.to_owned(), id: None },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_types_holds_each_once_and_not_too_many() {
        assert_eq!(kinds("b, a,b,,").unwrap(), ["a", "b"]);
        let longest = "ä".repeat(LONGEST_KIND);
        let all = vec![longest.as_str(); MOST_KINDS].join(",");
        assert_eq!((all.chars().count(), kinds(&all).unwrap()), (4_159, vec![longest]));
        for (list, message) in [
            (format!("{all},"), "type must name at most 64 types"),
            (format!("ä{all}"), "type must hold no name of more than 64 characters"),
        ] {
            assert_eq!(kinds(&list).unwrap_err().to_string(), message);
        }
    }
}
