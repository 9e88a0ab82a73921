//! Who calls, and what they may do.
//!
//! A handler says what it is open to by what it takes: `May<ReadConversations>` is a caller who is
//! known and may read conversations. There is no other way to a tenant's rows.

use std::collections::HashMap;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use clap::ValueEnum;
use domain::{Actor, Permission, Permissions, Role, TenantId};

use crate::App;
use crate::error::ApiError;

/// How callers prove who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum AuthMode {
    /// `Bearer mock-token` is an administrator of the tenant `mock-tenant-id`; for development
    Dev,
}

/// The caller, who has proved who they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// The one tenant whose rows the caller sees.
    pub tenant: TenantId,
    /// Id of the person or machine within the tenant.
    pub id: String,
    /// Display name.
    pub name: String,
    /// What the caller may do.
    pub permissions: Permissions,
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

    /// Refuses a caller who may not do this. For what depends on the request; what an operation
    /// always needs, its handler says by taking a [`May`].
    pub fn require(&self, permission: Permission) -> Result<(), ApiError> {
        if self.permissions.contains(permission) {
            Ok(())
        } else {
            Err(ApiError::Forbidden(permission))
        }
    }
}

/// A caller who may do what `N` names. Taken before the body, so that whoever may not is told so,
/// and not what is wrong with their body.
pub(crate) struct May<N> {
    principal: Principal,
    needed: PhantomData<N>,
}

impl<N> Deref for May<N> {
    type Target = Principal;
    fn deref(&self) -> &Principal {
        &self.principal
    }
}

/// What a handler needs of its caller.
pub(crate) trait Need {
    const PERMISSION: Permission;
}

/// A type for each permission, to be named in a handler's signature.
macro_rules! needs {
    ($($permission:ident)+) => {$(
        #[doc = concat!("[`Permission::", stringify!($permission), "`].")]
        pub(crate) struct $permission;
        impl Need for $permission {
            const PERMISSION: Permission = Permission::$permission;
        }
    )+};
}

needs! {
    ReadConversations Reply ReadApprovals ReadActivity
}

/// The token of [`AuthMode::Dev`].
const DEV_TOKEN: &str = "mock-token";
const DEV_TENANT: &str = "mock-tenant-id";

/// Callers who are known by their tokens, whatever the mode says: given by whoever composes this
/// program, never by its settings.
#[derive(Clone, Default)]
pub struct Tokens(Arc<HashMap<String, Principal>>);

impl Tokens {
    /// Each token stands for one caller.
    pub fn new(callers: impl IntoIterator<Item = (String, Principal)>) -> Self {
        Self(Arc::new(callers.into_iter().collect()))
    }
}

/// Tokens are secrets.
impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").field("callers", &self.0.len()).finish()
    }
}

impl AuthMode {
    fn principal(self, token: &str) -> Result<Principal, ApiError> {
        match self {
            Self::Dev if token == DEV_TOKEN => Ok(Principal {
                tenant: DEV_TENANT.parse().map_err(ApiError::internal)?,
                id: "dev-admin".to_owned(),
                name: "Dev Admin".to_owned(),
                permissions: Role::Admin.permissions(),
            }),
            Self::Dev => Err(ApiError::Unauthorized),
        }
    }
}

impl<N: Need> FromRequestParts<App> for May<N> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let principal = identify(parts, app)?;
        principal.require(N::PERMISSION)?;
        Ok(Self { principal, needed: PhantomData })
    }
}

fn identify(parts: &Parts, app: &App) -> Result<Principal, ApiError> {
    let token = parts
        .headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim());
    let token = token.ok_or(ApiError::Unauthorized)?;
    match app.tokens.0.get(token) {
        Some(principal) => Ok(principal.clone()),
        None => app.auth.principal(token),
    }
}
