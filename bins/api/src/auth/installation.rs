//! Machines that stand above the tenants, by a key of the installation: they make tenants and say
//! which claims mean them.
//!
//! Inside of a tenant they may do nothing, whatever they hold: what handlers there take is a
//! [`May`](super::May), which such a caller never becomes, and the transactions that are open to it
//! show no row of a tenant. Nor does anybody who belongs to a tenant become an [`Above`].

use std::marker::PhantomData;
use std::ops::Deref;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use domain::{ApiKeyId, Permission, Permissions, TenantId, Token, TokenKind};
use serde_json::Value;
use store::audit::Entry;

use super::{Caller, bearer, identify, key};
use crate::App;
use crate::error::ApiError;

/// A machine that stands above the tenants, and has proved which one it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Steward {
    /// Its key's id.
    pub(super) id: ApiKeyId,
    /// What it may do.
    pub(super) permissions: Permissions,
}

impl Steward {
    /// A line for the audit: what the caller does to a tenant, which may read it.
    pub(crate) fn does(&self, action: &str, tenant: &TenantId, details: Value) -> Entry {
        Caller::Above(self).does(action, format!("tenant {tenant}"), tenant, details)
    }
}

/// A caller who stands above the tenants and may do what `N` names.
pub(crate) struct Above<N> {
    steward: Steward,
    needed: PhantomData<N>,
}

impl<N> Deref for Above<N> {
    type Target = Steward;
    fn deref(&self) -> &Steward {
        &self.steward
    }
}

impl<'a, N> From<&'a Above<N>> for Caller<'a> {
    fn from(caller: &'a Above<N>) -> Self {
        Caller::Above(caller)
    }
}

/// What a handler needs of a caller above the tenants.
pub(crate) trait NeedAbove {
    const PERMISSION: Permission;
}

/// [`Permission::ReadTenants`].
pub(crate) struct ReadTenants;

impl NeedAbove for ReadTenants {
    const PERMISSION: Permission = Permission::ReadTenants;
}

/// [`Permission::ManageTenants`].
pub(crate) struct ManageTenants;

impl NeedAbove for ManageTenants {
    const PERMISSION: Permission = Permission::ManageTenants;
}

impl<N: NeedAbove> FromRequestParts<App> for Above<N> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let token = bearer(&parts.headers).ok_or(ApiError::Unauthorized)?;
        let Some(key) = Token::read(TokenKind::InstallationKey, token) else {
            let principal = identify(token, app).await?;
            app.limits.admit(parts, &principal)?;
            return Err(ApiError::Forbidden(N::PERMISSION));
        };
        let steward = key::steward(&key, app).await?;
        app.limits.admit(parts, Caller::Above(&steward))?;
        if !steward.permissions.contains(N::PERMISSION) {
            return Err(ApiError::Forbidden(N::PERMISSION));
        }
        Ok(Self { steward, needed: PhantomData })
    }
}
