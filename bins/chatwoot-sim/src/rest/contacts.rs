//! `/contacts`.

use axum::Json;
use axum::extract::{Query as Pairs, State};
use serde_json::{Value, json};

use super::caller::Caller;
use super::params::{Params, Query, page_of};
use super::refusal::Refusal;
use crate::bodies::rest;
use crate::model::{Contact, NewContact, World};
use crate::sim::Sim;

const PAGE: usize = 15;

pub(crate) async fn show(
    State(sim): State<Sim>,
    Caller(caller): Caller,
    Pairs(pairs): Pairs<Vec<(String, String)>>,
) -> Result<Json<Value>, Refusal> {
    let query = Query::new(pairs);
    // Shown unless the query says otherwise.
    let inboxes = query.get("include_contact_inboxes").is_none_or(|text| text == "true");
    let world = sim.world();
    let row = world.contact(caller.account, caller.id("contact")?)?;
    Ok(Json(json!({ "payload": rest::contact(&world, row, inboxes) })))
}

pub(crate) async fn list(
    State(sim): State<Sim>,
    Caller(caller): Caller,
    Pairs(pairs): Pairs<Vec<(String, String)>>,
) -> Json<Value> {
    let world = sim.world();
    Json(page(&world, caller.account, &Query::new(pairs), |_| true))
}

pub(crate) async fn search(
    State(sim): State<Sim>,
    Caller(caller): Caller,
    Pairs(pairs): Pairs<Vec<(String, String)>>,
) -> Result<Json<Value>, Refusal> {
    let query = Query::new(pairs);
    let Some(part) = query.get("q").map(|text| text.trim().to_lowercase()) else {
        let sentence = "Specify search string with parameter q";
        return Err(Refusal::Unprocessable(sentence.to_owned()));
    };
    let world = sim.world();
    Ok(Json(page(&world, caller.account, &query, |row| {
        let texts = [Some(&row.name), row.email.as_ref(), row.phone_number.as_ref()];
        let mut texts = texts.into_iter().chain([row.identifier.as_ref()]).flatten();
        texts.any(|text| text.to_lowercase().contains(&part))
    })))
}

fn page(world: &World, account: i64, query: &Query, hit: impl Fn(&Contact) -> bool) -> Value {
    let inboxes = query.truth("include_contact_inboxes");
    let mut rows: Vec<&Contact> =
        world.contacts.values().filter(|row| row.account_id == account && hit(row)).collect();
    match query.get("sort") {
        Some("-name") => rows.sort_by(|a, b| b.name.cmp(&a.name)),
        Some("name") => rows.sort_by(|a, b| a.name.cmp(&b.name)),
        Some("-last_activity_at") => {
            rows.sort_by_key(|row| std::cmp::Reverse(row.last_activity_at));
        }
        Some("last_activity_at") => rows.sort_by_key(|row| row.last_activity_at),
        _ => {}
    }
    let (count, number) = (rows.len(), query.page());
    let payload: Vec<Value> = page_of(rows, number, PAGE)
        .into_iter()
        .map(|row| rest::contact(world, row, inboxes))
        .collect();
    let has_more = count > number.saturating_mul(PAGE);
    json!({
        "meta": { "count": count, "current_page": number, "has_more": has_more },
        "payload": payload,
    })
}

fn wanted(params: &Params) -> NewContact {
    NewContact {
        name: params.text("name"),
        email: params.filled("email"),
        phone_number: params.filled("phone_number"),
        identifier: params.filled("identifier"),
        additional_attributes: params.object("additional_attributes"),
        custom_attributes: params.object("custom_attributes"),
        blocked: params.boolean("blocked"),
    }
}

pub(crate) async fn create(
    State(sim): State<Sim>,
    Caller(caller): Caller,
    params: Params,
) -> Result<Json<Value>, Refusal> {
    let (wanted, source_id) = (wanted(&params), params.filled("source_id"));
    caller.change(&sim, |world| {
        let inbox = params.number("inbox_id");
        if let Some(inbox) = inbox {
            world.inbox(caller.account, inbox)?;
        }
        let id = world.add_contact(caller.account, wanted)?;
        let place = inbox.map(|inbox| world.contact_inbox(id, inbox, source_id));
        let place = place.and_then(|id| world.contact_inboxes.get(&id));
        let contact = rest::contact(world, world.contact(caller.account, id)?, true);
        let place = place.map(|row| rest::contact_inbox(world, row));
        Ok(Json(json!({ "payload": { "contact": contact, "contact_inbox": place } })))
    })
}

pub(crate) async fn update(
    State(sim): State<Sim>,
    Caller(caller): Caller,
    params: Params,
) -> Result<Json<Value>, Refusal> {
    let id = caller.id("contact")?;
    caller.change(&sim, |world| {
        world.change_contact(caller.account, id, wanted(&params))?;
        let row = world.contact(caller.account, id)?;
        Ok(Json(json!({ "payload": rest::contact(world, row, true) })))
    })
}
