//! The application API.

mod caller;
mod catalogue;
mod contacts;
mod conversations;
mod fault_layer;
pub(crate) mod files;
mod messages;
mod params;
mod refusal;
mod webhooks;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, patch, post};
use serde_json::json;

use crate::sim::Sim;

/// Room for a message with files, as much as a proxy in front would take.
pub(crate) const MAX_BODY: usize = 128 * 1024 * 1024;

pub(crate) fn router(sim: &Sim) -> Router {
    let account = Router::new()
        .route("/conversations", get(conversations::list::handle).post(conversations::create))
        .route("/conversations/meta", get(conversations::list::meta))
        .route("/conversations/filter", post(conversations::filter::handle))
        .route(
            "/conversations/{conversation}",
            get(conversations::show)
                .patch(conversations::update)
                .put(conversations::update)
                .delete(conversations::delete),
        )
        .route(
            "/conversations/{conversation}/messages",
            get(messages::list::handle).post(messages::create::handle),
        )
        .route(
            "/conversations/{conversation}/messages/{message}",
            patch(messages::update).put(messages::update).delete(messages::delete),
        )
        .route("/conversations/{conversation}/messages/{message}/retry", post(messages::retry))
        .route(
            "/conversations/{conversation}/labels",
            get(conversations::changes::labels).post(conversations::changes::set_labels),
        );
    let changes = Router::new()
        .route("/toggle_status", post(conversations::changes::toggle_status))
        .route("/toggle_priority", post(conversations::changes::toggle_priority))
        .route("/assignments", post(conversations::changes::assign))
        .route("/custom_attributes", post(conversations::changes::custom_attributes))
        .route("/update_last_seen", post(conversations::changes::update_last_seen))
        .route("/toggle_typing_status", post(conversations::changes::toggle_typing));
    let account = account
        .nest("/conversations/{conversation}", changes)
        .route("/contacts", get(contacts::list).post(contacts::create))
        .route("/contacts/search", get(contacts::search))
        .route(
            "/contacts/{contact}",
            get(contacts::show).put(contacts::update).patch(contacts::update),
        )
        .route("/agents", get(catalogue::agents))
        .route("/teams", get(catalogue::teams))
        .route("/inboxes", get(catalogue::inboxes))
        .route("/labels", get(catalogue::labels).post(catalogue::create_label))
        .route(
            "/canned_responses",
            get(catalogue::canned_responses).post(catalogue::create_canned_response),
        )
        .route("/webhooks", get(webhooks::list).post(webhooks::create))
        .route(
            "/webhooks/{webhook}",
            patch(webhooks::update).put(webhooks::update).delete(webhooks::delete),
        );
    Router::new()
        .nest("/api/v1/accounts/{account}", account)
        .route("/api/v1/profile", get(catalogue::profile))
        .layer(axum::middleware::from_fn_with_state(sim.clone(), fault_layer::apply))
        .route("/rails/active_storage/blobs/redirect/{signed}/{name}", get(files::redirect))
        .route("/rails/active_storage/disk/{signed}/{name}", get(files::serve))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .fallback(unknown)
        .with_state(sim.clone())
}

async fn unknown() -> Response {
    let body = json!({ "status": 404, "error": "Not Found" });
    (StatusCode::NOT_FOUND, axum::Json(body)).into_response()
}
