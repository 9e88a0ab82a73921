//! `/conversations`: one at a time.

pub(crate) mod changes;
pub(crate) mod filter;
pub(crate) mod list;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::Value;

use super::caller::{Admin, AnyCaller};
use super::params::Params;
use super::refusal::Refusal;
use crate::bodies::rest;
use crate::model::{MessageType, NewConversation, NewMessage, World};
use crate::sim::Sim;

fn body(world: &World, account: i64, id: i64) -> Result<Value, Refusal> {
    let row = world.conversation(account, id)?;
    Ok(rest::conversation(world, world.account(account)?, row))
}

pub(crate) async fn show(
    State(sim): State<Sim>,
    caller: AnyCaller,
) -> Result<Json<Value>, Refusal> {
    let world = sim.world();
    let id = caller.conversation(&world)?;
    Ok(Json(body(&world, caller.account, id)?))
}

/// Needs `contact_id` and `inbox_id`, or the `source_id` of a contact in an inbox.
pub(crate) async fn create(
    State(sim): State<Sim>,
    caller: AnyCaller,
    params: Params,
) -> Result<Json<Value>, Refusal> {
    let source_id = params.filled("source_id");
    caller.change(&sim, |world| {
        let known = source_id.as_ref().and_then(|source| {
            let mut places = world.contact_inboxes.values();
            let place = places.find(|row| row.source_id == *source)?;
            Some((place.contact_id, place.inbox_id))
        });
        let contact = params.number("contact_id").or(known.map(|(contact, _)| contact));
        let inbox = params.number("inbox_id").or(known.map(|(_, inbox)| inbox));
        let wanted = NewConversation {
            inbox_id: inbox.ok_or(Refusal::NotFound)?,
            contact_id: contact.ok_or(Refusal::NotFound)?,
            source_id,
            status: params.filled("status"),
            assignee_id: params.number("assignee_id"),
            team_id: params.number("team_id"),
            snoozed_until: params.time("snoozed_until"),
            additional_attributes: params.object("additional_attributes").unwrap_or_default(),
            custom_attributes: params.object("custom_attributes").unwrap_or_default(),
        };
        let id = world.add_conversation(caller.account, wanted)?;
        if let Some(message) = params.object("message").map(Params) {
            let message = NewMessage {
                content: message.text("content"),
                sender: Some(caller.person),
                ..NewMessage::of(MessageType::Outgoing)
            };
            world.add_message(caller.account, id, message)?;
        }
        Ok(Json(body(world, caller.account, id)?))
    })
}

/// Updates a conversation; takes only `priority`.
pub(crate) async fn update(
    State(sim): State<Sim>,
    caller: AnyCaller,
    params: Params,
) -> Result<Json<Value>, Refusal> {
    caller.change(&sim, |world| {
        let id = caller.conversation(world)?;
        if params.0.contains_key("priority") {
            let priority = params.filled("priority");
            world.set_priority(caller.account, id, Some(caller.person), priority.as_deref())?;
        }
        Ok(Json(body(world, caller.account, id)?))
    })
}

/// Deletes a conversation. Nothing is sent to anybody.
pub(crate) async fn delete(
    State(sim): State<Sim>,
    Admin(caller): Admin,
) -> Result<StatusCode, Refusal> {
    caller.change(&sim, |world| {
        let id = caller.conversation(world)?;
        world.account_mut(caller.account)?.conversations.remove(&id);
        Ok(StatusCode::OK)
    })
}
