//! Creating a tenant.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::TenantId;
use serde::Deserialize;
use serde_json::json;

use crate::App;
use crate::auth::{Above, ManageTenants};
use crate::error::ApiError;
use crate::extract;
use crate::idempotency::{Begun, Key};
use crate::problem::Problem;
use crate::routes::tenant::{Tenant, named, read};

/// A tenant to create.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::routes) struct CreateTenant {
    /// Short name, which never changes.
    #[schema(value_type = String, pattern = "^[a-z0-9_-]{1,64}$", example = "acme")]
    id: TenantId,
    /// Name for people, not only blanks. If not given, the short one.
    #[schema(min_length = 1, max_length = 200, example = "Acme Ltd")]
    name: Option<String>,
}

/// Create a tenant.
///
/// Nobody is in it until a claim means it, or until an operator creates a key for it. Only keys of
/// the installation may do it.
#[utoipa::path(
    post, path = "/tenants", tag = "tenants",
    security(("bearer" = ["tenants:manage"])),
    request_body = CreateTenant,
    responses(
        (status = 201, description = "The tenant", body = Tenant),
        (status = 409, description = "`taken`: another tenant has this short name, see `current`. \
                                      `under-way`: the same request is being carried out",
         body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Fields hold values that they may not: see `errors`", body = Problem,
         content_type = "application/problem+json"),
    )
)]
pub(in crate::routes) async fn create_tenant(
    State(app): State<App>,
    steward: Above<ManageTenants>,
    key: Key,
    extract::Json(wanted): extract::Json<CreateTenant>,
) -> Result<Response, ApiError> {
    let id = &wanted.id;
    let name = wanted.name.as_deref().map_or(Ok(id.as_str()), named)?;
    let mut work = match key.begin(&app, &steward).await? {
        Begun::Fresh(work) => work,
        Begun::Answered(answer) => return Ok(answer),
    };
    let made = store::tenants::create(work.connection(), id, name).await?;
    let tenant = read(work.connection(), id).await?;
    if !made {
        return Err(ApiError::taken("id", &tenant));
    }
    let entry = steward.does("tenants add", id, json!({ "name": name }));
    store::audit::record(work.connection(), &entry).await?;
    let location = format!("{}/tenants/{id}", crate::routes::BASE);
    work.finish(StatusCode::CREATED, Some(location), &tenant).await
}
