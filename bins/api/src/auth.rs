//! Who calls, and what they may do.
//!
//! A handler declares what it needs by its arguments: `May<ReadConversations>` is an authenticated
//! caller who may read conversations. There is no other way to a tenant's rows.
//!
//! ```text
//! Authorization: Bearer axis_key_…          ──► key      ┐
//!                Bearer …                   ──► the mode ├──► Principal ──► May<…> ───► handler
//! ?ticket=axis_ticket_…                     ──► ticket   ┘
//! Authorization: Bearer axis_installation_… ──► key      ────► Steward ────► Above<…> ─► handler of tenants
//! ```

mod installation;
mod key;
mod person;
mod ticket;

use std::marker::PhantomData;
use std::ops::Deref;

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use chrono::{DateTime, Utc};
use clap::ValueEnum;
use domain::{Actor, ApiKeyId, Permission, Permissions, Role, TenantId, Token, TokenKind};
use identity::Provider;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::audit::Entry;

use crate::error::ApiError;
use crate::limits::Limits;
use crate::live;
use crate::{App, answers};

pub(crate) use installation::{Above, ManageTenants, ReadTenants, Steward};
pub(crate) use ticket::issue as issue_ticket;

/// How people prove who they are. API keys are accepted in every mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum AuthMode {
    /// `Bearer mock-token` is an administrator of the tenant `mock-tenant-id`, and
    /// `Bearer mock-agent-token` an agent there; for development
    Dev,
    /// Access tokens of an OpenID provider
    Oidc,
}

/// The [`AuthMode`], with what it needs to check tokens.
#[derive(Clone)]
pub(crate) enum Auth {
    Dev,
    Oidc(Provider),
}

/// Whether a caller is a person or a machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CallerKind {
    /// A person of the tenant.
    Member,
    /// A machine of the tenant.
    ApiKey,
}

/// An authenticated caller of a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Principal {
    /// The one tenant whose rows the caller sees.
    pub(crate) tenant: TenantId,
    pub(crate) kind: CallerKind,
    /// Id of the person or machine within the tenant.
    pub(crate) id: String,
    /// Display name.
    pub(crate) name: String,
    /// Their address, if the provider has verified it.
    pub(crate) email: Option<String>,
    /// What the caller may do.
    pub(crate) permissions: Permissions,
    /// When the caller must authenticate again. `None` means never.
    pub(crate) ends_at: Option<DateTime<Utc>>,
}

/// Who makes a request, for rate limits and idempotency keys.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Caller<'a> {
    /// Within a tenant.
    Within(&'a Principal),
    /// Above all of them.
    Above(&'a Steward),
    /// In none, or in several: the person with this id.
    Outside(&'a str),
}

/// Whose credential it is.
enum Identified {
    Within(Principal),
    Above(Steward),
    Outside(String),
}

impl Identified {
    fn caller(&self) -> Caller<'_> {
        match self {
            Self::Within(principal) => Caller::Within(principal),
            Self::Above(steward) => Caller::Above(steward),
            Self::Outside(person) => Caller::Outside(person),
        }
    }
}

impl<'a> Caller<'a> {
    /// The caller's tenant. `None` if the caller stands above the tenants, or outside.
    pub(crate) fn tenant(self) -> Option<&'a TenantId> {
        match self {
            Self::Within(principal) => Some(&principal.tenant),
            Self::Above(_) | Self::Outside(_) => None,
        }
    }

    /// Names the caller in a few characters.
    pub(crate) fn signature(self) -> String {
        match self {
            Self::Within(principal) => principal.signature(),
            Self::Above(steward) => format!("installation_key {}", steward.id),
            Self::Outside(person) => format!("outside {person}"),
        }
    }

    /// Makes an audit entry that this tenant may read: what the caller does, and to what.
    fn does(self, action: &str, target: String, tenant: &TenantId, details: Value) -> Entry {
        Entry {
            actor: self.signature(),
            source: "api",
            action: action.to_owned(),
            target,
            tenant: Some(tenant.clone()),
            account: None,
            count: None,
            details,
        }
    }
}

impl<'a> From<&'a Principal> for Caller<'a> {
    fn from(principal: &'a Principal) -> Self {
        Self::Within(principal)
    }
}

impl<'a, N> From<&'a May<N>> for Caller<'a> {
    fn from(caller: &'a May<N>) -> Self {
        Self::Within(caller)
    }
}

impl Principal {
    /// The caller as the actor of what they do.
    pub(crate) fn actor(&self) -> Actor {
        Actor {
            kind: self.kind.as_str().to_owned(),
            id: Some(self.id.clone()),
            name: Some(self.name.clone()),
        }
    }

    /// Whether this kind and id name the caller. Older rows have no kind.
    pub(crate) fn is(&self, kind: Option<&str>, id: Option<&str>) -> bool {
        id == Some(&self.id) && kind.is_none_or(|kind| kind == self.kind.as_str())
    }

    /// The key that the caller is, if it is a machine.
    pub(crate) fn api_key(&self) -> Option<ApiKeyId> {
        (self.kind == CallerKind::ApiKey).then(|| self.id.parse().ok()).flatten()
    }

    /// Names the caller in a few characters, for the audit and for rows that name their author.
    pub(crate) fn signature(&self) -> String {
        format!("{} {}", self.kind.as_str(), self.id)
    }

    /// Makes an audit entry: what the caller does, and to what.
    pub(crate) fn does(&self, action: &str, target: String, details: Value) -> Entry {
        Caller::Within(self).does(action, target, &self.tenant, details)
    }

    /// Refuses a caller who lacks this permission. Use it for what depends on the request; what an
    /// operation always needs, its handler declares by taking a [`May`].
    pub(crate) fn require(&self, permission: Permission) -> Result<(), ApiError> {
        if self.permissions.contains(permission) {
            Ok(())
        } else {
            Err(ApiError::Forbidden(permission))
        }
    }
}

impl CallerKind {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::ApiKey => "api_key",
        }
    }
}

/// A caller who has the permission that `N` names. Extracted before the body, so that a caller who
/// lacks it is told so, and not what is wrong with the body.
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

/// The permission that a handler needs of its caller.
pub(crate) trait Need {
    const PERMISSION: Permission;
    /// Whether a ticket is accepted in place of a token, for a live stream.
    const TICKETS: bool = false;
}

/// Makes a type for each permission, to be named in a handler's signature.
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
    ReadConversations Reply UpdateConversations ManageCatalogue ReadApprovals RequestApprovals DecideApprovals
    ReadActivity ManageKeys ReadAudit ReadOperations RedriveDeadLetters ReplayEvents
    ReconcileAccounts ReadAccounts ManageAccounts
}

/// [`Permission::ReadActivity`], for a browser that follows the activity live.
pub(crate) struct FollowActivity;

impl Need for FollowActivity {
    const PERMISSION: Permission = Permission::ReadActivity;
    const TICKETS: bool = true;
}

/// The tokens of [`AuthMode::Dev`]: two people, since nobody may approve their own request.
const DEV_TOKEN: &str = "mock-token";
const DEV_AGENT_TOKEN: &str = "mock-agent-token";
const DEV_TENANT: &str = "mock-tenant-id";

fn developer(token: &str) -> Result<Principal, ApiError> {
    // The addresses belong to agents of the stand-in for Chatwoot.
    let (id, name, email, role) = match token {
        DEV_TOKEN => ("dev-admin", "Dev Admin", "robin@support.example", Role::Admin),
        DEV_AGENT_TOKEN => ("dev-agent", "Dev Agent", "maya@support.example", Role::Agent),
        _ => return Err(ApiError::Unauthorized),
    };
    Ok(Principal {
        tenant: DEV_TENANT.parse().map_err(ApiError::internal)?,
        kind: CallerKind::Member,
        id: id.to_owned(),
        name: name.to_owned(),
        email: Some(email.to_owned()),
        permissions: role.permissions(),
        ends_at: None,
    })
}

/// An authenticated caller, whatever their permissions.
pub(crate) struct Known(pub(crate) Principal);

impl FromRequestParts<App> for Known {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let token = bearer(&parts.headers).ok_or(ApiError::Unauthorized)?;
        admit(token, parts, app, &app.limits).await.map(Self)
    }
}

impl<N: Need> FromRequestParts<App> for May<N> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let streams = N::TICKETS && live::is_wanted(&parts.headers);
        let limits = if streams { &app.openings } else { &app.limits };
        let principal = match bearer(&parts.headers) {
            Some(token) => admit(token, parts, app, limits).await?,
            None if streams => {
                let principal = ticket::redeem(parts, app).await?;
                limits.admit(parts, &principal)?;
                principal
            }
            None => return Err(ApiError::Unauthorized),
        };
        principal.require(N::PERMISSION)?;
        parts.extensions.insert(principal.tenant.clone());
        Ok(Self { principal, needed: PhantomData })
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Finds out who calls and counts the request, also of those who belong to no tenant.
async fn admit(
    token: &str,
    parts: &Parts,
    app: &App,
    limits: &Limits,
) -> Result<Principal, ApiError> {
    let identified = identify(token, app).await?;
    limits.admit(parts, identified.caller())?;
    match identified {
        Identified::Within(principal) => {
            answers::belongs(parts, &principal.tenant);
            Ok(principal)
        }
        Identified::Above(_) | Identified::Outside(_) => Err(ApiError::NoTenant),
    }
}

async fn identify(token: &str, app: &App) -> Result<Identified, ApiError> {
    if let Some(key) = Token::read(TokenKind::ApiKey, token) {
        return key::holder(&key, app).await.map(Identified::Within);
    }
    if let Some(key) = Token::read(TokenKind::InstallationKey, token) {
        return key::steward(&key, app).await.map(Identified::Above);
    }
    match &app.auth {
        Auth::Dev => developer(token).map(Identified::Within),
        Auth::Oidc(provider) => person::bearer(token, provider, app).await,
    }
}
