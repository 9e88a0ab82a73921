//! Changes of one conversation.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::actors::types;
use crate::bodies::rest;
use crate::bodies::times::iso;
use crate::rest::caller::{AnyCaller, Caller};
use crate::rest::params::Params;
use crate::rest::refusal::Refusal;
use crate::sim::Sim;

pub(crate) async fn toggle_status(
    State(sim): State<Sim>,
    caller: AnyCaller,
    params: Params,
) -> Result<Json<Value>, Refusal> {
    caller.change(&sim, |world| {
        let id = caller.conversation(world)?;
        let (status, until) = (params.filled("status"), params.time("snoozed_until"));
        world.set_status(caller.account, id, Some(caller.person), status.as_deref(), until)?;
        let row = world.conversation(caller.account, id)?;
        Ok(Json(json!({
            "meta": {},
            "payload": {
                "success": true,
                "conversation_id": id,
                "current_status": row.status,
                "snoozed_until": row.snoozed_until.map(iso),
            },
        })))
    })
}

pub(crate) async fn toggle_priority(
    State(sim): State<Sim>,
    caller: AnyCaller,
    params: Params,
) -> Result<StatusCode, Refusal> {
    caller.change(&sim, |world| {
        let id = caller.conversation(world)?;
        let priority = params.filled("priority");
        world.set_priority(caller.account, id, Some(caller.person), priority.as_deref())?;
        Ok(StatusCode::OK)
    })
}

/// Assigns a conversation. If both an assignee and a team are given, only the assignee counts.
pub(crate) async fn assign(
    State(sim): State<Sim>,
    caller: AnyCaller,
    params: Params,
) -> Result<Json<Value>, Refusal> {
    caller.change(&sim, |world| {
        let id = caller.conversation(world)?;
        let by = Some(caller.person);
        let wanted = params.number("assignee_id");
        if params.filled("assignee_type").as_deref() == Some("AgentBot") {
            let bot = world.assign_bot(caller.account, id, by, wanted)?;
            let bot = bot.and_then(|id| world.bots.get(&id));
            return Ok(Json(bot.map_or(Value::Null, rest::bot_form)));
        }
        if params.0.contains_key("assignee_id") {
            let user = world.assign(caller.account, id, by, wanted)?;
            let user = user.and_then(|id| world.users.get(&id));
            return Ok(Json(user.map_or(Value::Null, rest::agent)));
        }
        if !params.0.contains_key("team_id") {
            return Ok(Json(Value::Null));
        }
        let team = world.assign_team(caller.account, id, by, params.number("team_id"))?;
        let teams = &world.account(caller.account)?.teams;
        let team = teams.iter().find(|row| Some(row.id) == team);
        let team = team.map(|row| rest::team(caller.account, row, caller.user_id()));
        Ok(Json(team.unwrap_or_default()))
    })
}

pub(crate) async fn labels(
    State(sim): State<Sim>,
    Caller(caller): Caller,
) -> Result<Json<Value>, Refusal> {
    let world = sim.world();
    let id = caller.conversation(&world)?;
    let row = world.conversation(caller.account, id)?;
    Ok(Json(json!({ "payload": row.labels })))
}

pub(crate) async fn set_labels(
    State(sim): State<Sim>,
    caller: AnyCaller,
    params: Params,
) -> Result<Json<Value>, Refusal> {
    caller.change(&sim, |world| {
        let id = caller.conversation(world)?;
        let labels = params.list("labels").unwrap_or_default();
        world.set_labels(caller.account, id, Some(caller.person), labels)?;
        let row = world.conversation(caller.account, id)?;
        Ok(Json(json!({ "payload": row.labels })))
    })
}

pub(crate) async fn custom_attributes(
    State(sim): State<Sim>,
    caller: AnyCaller,
    params: Params,
) -> Result<Json<Value>, Refusal> {
    caller.change(&sim, |world| {
        let id = caller.conversation(world)?;
        let wanted = params.object("custom_attributes").unwrap_or_default();
        world.set_custom_attributes(caller.account, id, Some(caller.person), wanted)?;
        let row = world.conversation(caller.account, id)?;
        Ok(Json(json!({ "custom_attributes": row.custom_attributes })))
    })
}

/// Marks as seen, past the model: there is no webhook, and `updated_at` does not move.
pub(crate) async fn update_last_seen(
    State(sim): State<Sim>,
    Caller(caller): Caller,
) -> Result<Json<Value>, Refusal> {
    caller.change(&sim, |world| {
        let id = caller.conversation(world)?;
        let now = world.now();
        let row = world.conversation_mut(caller.account, id)?;
        let unread = crate::bodies::push::unread(row, 1) > 0;
        let stale = row.agent_last_seen_at.is_none_or(|seen| now - seen > TimeDelta::hours(1));
        if unread || stale {
            row.agent_last_seen_at = Some(now);
        }
        Ok(Json(super::body(world, caller.account, id)?))
    })
}

pub(crate) async fn toggle_typing(
    State(sim): State<Sim>,
    caller: AnyCaller,
    params: Params,
) -> Result<Response, Refusal> {
    caller.change(&sim, |world| {
        let id = caller.conversation(world)?;
        let on = match params.text("typing_status").as_deref() {
            Some("on") => true,
            Some("off") => false,
            _ => return Ok(StatusCode::OK.into_response()),
        };
        // What the client sent is passed on as it came.
        let private = params.get("is_private").cloned().unwrap_or(json!(false));
        types(world, caller.account, id, caller.person, on, private)?;
        Ok(StatusCode::OK.into_response())
    })
}
