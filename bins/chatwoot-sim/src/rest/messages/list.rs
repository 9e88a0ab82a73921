//! `GET …/messages`.

use std::ops::Range;

use axum::Json;
use axum::extract::{Query as Pairs, State};
use serde_json::{Value, json};

use crate::bodies::rest;
use crate::bodies::times::iso;
use crate::model::{Message, MessageType};
use crate::rest::caller::Caller;
use crate::rest::params::Query;
use crate::rest::refusal::Refusal;
use crate::sim::Sim;

const NEWEST: usize = 20;
const AFTER: usize = 100;
const BETWEEN: usize = 1000;

pub(crate) async fn handle(
    State(sim): State<Sim>,
    Caller(caller): Caller,
    Pairs(pairs): Pairs<Vec<(String, String)>>,
) -> Result<Json<Value>, Refusal> {
    let query = Query::new(pairs);
    let world = sim.world();
    let parent = world.conversation(caller.account, caller.conversation(&world)?)?;
    let public = query.truth("filter_internal_messages");
    let shown = |m: &&Message| !public || !(m.private || m.message_type == MessageType::Activity);
    // Chosen by number, ordered by the clocks.
    let within = |numbers: Range<i64>| {
        let rows = parent.messages.range(numbers).map(|(_, m)| m).filter(shown);
        let mut rows: Vec<&Message> = rows.collect();
        rows.sort_by_key(|m| (m.created_at, m.id));
        rows
    };
    let rows = match (query.number("after"), query.number("before")) {
        (None, before) => {
            let rows = within(i64::MIN..before.unwrap_or(i64::MAX));
            rows.get(rows.len().saturating_sub(NEWEST)..).unwrap_or_default().to_vec()
        }
        (Some(after), None) => {
            let mut rows = within(after.saturating_add(1)..i64::MAX);
            rows.truncate(AFTER);
            rows
        }
        (Some(after), Some(before)) => {
            let mut rows = within(after..before.max(after));
            rows.truncate(BETWEEN);
            rows
        }
    };
    let payload: Vec<Value> =
        rows.into_iter().map(|m| rest::message(&world, caller.account, parent, m)).collect();
    let contact = world.contacts.get(&parent.contact_id);
    let assignee = parent.assignee_id.and_then(|id| world.users.get(&id));
    Ok(Json(json!({
        "meta": {
            "labels": parent.labels,
            "additional_attributes": parent.additional_attributes,
            "contact": contact.map(|row| rest::contact(&world, row, false)),
            "assignee": assignee.map(rest::agent),
            "agent_last_seen_at": parent.agent_last_seen_at.map(iso),
            "assignee_last_seen_at": null,
        },
        "payload": payload,
    })))
}
