//! Machines that stand above the tenants, identified by a key of the installation: they create
//! tenants and say which claims mean them.
//!
//! Inside a tenant they may do nothing, whatever permissions they hold: handlers there take a
//! [`May`](super::May), which such a caller never becomes, and the transactions open to such a caller show no
//! tenant's rows. Nor does a caller who belongs to a tenant ever become an [`Above`].

use std::marker::PhantomData;
use std::ops::Deref;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use domain::{ApiKeyId, Permission, Permissions, TenantId, Token, TokenKind};
use serde_json::Value;
use store::audit::Entry;

use super::{Caller, admit, bearer, key};
use crate::App;
use crate::error::ApiError;

/// An authenticated machine that stands above the tenants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Steward {
    /// Id of its key.
    pub(super) id: ApiKeyId,
    /// What it may do.
    pub(super) permissions: Permissions,
}

impl Steward {
    /// Makes an audit entry that the tenant may read: what the caller does to it.
    pub(crate) fn does(&self, action: &str, tenant: &TenantId, details: Value) -> Entry {
        Caller::Above(self).does(action, format!("tenant {tenant}"), tenant, details)
    }
}

/// A caller above the tenants who has the permission that `N` names.
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

/// The permission that a handler needs of a caller above the tenants.
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
            admit(token, parts, app, &app.limits).await?;
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
