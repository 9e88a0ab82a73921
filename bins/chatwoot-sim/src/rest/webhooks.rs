//! `/webhooks`, for administrators.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Value, json};

use super::caller::Admin;
use super::params::Params;
use super::refusal::Refusal;
use crate::bodies::rest;
use crate::model::WebhookChange;
use crate::sim::Sim;

pub(crate) async fn list(
    State(sim): State<Sim>,
    Admin(caller): Admin,
) -> Result<Json<Value>, Refusal> {
    let world = sim.world();
    let rows = &world.account(caller.account)?.webhooks;
    let rows: Vec<Value> = rows.iter().map(|row| rest::webhook(caller.account, row)).collect();
    Ok(Json(json!({ "payload": { "webhooks": rows } })))
}

/// Reads the fields, which come flat or under `webhook`.
fn wanted(params: Params) -> WebhookChange {
    let params = params.object("webhook").map_or(params, Params);
    WebhookChange {
        url: params.text("url"),
        name: params.text("name"),
        subscriptions: params.list("subscriptions"),
    }
}

pub(crate) async fn create(
    State(sim): State<Sim>,
    Admin(caller): Admin,
    params: Params,
) -> Result<Json<Value>, Refusal> {
    let wanted = wanted(params);
    let row = caller.change(&sim, |world| Ok(world.add_webhook(caller.account, wanted)?))?;
    Ok(Json(json!({ "payload": { "webhook": rest::webhook(caller.account, &row) } })))
}

pub(crate) async fn update(
    State(sim): State<Sim>,
    Admin(caller): Admin,
    params: Params,
) -> Result<Json<Value>, Refusal> {
    let (id, wanted) = (caller.id("webhook")?, wanted(params));
    let row =
        caller.change(&sim, |world| Ok(world.change_webhook(caller.account, id, wanted)?))?;
    Ok(Json(json!({ "payload": { "webhook": rest::webhook(caller.account, &row) } })))
}

pub(crate) async fn delete(
    State(sim): State<Sim>,
    Admin(caller): Admin,
) -> Result<StatusCode, Refusal> {
    let id = caller.id("webhook")?;
    caller.change(&sim, |world| Ok(world.remove_webhook(caller.account, id)?))?;
    Ok(StatusCode::OK)
}
