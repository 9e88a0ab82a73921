//! `/me`

pub(super) mod links;

use axum::Json;
use domain::{Permission, TenantId};
use serde::Serialize;

use crate::auth::{CallerKind, Known};

/// The caller.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Me {
    /// Whether the caller is a person or a machine.
    kind: CallerKind,
    /// Id of the caller within the tenant.
    #[schema(example = "dev-admin")]
    id: String,
    /// Name of the caller, for people.
    #[schema(example = "Dev Admin")]
    name: String,
    /// The tenant whose rows the caller sees.
    tenant_id: TenantId,
    /// What the caller may do.
    permissions: Vec<Permission>,
}

/// Read who you are and what you may do. Needs no permission, only a valid token.
#[utoipa::path(
    get, path = "/me", tag = "session",
    security(("bearer" = [])),
    responses((status = 200, description = "The caller", body = Me))
)]
pub(super) async fn get_me(Known(caller): Known) -> Json<Me> {
    Json(Me {
        kind: caller.kind,
        id: caller.id,
        name: caller.name,
        tenant_id: caller.tenant,
        permissions: caller.permissions.iter().collect(),
    })
}
