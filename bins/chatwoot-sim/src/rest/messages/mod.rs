//! `/conversations/{id}/messages`.

pub(crate) mod create;
pub(crate) mod list;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::Value;

use super::caller::{AnyCaller, Caller};
use super::params::Params;
use super::refusal::Refusal;
use crate::bodies::rest;
use crate::model::World;
use crate::sim::Sim;

fn body(world: &World, caller: &AnyCaller, conversation: i64, id: i64) -> Result<Value, Refusal> {
    let parent = world.conversation(caller.account, conversation)?;
    let row = world.message(caller.account, conversation, id)?;
    Ok(rest::message(world, caller.account, parent, row))
}

pub(crate) async fn delete(
    State(sim): State<Sim>,
    Caller(caller): Caller,
) -> Result<StatusCode, Refusal> {
    let id = caller.id("message")?;
    caller.change(&sim, |world| {
        let conversation = caller.conversation(world)?;
        world.delete_message(caller.account, conversation, id)?;
        Ok(StatusCode::OK)
    })
}

pub(crate) async fn retry(
    State(sim): State<Sim>,
    Caller(caller): Caller,
) -> Result<Json<Value>, Refusal> {
    let id = caller.id("message")?;
    let old = sim.shared.faults.get().rest.old_retry;
    caller.change(&sim, |world| {
        let conversation = caller.conversation(world)?;
        world.retry_message(caller.account, conversation, id, old)?;
        Ok(Json(body(world, &caller, conversation, id)?))
    })
}

/// Sets the status from outside, in API inboxes only.
pub(crate) async fn update(
    State(sim): State<Sim>,
    Caller(caller): Caller,
    params: Params,
) -> Result<Json<Value>, Refusal> {
    let id = caller.id("message")?;
    caller.change(&sim, |world| {
        let conversation = caller.conversation(world)?;
        world.message(caller.account, conversation, id)?;
        let inbox = world.conversation(caller.account, conversation)?.inbox_id;
        if world.inbox(caller.account, inbox)?.channel != "Channel::Api" {
            let sentence = "Message status update is only allowed for API inboxes";
            return Err(Refusal::Forbidden(sentence));
        }
        let status = params.text("status").unwrap_or_default();
        let error = params.filled("external_error");
        let account = caller.account;
        world.set_message_status(account, conversation, id, &status, error.as_deref())?;
        Ok(Json(body(world, &caller, conversation, id)?))
    })
}
