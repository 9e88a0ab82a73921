//! Lists of an account, and the caller's profile.

use axum::Json;
use axum::extract::{Query as Pairs, State};
use axum::http::HeaderMap;
use serde_json::{Value, json};

use super::caller::{self, Admin, Caller};
use super::params::{Params, Query};
use super::refusal::Refusal;
use crate::bodies::rest;
use crate::model::{Person, Role};
use crate::sim::Sim;

pub(crate) async fn profile(
    State(sim): State<Sim>,
    headers: HeaderMap,
) -> Result<Json<Value>, Refusal> {
    let world = sim.world();
    let (person, _) = caller::owner(&world, &headers)?;
    let Person::User(id) = person else { return Err(Refusal::NotForBots) };
    let user = world.users.get(&id).ok_or(Refusal::InvalidToken)?;
    Ok(Json(rest::profile(&world, user)))
}

pub(crate) async fn agents(State(sim): State<Sim>, Caller(caller): Caller) -> Json<Value> {
    let world = sim.world();
    let users = world.users.values().filter(|user| user.account_id == caller.account);
    Json(users.map(rest::agent).collect())
}

pub(crate) async fn teams(
    State(sim): State<Sim>,
    Caller(caller): Caller,
) -> Result<Json<Value>, Refusal> {
    let world = sim.world();
    let teams = world.account(caller.account)?.teams.iter();
    Ok(Json(teams.map(|row| rest::team(caller.account, row, caller.user_id())).collect()))
}

pub(crate) async fn inboxes(State(sim): State<Sim>, Caller(caller): Caller) -> Json<Value> {
    let world = sim.world();
    let all = caller.role == Some(Role::Administrator);
    let mine = world.inboxes.values().filter(|row| row.account_id == caller.account);
    let mine = mine.filter(|row| all || row.members.contains(&caller.user_id()));
    let payload: Vec<Value> = mine.map(rest::inbox_form).collect();
    Json(json!({ "payload": payload }))
}

pub(crate) async fn labels(
    State(sim): State<Sim>,
    Caller(caller): Caller,
) -> Result<Json<Value>, Refusal> {
    let world = sim.world();
    let rows = &world.account(caller.account)?.labels;
    let payload: Vec<Value> = rows.iter().map(rest::label).collect();
    Ok(Json(json!({ "payload": payload })))
}

pub(crate) async fn create_label(
    State(sim): State<Sim>,
    Admin(caller): Admin,
    params: Params,
) -> Result<Json<Value>, Refusal> {
    let params = params.object("label").map_or(params, Params);
    let title = params.text("title").unwrap_or_default();
    let color = params.filled("color").unwrap_or_else(|| "#1f93ff".to_owned());
    let description = params.text("description");
    let sidebar = params.truth("show_on_sidebar");
    let row = caller.change(&sim, |world| {
        Ok(world.add_label(caller.account, &title, description, &color, sidebar)?)
    })?;
    Ok(Json(rest::label(&row)))
}

pub(crate) async fn canned_responses(
    State(sim): State<Sim>,
    Caller(caller): Caller,
    Pairs(pairs): Pairs<Vec<(String, String)>>,
) -> Result<Json<Value>, Refusal> {
    let query = Query::new(pairs);
    let search = query.get("search").map(str::to_lowercase);
    let world = sim.world();
    let rows = world.account(caller.account)?.canned_responses.iter().filter(|row| {
        let hit = |text: &str, word: &str| text.to_lowercase().contains(word);
        search.as_ref().is_none_or(|word| hit(&row.short_code, word) || hit(&row.content, word))
    });
    Ok(Json(rows.map(|row| rest::canned_response(caller.account, row)).collect()))
}

pub(crate) async fn create_canned_response(
    State(sim): State<Sim>,
    Caller(caller): Caller,
    params: Params,
) -> Result<Json<Value>, Refusal> {
    let params = params.object("canned_response").map_or(params, Params);
    let short_code = params.text("short_code").unwrap_or_default();
    let content = params.text("content").unwrap_or_default();
    let row = caller.change(&sim, |world| {
        Ok(world.add_canned_response(caller.account, &short_code, &content)?)
    })?;
    Ok(Json(rest::canned_response(caller.account, &row)))
}
