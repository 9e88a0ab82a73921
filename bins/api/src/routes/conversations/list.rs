//! The list of conversations.

use axum::Json;
use axum::extract::State;
use domain::{ContactId, Conversation, ConversationId};
use serde::{Deserialize, Serialize};
use store::conversations::{AssigneeFilter, Filter, Place, Sort};

use crate::App;
use crate::auth::{May, ReadConversations};
use crate::error::ApiError;
use crate::extract::Query;
use crate::paging::{self, Asked, Page};
use crate::routes::Snapshot;
use crate::routes::agents::list::own_agents;

/// Longest text to search for, in characters.
const LONGEST_SEARCH: usize = 200;
/// The assignee who is the caller.
const ME: &str = "me";

/// Which conversations to list, and in which order.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(in crate::routes) struct ListConversations {
    /// Only with this status: `open`, `resolved`, `pending`, `snoozed`, or another one of the installation.
    status: Option<String>,
    /// Only with this priority: `low`, `medium`, `high`, `urgent`, or `none`.
    priority: Option<String>,
    /// Only those assigned to the user with this number in Chatwoot, to yourself (`me`: to the agents that
    /// `GET /agents` calls `you`, each in their own account), to nobody (`none`) or to anybody (`any`).
    assignee_id: Option<String>,
    /// Only those assigned to the team with this number in Chatwoot.
    team_id: Option<i64>,
    /// Only with this label.
    label: Option<String>,
    /// Only those in the inbox with this number in Chatwoot.
    inbox_id: Option<i64>,
    /// Only those with this contact.
    contact_id: Option<ContactId>,
    /// Only those with this number, with a contact whose name, address or phone number contains this text, or
    /// with a message that has these words. A text of one or two characters is looked for at the beginnings
    /// of the first four words of names only. `#` before a number searches for the number alone.
    #[param(max_length = 200)]
    search: Option<String>,
    /// What comes first; `newest` if not given.
    #[param(inline)]
    sort: Option<SortBy>,
    /// Number of the page, from 1. Reaches the first 10,000 rows; beyond them, use `cursor`.
    #[param(minimum = 1)]
    page: Option<u32>,
    /// Most rows per page; 25 if not given. A page has fewer if they are large: go on with `nextCursor`.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
    /// `nextCursor` of the previous page, which must have had the same `sort`.
    cursor: Option<String>,
}

/// What comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
enum SortBy {
    /// Where something happened most recently.
    #[default]
    Newest,
    /// Where nothing has happened for longest.
    Oldest,
    /// The customer who has waited longest.
    Waiting,
    /// The most urgent, then the newest.
    Priority,
}

/// A page of the list.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::routes) struct ConversationList {
    data: Vec<Conversation>,
    page: Page,
    position: Snapshot,
}

/// List conversations.
#[utoipa::path(
    get, path = "/conversations", tag = "conversations",
    security(("bearer" = ["conversations:read"])),
    params(ListConversations),
    responses((status = 200, description = "A page of the list", body = ConversationList))
)]
pub(in crate::routes) async fn list_conversations(
    State(app): State<App>,
    principal: May<ReadConversations>,
    Query(mut query): Query<ListConversations>,
) -> Result<Json<ConversationList>, ApiError> {
    let asked = Asked::read(query.page, query.limit, query.cursor.take())?;
    let sort = query.sort.unwrap_or_default();
    let start = asked.begin(|cursor| Cursor::read(cursor, sort))?;
    let by_me = query.assignee_id.as_deref() == Some(ME);
    let mut filter = query.filter()?;
    let position = app.snapshot();
    let mut transaction = app.tenant(&principal.tenant).await?;
    if by_me {
        let own = own_agents(&mut transaction, &principal).await?;
        filter.assignee = Some(AssigneeFilter::OneOf(own));
    }
    let listed = store::conversations::list(
        &mut transaction,
        &principal.tenant,
        &filter,
        sort.into(),
        start,
        asked.limit,
    )
    .await?;
    let next = listed.next.map(|place| Cursor::write(sort, &place));
    Ok(Json(ConversationList { data: listed.conversations, page: asked.page(next), position }))
}

impl ListConversations {
    fn filter(self) -> Result<Filter, ApiError> {
        let said = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
        let assignee = match said(self.assignee_id).as_deref() {
            None | Some(ME) => None,
            Some("none") => Some(AssigneeFilter::None),
            Some("any") => Some(AssigneeFilter::Any),
            Some(number) => Some(AssigneeFilter::Id(number.parse().map_err(|_| {
                ApiError::field("assigneeId", "must be a number, `me`, `none` or `any`")
            })?)),
        };
        let search = said(self.search);
        if search.as_ref().is_some_and(|text| text.chars().count() > LONGEST_SEARCH) {
            let message = format!("must have at most {LONGEST_SEARCH} characters");
            return Err(ApiError::field("search", message));
        }
        Ok(Filter {
            status: said(self.status),
            priority: said(self.priority),
            assignee,
            team_id: self.team_id,
            label: said(self.label),
            inbox_id: self.inbox_id,
            contact: self.contact_id,
            search,
        })
    }
}

impl From<SortBy> for Sort {
    fn from(sort: SortBy) -> Self {
        match sort {
            SortBy::Newest => Self::Newest,
            SortBy::Oldest => Self::Oldest,
            SortBy::Waiting => Self::Waiting,
            SortBy::Priority => Self::Priority,
        }
    }
}

/// The last row of a page, and the order in which it was found.
#[derive(Serialize, Deserialize)]
struct Cursor(SortBy, Option<i64>, i32, ConversationId);

impl Cursor {
    fn write(sort: SortBy, place: &Place) -> String {
        let micros = place.at.map(|at| at.timestamp_micros());
        paging::encode(&Self(sort, micros, place.rank, place.id))
    }

    fn read(cursor: &str, sort: SortBy) -> Result<Place, ApiError> {
        let Self(sorted, micros, rank, id) = paging::decode(cursor)?;
        if sorted != sort {
            return Err(ApiError::field(
                "cursor",
                "is from a list with another sort; leave it out to begin at the start",
            ));
        }
        let at = match (micros, sort) {
            (None, SortBy::Waiting) => None,
            (micros, _) => Some(paging::moment(micros)?),
        };
        Ok(Place { at, rank, id })
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    #[test]
    fn a_cursor_fits_its_own_sort_only() {
        let id = ConversationId::generate();
        let at = DateTime::from_timestamp_micros(1_790_000_000_123_456);
        let place = Place { at, rank: 3, id };
        let cursor = Cursor::write(SortBy::Priority, &place);
        assert_eq!(Cursor::read(&cursor, SortBy::Priority).unwrap(), place);
        for other in [SortBy::Newest, SortBy::Oldest, SortBy::Waiting] {
            assert!(Cursor::read(&cursor, other).is_err());
        }
        let endless = Cursor::write(SortBy::Newest, &Place { at: None, ..place });
        assert!(Cursor::read(&endless, SortBy::Newest).is_err());
    }
}
