//! `GET /conversations` and its counts.

use std::cmp::Reverse;

use axum::Json;
use axum::extract::{Query as Pairs, State};
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::bodies::rest;
use crate::model::{Conversation, World};
use crate::rest::caller::{AnyCaller, Caller};
use crate::rest::params::{Query, page_of};
use crate::rest::refusal::Refusal;
use crate::sim::Sim;

pub(super) const PAGE: usize = 25;

pub(crate) async fn handle(
    State(sim): State<Sim>,
    Caller(caller): Caller,
    Pairs(pairs): Pairs<Vec<(String, String)>>,
) -> Result<Json<Value>, Refusal> {
    let query = Query::new(pairs);
    let world = sim.world();
    let account = world.account(caller.account)?;
    let rows = matching(&world, &caller, &query)?;
    let meta = counts(&rows, caller.user_id());
    let mut rows = by_assignee(rows, query.get("assignee_type"), caller.user_id());
    sort(&mut rows, query.get("sort_by"));
    // A list of recent changes is not paged.
    if query.get("updated_within").is_none() {
        rows = page_of(rows, query.page(), PAGE);
    }
    let payload: Vec<Value> =
        rows.into_iter().map(|row| rest::conversation(&world, account, row)).collect();
    Ok(Json(json!({ "data": { "meta": meta, "payload": payload } })))
}

pub(crate) async fn meta(
    State(sim): State<Sim>,
    Caller(caller): Caller,
    Pairs(pairs): Pairs<Vec<(String, String)>>,
) -> Result<Json<Value>, Refusal> {
    let world = sim.world();
    let rows = matching(&world, &caller, &Query::new(pairs))?;
    Ok(Json(json!({ "meta": counts(&rows, caller.user_id()) })))
}

fn matching<'w>(
    world: &'w World,
    caller: &AnyCaller,
    query: &Query,
) -> Result<Vec<&'w Conversation>, Refusal> {
    let part = query.get("q").map(str::to_lowercase);
    // A search looks through all of them.
    let status = match query.get("status") {
        Some("all") => None,
        _ if part.is_some() => None,
        wanted => Some(wanted.unwrap_or("open")),
    };
    let labels = query.list("labels");
    let since = query.number("updated_within").map(|s| world.now() - TimeDelta::seconds(s));
    let says = |row: &Conversation, part: &str| {
        let mut texts = row.messages.values().filter_map(|m| m.content.as_ref());
        texts.any(|text| text.to_lowercase().contains(part))
    };
    let from = |row: &Conversation, source: &str| {
        world.contact_inboxes.get(&row.contact_inbox_id).is_some_and(|i| i.source_id == source)
    };
    let unattended =
        |row: &Conversation| row.first_reply_created_at.is_none() || row.waiting_since.is_some();
    let mine = |row: &Conversation| row.assignee_id == Some(caller.user_id());
    let rows = world.account(caller.account)?.conversations.values().filter(|row| {
        caller.sees(world, row)
            && status.is_none_or(|status| row.status == status)
            && query.number("inbox_id").is_none_or(|id| row.inbox_id == id)
            && query.number("team_id").is_none_or(|id| row.team_id == Some(id))
            && (labels.is_empty() || row.labels.iter().any(|l| labels.contains(&l.as_str())))
            && since.is_none_or(|since| row.updated_at > since)
            && part.as_ref().is_none_or(|part| says(row, part))
            && query.get("source_id").is_none_or(|source| from(row, source))
            && match query.get("conversation_type") {
                Some("unattended") => unattended(row),
                Some("participating") => mine(row),
                Some("mention") => false,
                _ => true,
            }
    });
    Ok(rows.collect())
}

fn counts(rows: &[&Conversation], user: i64) -> Value {
    let assigned = rows.iter().filter(|row| row.assignee_id.is_some()).count();
    json!({
        "mine_count": rows.iter().filter(|row| row.assignee_id == Some(user)).count(),
        "assigned_count": assigned,
        "unassigned_count": rows.len() - assigned,
        "all_count": rows.len(),
    })
}

fn by_assignee<'w>(
    mut rows: Vec<&'w Conversation>,
    kind: Option<&str>,
    user: i64,
) -> Vec<&'w Conversation> {
    match kind {
        Some("me") => rows.retain(|row| row.assignee_id == Some(user)),
        Some("assigned") => rows.retain(|row| row.assignee_id.is_some()),
        Some("unassigned") => rows.retain(|row| row.assignee_id.is_none()),
        _ => {}
    }
    rows
}

/// Sorts by newest activity first, unless asked otherwise.
pub(super) fn sort(rows: &mut [&Conversation], by: Option<&str>) {
    let rank = |row: &Conversation| {
        let order = ["low", "medium", "high", "urgent"];
        row.priority.as_deref().and_then(|name| order.iter().position(|known| *known == name))
    };
    match by {
        Some("last_activity_at_asc") => rows.sort_by_key(|row| row.last_activity_at),
        Some("created_at_asc") => rows.sort_by_key(|row| row.created_at),
        Some("created_at_desc") => rows.sort_by_key(|row| Reverse(row.created_at)),
        Some("priority_asc") => rows.sort_by_key(|row| (rank(row), Reverse(row.last_activity_at))),
        Some("priority_desc") => {
            rows.sort_by_key(|row| (Reverse(rank(row)), Reverse(row.last_activity_at)));
        }
        Some("waiting_since_asc") => {
            rows.sort_by_key(|row| (row.waiting_since.is_none(), row.waiting_since));
        }
        Some("waiting_since_desc") => rows.sort_by_key(|row| Reverse(row.waiting_since)),
        _ => rows.sort_by_key(|row| Reverse(row.last_activity_at)),
    }
}
