//! The tenant, renamed.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::json;

use super::{Tenant, read};
use crate::App;
use crate::auth::{ManageAccounts, May};
use crate::error::ApiError;
use crate::extract;
use crate::problem::Problem;

/// Longest name, in characters.
const LONGEST_NAME: usize = 200;

/// What is to be changed.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::routes) struct UpdateTenant {
    /// Its name for people; not only blanks.
    #[schema(min_length = 1, max_length = 200, example = "Acme Ltd")]
    name: String,
}

/// Rename the tenant.
#[utoipa::path(
    patch, path = "/tenant", tag = "administration",
    security(("bearer" = ["accounts:manage"])),
    request_body = UpdateTenant,
    responses(
        (status = 200, description = "The tenant, as it is now", body = Tenant),
        (status = 422, description = "Fields hold what they may not", body = Problem,
         content_type = "application/problem+json"),
    )
)]
pub(in crate::routes) async fn update_tenant(
    State(app): State<App>,
    principal: May<ManageAccounts>,
    extract::Json(wanted): extract::Json<UpdateTenant>,
) -> Result<Json<Tenant>, ApiError> {
    let name = wanted.name.trim();
    if name.is_empty() || name.chars().count() > LONGEST_NAME || name.contains('\0') {
        let message = format!("must have 1 to {LONGEST_NAME} characters, none of them NUL");
        return Err(ApiError::field("name", message));
    }
    let mut transaction = app.store.tenant(&principal.tenant).await?;
    let mut now = read(&mut transaction, &principal.tenant).await?;
    store::tenants::rename(&mut transaction, &principal.tenant, name).await?;
    let before = std::mem::replace(&mut now.name, name.to_owned());
    let details = json!({ "before": { "name": before }, "after": { "name": now.name } });
    let entry = principal.does("tenants update", format!("tenant {}", now.id), details);
    store::audit::record(&mut transaction, &entry).await?;
    store::commit(transaction).await?;
    Ok(Json(now))
}
