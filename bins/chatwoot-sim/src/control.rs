//! The control API. See the crate's documentation for the calls.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::actors::File;
use crate::contacts::Customer;
use crate::dispatch::Delivery;
use crate::faults::{BadProbability, Faults};
use crate::seed::admin_token;
use crate::sim::{Sim, SimError};

pub(crate) fn router(sim: &Sim) -> Router {
    Router::new()
        .route("/_sim/faults", get(faults).put(set_faults))
        .route("/_sim/accounts", post(create_account))
        .route("/_sim/conversations", post(start_conversation))
        .route("/_sim/conversations/{id}/incoming", post(incoming))
        .route("/_sim/conversations/{id}/outgoing", post(outgoing))
        .route("/_sim/conversations/{id}/status", post(status))
        .route("/_sim/conversations/{id}/messages/{message}/status", post(message_status))
        .route("/_sim/typing", post(typing))
        .route("/_sim/widget", post(widget))
        .route("/_sim/deliveries", get(deliveries))
        .route("/_sim/state", get(state))
        .route("/_sim/settled", post(settled))
        .route("/_sim/reset", post(reset))
        .with_state(sim.clone())
}

impl IntoResponse for SimError {
    fn into_response(self) -> Response {
        let status = match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Refused(_) => StatusCode::UNPROCESSABLE_ENTITY,
        };
        (status, Json(json!({ "error": self.to_string() }))).into_response()
    }
}

impl IntoResponse for BadProbability {
    fn into_response(self) -> Response {
        let body = Json(json!({ "error": self.to_string() }));
        (StatusCode::UNPROCESSABLE_ENTITY, body).into_response()
    }
}

async fn faults(State(sim): State<Sim>) -> Json<Faults> {
    Json(sim.faults())
}

async fn set_faults(
    State(sim): State<Sim>,
    Json(faults): Json<Faults>,
) -> Result<Json<Faults>, BadProbability> {
    sim.set_faults(faults)?;
    Ok(Json(sim.faults()))
}

const fn first_account() -> i64 {
    1
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewAccount {
    id: Option<i64>,
    name: Option<String>,
}

async fn create_account(
    State(sim): State<Sim>,
    Json(wanted): Json<NewAccount>,
) -> Result<Json<Value>, SimError> {
    let name = wanted.name.as_deref().unwrap_or("Acme Outdoor");
    let id = sim.create_account(wanted.id, name)?;
    Ok(Json(json!({ "id": id, "admin_token": admin_token(id) })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FirstMessage {
    #[serde(default = "first_account")]
    account: i64,
    channel: Option<String>,
    #[serde(default)]
    contact: Customer,
    text: Option<String>,
}

async fn start_conversation(
    State(sim): State<Sim>,
    Json(wanted): Json<FirstMessage>,
) -> Result<Json<Value>, SimError> {
    let account = wanted.account;
    let inbox = sim.inbox(account, wanted.channel.as_deref().unwrap_or("Channel::WebWidget"))?;
    let contact = sim.create_contact(account, wanted.contact)?;
    let conversation = sim.create_conversation(account, inbox, contact)?;
    let text = wanted.text.as_deref().unwrap_or("Hello, is anybody there?");
    let message = sim.customer_writes(account, conversation, text)?;
    Ok(Json(json!({
        "account": account,
        "conversation": conversation,
        "contact": contact,
        "message": message,
    })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Incoming {
    #[serde(default = "first_account")]
    account: i64,
    text: String,
    #[serde(default)]
    attachments: Vec<File>,
}

async fn incoming(
    State(sim): State<Sim>,
    Path(id): Path<i64>,
    Json(wanted): Json<Incoming>,
) -> Result<Json<Value>, SimError> {
    let message = sim.customer_sends(wanted.account, id, &wanted.text, wanted.attachments)?;
    Ok(Json(json!({ "message": message })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Outgoing {
    #[serde(default = "first_account")]
    account: i64,
    text: String,
    #[serde(default)]
    private: bool,
}

async fn outgoing(
    State(sim): State<Sim>,
    Path(id): Path<i64>,
    Json(wanted): Json<Outgoing>,
) -> Result<Json<Value>, SimError> {
    let message = if wanted.private {
        sim.agent_notes(wanted.account, id, &wanted.text)?
    } else {
        sim.agent_writes(wanted.account, id, &wanted.text)?
    };
    Ok(Json(json!({ "message": message })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Report {
    #[serde(default = "first_account")]
    account: i64,
    status: String,
    external_error: Option<String>,
}

async fn status(
    State(sim): State<Sim>,
    Path(id): Path<i64>,
    Json(wanted): Json<Report>,
) -> Result<StatusCode, SimError> {
    sim.agent_sets_status(wanted.account, id, &wanted.status)?;
    Ok(StatusCode::NO_CONTENT)
}

async fn message_status(
    State(sim): State<Sim>,
    Path((id, message)): Path<(i64, i64)>,
    Json(wanted): Json<Report>,
) -> Result<StatusCode, SimError> {
    let error = wanted.external_error.as_deref();
    sim.set_message_status(wanted.account, id, message, &wanted.status, error)?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Typist {
    Customer,
    Agent,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Typing {
    #[serde(default = "first_account")]
    account: i64,
    conversation: i64,
    on: bool,
    by: Option<Typist>,
}

async fn typing(
    State(sim): State<Sim>,
    Json(wanted): Json<Typing>,
) -> Result<StatusCode, SimError> {
    match wanted.by {
        Some(Typist::Agent) => sim.agent_types(wanted.account, wanted.conversation, wanted.on)?,
        Some(Typist::Customer) | None => {
            sim.customer_types(wanted.account, wanted.conversation, wanted.on)?;
        }
    }
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Widget {
    #[serde(default = "first_account")]
    account: i64,
    conversation: i64,
}

async fn widget(
    State(sim): State<Sim>,
    Json(wanted): Json<Widget>,
) -> Result<StatusCode, SimError> {
    sim.widget_opened(wanted.account, wanted.conversation)?;
    Ok(StatusCode::NO_CONTENT)
}

async fn deliveries(State(sim): State<Sim>) -> Json<Vec<Delivery>> {
    Json(sim.deliveries())
}

async fn state(State(sim): State<Sim>) -> Json<Value> {
    Json(sim.state())
}

async fn settled(State(sim): State<Sim>) -> StatusCode {
    sim.settled().await;
    StatusCode::NO_CONTENT
}

async fn reset(State(sim): State<Sim>) -> Result<StatusCode, SimError> {
    sim.reset()?;
    Ok(StatusCode::NO_CONTENT)
}
