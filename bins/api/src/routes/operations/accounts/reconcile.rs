//! Having an account compared with Chatwoot now.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::AccountKey;
use serde::Deserialize;
use serde_json::json;
use store::audit::Entry;

use super::{AccountState, look, states};
use crate::App;
use crate::auth::{May, ReconcileAccounts};
use crate::error::ApiError;
use crate::extract::{Id, Json};
use crate::idempotency::{Begun, Key};
use crate::problem::Problem;

/// How much to compare.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[schema(example = json!({ "everything": false }))]
pub(in crate::routes) struct Reconcile {
    /// Whether to go through everything, and not only through what changed lately.
    #[serde(default)]
    everything: bool,
}

/// Have an account compared with Chatwoot now, and what webhooks missed repaired.
///
/// The sync workers do this at their own pace. A comparison that is under way goes on.
#[utoipa::path(
    post, path = "/operations/accounts/{id}/reconcile", tag = "operations",
    security(("bearer" = ["accounts:reconcile"])),
    params(("id" = AccountKey, Path, description = "The account")),
    request_body = Reconcile,
    responses(
        (status = 202, description = "The account, whose comparison is due now", body = AccountState),
        (status = 404, description = "There is no such account", body = Problem,
         content_type = "application/problem+json"),
    )
)]
pub(in crate::routes) async fn reconcile_account(
    State(app): State<App>,
    principal: May<ReconcileAccounts>,
    Id(id): Id<AccountKey>,
    key: Key,
    Json(asked): Json<Reconcile>,
) -> Result<Response, ApiError> {
    let _room = app.asking(&principal.tenant)?;
    let mut work = match key.begin(&app, &principal).await? {
        Begun::Fresh(work) => work,
        Begun::Answered(answer) => return Ok(answer),
    };
    let (tenant, connection) = (&principal.tenant, work.connection());
    // Asked before the row is held: NATS may take its time, and a worker that compares the account
    // must not wait for it.
    let mut before = states(connection, tenant, Some(id)).await?;
    look(&app, &mut before).await;
    let before = before.pop().ok_or(ApiError::NotFound("account"))?;
    store::reconciliations::ask_for(connection, id, asked.everything).await?;
    let state = states(connection, tenant, Some(id)).await?.pop();
    let AccountState { inbound, journal, refused, .. } = before;
    let state =
        AccountState { inbound, journal, refused, ..state.ok_or(ApiError::NotFound("account"))? };
    let details = json!({ "everything": asked.everything });
    let entry = principal.does("reconcile", format!("account {id}"), details);
    store::audit::record(connection, &Entry { account: Some(id), ..entry }).await?;
    work.finish(StatusCode::ACCEPTED, None, &state).await
}
