//! In place of Chatwoot's own screen: a conversation to read, for people who follow a link to it.

use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::Value;

use crate::sim::Sim;

pub(crate) fn router(sim: &Sim) -> Router {
    Router::new()
        .route("/app/accounts/{account}/conversations/{conversation}", get(show))
        .with_state(sim.clone())
}

/// Answers in plain text, since whoever wrote a message may have written anything.
async fn show(
    State(sim): State<Sim>,
    Path((account, conversation)): Path<(i64, i64)>,
) -> Result<Response, Response> {
    let messages = sim.messages(account, conversation).map_err(IntoResponse::into_response)?;
    let lines = messages.iter().map(line).collect::<Vec<_>>().join("\n");
    let page = format!("Conversation {conversation}, in a stand-in for Chatwoot\n\n{lines}\n");
    Ok(page.into_response())
}

fn line(message: &Value) -> String {
    let who = message["sender"]["name"].as_str().unwrap_or("-");
    let note = if message["private"] == true { " (note)" } else { "" };
    format!("{who}{note}: {}", message["content"].as_str().unwrap_or_default())
}
