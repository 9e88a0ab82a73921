//! All addresses: a folder per resource, a file per operation.

mod accounts;
mod activity;
mod activity_position;
mod agents;
mod api_keys;
mod approvals;
mod attachments;
mod audit;
mod auth;
mod canned_responses;
mod catalogue;
mod chatwoot;
mod contacts;
mod conversations;
mod drafts;
mod inboxes;
mod labels;
mod me;
mod openapi;
mod operations;
mod reference;
mod shell;
mod teams;
mod tenant;
mod tenants;

use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{
    Extensions, HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version, header,
};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use domain::AccountKey;
use service::Health;
use tower::util::MapRequest;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, Predicate};
use tower_http::cors::{AllowOrigin, CorsLayer};
use tower_http::set_header::SetResponseHeaderLayer;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::auth::AuthMode;
use crate::error::ApiError;
use crate::files::{Untouched, is_form};
use crate::{App, Config, answers, idempotency, limits, loopback_only, paging, problem, request};

pub(crate) use chatwoot::Chatwoots;
pub use openapi::openapi_json;
pub(crate) use operations::pipeline::{NewestLetters, Pipelines};

/// Prefix of everything that has a version.
const BASE: &str = "/api/v1";
/// The largest body: the longest message fits with every character escaped.
pub(crate) const MOST_BODY_BYTES: usize = 2 * 1024 * 1024;
/// How long an answer may take to begin; live streams go on afterwards.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long an answer may take to begin where files have to arrive first. Files that no message has
/// are kept for longer than that.
const PATIENCE_WITH_FILES: Duration = Duration::from_mins(10);

/// The documented operations, with their OpenAPI description.
fn documented() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(openapi::document()).nest(BASE, operations())
}

fn operations() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(routes!(auth::config::get_auth_config))
        .routes(routes!(me::get_me))
        .routes(routes!(me::links::list::list_links))
        .routes(routes!(me::links::put::put_link, me::links::delete::delete_link))
        .routes(routes!(conversations::list::list_conversations))
        .routes(routes!(
            conversations::get::get_conversation,
            conversations::update::update_conversation
        ))
        .routes(routes!(conversations::marks::mark_read))
        .routes(routes!(conversations::marks::mark_unread))
        .routes(routes!(conversations::typing::show_typing))
        .routes(routes!(conversations::presence::show_presence))
        .routes(routes!(
            conversations::draft::get::get_draft,
            conversations::draft::put::put_draft,
            conversations::draft::delete::delete_draft
        ))
        .routes(routes!(drafts::list::list_drafts))
        .routes(routes!(conversations::escalate::escalate_conversation))
        .routes(routes!(
            conversations::messages::list::list_messages,
            conversations::messages::create::create_message
        ))
        .routes(routes!(conversations::messages::delete::delete_message))
        .routes(routes!(conversations::messages::cancel::cancel_message))
        .routes(routes!(conversations::messages::retry::retry_message))
        .routes(routes!(attachments::get::get_attachment))
        .routes(routes!(activity::list::list_activity))
        .routes(routes!(activity::get::get_activity))
        .routes(routes!(activity::tickets::create_ticket))
        .routes(routes!(agents::list::list_agents))
        .routes(routes!(teams::list::list_teams))
        .routes(routes!(labels::list::list_labels, labels::create::create_label))
        .routes(routes!(inboxes::list::list_inboxes))
        .routes(routes!(
            canned_responses::list::list_canned_responses,
            canned_responses::create::create_canned_response
        ))
        .routes(routes!(contacts::get::get_contact))
        .routes(routes!(chatwoot::get_chatwoot))
        .routes(routes!(api_keys::list::list_api_keys, api_keys::create::create_api_key))
        .routes(routes!(api_keys::revoke::revoke_api_key))
        .routes(routes!(audit::list::list_audit))
        .routes(routes!(operations::pipeline::get_pipeline))
        .routes(routes!(operations::dead_letters::list::list_dead_letters))
        .routes(routes!(operations::dead_letters::get::get_dead_letter))
        .routes(routes!(operations::dead_letters::redrive::redrive_dead_letter))
        .routes(routes!(operations::dead_letters::drop::drop_dead_letter))
        .routes(routes!(operations::replays::create::replay_events))
        .routes(routes!(operations::replays::list::list_replays))
        .routes(routes!(operations::replays::get::get_replay))
        .routes(routes!(operations::accounts::list::list_account_states))
        .routes(routes!(operations::accounts::reconcile::reconcile_account))
        .routes(routes!(tenant::get::get_tenant, tenant::update::update_tenant))
        .routes(routes!(tenants::list::list_tenants, tenants::create::create_tenant))
        .routes(routes!(tenants::get::get_any_tenant, tenants::update::update_any_tenant))
        .routes(routes!(
            tenants::claims::list::list_tenant_claims,
            tenants::claims::add::add_tenant_claim,
            tenants::claims::remove::remove_tenant_claim
        ))
        .routes(routes!(accounts::list::list_accounts, accounts::connect::connect_account))
        .routes(routes!(accounts::get::get_account, accounts::disconnect::disconnect_account))
        .routes(routes!(accounts::rotate::rotate_account))
        .routes(routes!(accounts::check::check_webhook))
        .routes(routes!(approvals::list::list_approvals, approvals::create::create_approval))
        .routes(routes!(
            approvals::get::get_approval,
            approvals::decide::decide_approval,
            approvals::withdraw::withdraw_approval
        ))
}

pub(crate) fn router(app: App, config: &Config, health: &Health) -> Router {
    let (operations, document) = documented().split_for_parts();
    let policy = shell::policy(&app);
    let discovery = match config.auth_mode {
        AuthMode::Oidc => config.oidc.discovery().ok(),
        AuthMode::Dev => None,
    };
    let health_routes = service::routes(health);
    // `route_service` takes no router, so this hides that it is one.
    let one = MapRequest::new(health_routes.clone(), |request: Request| request);
    let versioned_health = Router::new().route_service("/health", one);
    let mut guarded = operations
        .layer(middleware::from_fn_with_state(app.answers.clone(), answers::count))
        .layer(middleware::from_fn_with_state(app.clone(), activity_position::tell))
        // A browser that several people use must keep nothing that was said to one of them.
        .layer(default_header(header::CACHE_CONTROL, "no-store"))
        .layer(default_header(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .with_state(app)
        .merge(openapi::routes(&document, discovery.as_deref()))
        .merge(shell::routes(config.shell_dir.as_deref(), &policy));
    if config.is_for_this_machine() {
        guarded = guarded.layer(middleware::from_fn(loopback_only::only));
    }
    guarded
        .merge(problem::kinds::routes())
        .merge(health_routes)
        .nest(BASE, versioned_health)
        .fallback(async || ApiError::NoRoute)
        .method_not_allowed_fallback(async || ApiError::MethodNotAllowed)
        .layer(middleware::from_fn(idempotency::read))
        .layer(middleware::from_fn(limits::tell))
        .layer(DefaultBodyLimit::max(MOST_BODY_BYTES))
        .layer(middleware::from_fn(patience))
        .layer(CompressionLayer::new().compress_when(compressible()))
        .layer(cors(config))
        .layer(CatchPanicLayer::custom(request::panicked))
        .layer(middleware::from_fn(request::track))
}

/// Sets this header of an answer, unless the handler has set it.
fn default_header(name: HeaderName, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
}

/// Answers in place of a handler that takes too long.
async fn patience(request: Request, next: Next) -> Response {
    let patience = if is_form(request.headers()) { PATIENCE_WITH_FILES } else { PATIENCE };
    let answer = tokio::time::timeout(patience, next.run(request)).await;
    answer.unwrap_or_else(|_| ApiError::Timeout.into_response())
}

/// Leaves answers uncompressed that must stay as they are, byte for byte.
fn compressible() -> impl Predicate {
    let touchable = |_: StatusCode, _: Version, _: &HeaderMap, extensions: &Extensions| {
        extensions.get::<Untouched>().is_none()
    };
    DefaultPredicate::new().and(touchable)
}

fn cors(config: &Config) -> CorsLayer {
    CorsLayer::new()
        .allow_origin(AllowOrigin::list(config.cors_origin.clone()))
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
        .allow_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            header::IF_MATCH,
            header::IF_NONE_MATCH,
            header::IF_RANGE,
            header::RANGE,
            HeaderName::from_static("idempotency-key"),
            HeaderName::from_static("last-event-id"),
            HeaderName::from_static("traceparent"),
            HeaderName::from_static("x-request-id"),
        ])
        .expose_headers([
            header::ACCEPT_RANGES,
            header::CONTENT_DISPOSITION,
            header::CONTENT_RANGE,
            header::DATE,
            header::ETAG,
            header::LOCATION,
            header::RETRY_AFTER,
            idempotency::REPLAYED,
            limits::LIMIT,
            limits::POLICY,
            HeaderName::from_static("traceparent"),
            activity_position::POSITION,
            HeaderName::from_static("x-request-id"),
        ])
        .max_age(Duration::from_hours(1))
}

/// The place in the stream that an answer reflects at least. It is read before the database is:
/// what has been announced by then has been committed by then.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
struct Snapshot {
    /// Pass it as `lastEventId` to hear of everything that the answer does not show yet. Null while
    /// the stream cannot be reached.
    #[schema(example = "6437a8b2c91f3:1042")]
    activity: Option<String>,
}

/// Whose part of the catalogue to read.
#[derive(Debug, serde::Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
struct OfAccount {
    /// Only what belongs to this Chatwoot account. Without it, what belongs to any account of the tenant.
    account_id: Option<AccountKey>,
    /// `nextCursor` of the previous page.
    cursor: Option<String>,
}

impl OfAccount {
    /// How many rows to skip.
    fn skip(&self) -> Result<u32, ApiError> {
        let cursor = self.cursor.as_deref().filter(|cursor| !cursor.is_empty());
        cursor.map_or(Ok(0), paging::decode)
    }
}

/// Where a part of the catalogue goes on. Missing if this is all of the rest, as it is unless that is
/// larger than 8 MiB.
#[derive(Debug, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
struct Rest {
    /// The `cursor` of the next page.
    next_cursor: String,
}

impl Rest {
    /// What follows so many rows.
    fn after(rows: u32) -> Self {
        Self { next_cursor: paging::encode(&rows) }
    }
}

impl App {
    fn snapshot(&self) -> Snapshot {
        Snapshot { activity: self.fan_out.position().map(|position| position.to_string()) }
    }
}
