//! Who calls.

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use clap::ValueEnum;
use domain::{Actor, TenantId};

use crate::App;
use crate::error::ApiError;

/// How callers prove who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum AuthMode {
    /// `Bearer mock-token` is an administrator of the tenant `mock-tenant-id`; for development
    Dev,
}

/// What a caller may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Everything within the tenant.
    Admin,
}

/// The caller: a handler that takes one is open to those who have proved who they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// The one tenant whose rows the caller sees.
    pub tenant: TenantId,
    /// Id of the person or machine within the tenant.
    pub id: String,
    /// Display name.
    pub name: String,
    /// What the caller may do.
    pub role: Role,
}

impl Principal {
    /// The caller as the one who did something.
    pub fn actor(&self) -> Actor {
        Actor {
            kind: "member".to_owned(),
            id: Some(self.id.clone()),
            name: Some(self.name.clone()),
        }
    }
}

/// The token of [`AuthMode::Dev`].
const DEV_TOKEN: &str = "mock-token";
const DEV_TENANT: &str = "mock-tenant-id";

impl AuthMode {
    fn principal(self, token: &str) -> Result<Principal, ApiError> {
        match self {
            Self::Dev if token == DEV_TOKEN => Ok(Principal {
                tenant: DEV_TENANT.parse().map_err(ApiError::internal)?,
                id: "dev-admin".to_owned(),
                name: "Dev Admin".to_owned(),
                role: Role::Admin,
            }),
            Self::Dev => Err(ApiError::Unauthorized),
        }
    }
}

impl FromRequestParts<App> for Principal {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let token = parts
            .headers
            .get(AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, token)| token.trim());
        app.auth.principal(token.ok_or(ApiError::Unauthorized)?)
    }
}
