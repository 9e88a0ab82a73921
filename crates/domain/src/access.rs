//! Who may do what: permissions are verbs, roles are sets of them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};

/// The permissions, with their names on the wire and in the database, and what they allow.
macro_rules! permissions {
    ($($(#[doc = $allows:literal])+ $variant:ident = $name:tt,)+) => {
        /// Something that a caller may do: within their tenant, or with tenants as a whole.
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        pub enum Permission {
            $($(#[doc = $allows])+ #[serde(rename = $name)] $variant,)+
        }

        impl Permission {
            /// All of them, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Its stable name.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            /// What it allows, in words.
            pub const fn allows(self) -> &'static str {
                match self { $(Self::$variant => concat!($($allows),+).trim_ascii()),+ }
            }
        }
    };
}

permissions! {
    /// Read conversations, messages, contacts and the catalogue
    ReadConversations = "conversations:read",
    /// Write replies and notes, take them back, send them again; drafts and typing
    Reply = "conversations:reply",
    /// Change status, priority, assignment, labels and attributes; mark read and unread
    UpdateConversations = "conversations:update",
    /// Create labels and canned responses
    ManageCatalogue = "catalogue:manage",
    /// Read approvals
    ReadApprovals = "approvals:read",
    /// Escalate, ask for approval, withdraw one's own
    RequestApprovals = "approvals:request",
    /// Approve and reject, though never one's own
    DecideApprovals = "approvals:decide",
    /// Read the timeline; live, with the rows that it is about, `conversations:read` and `approvals:read` are needed too
    ReadActivity = "activity:read",
    /// Read the state of the pipeline, and dead letters with personal data masked
    ReadOperations = "operations:read",
    /// Redrive and drop dead letters
    RedriveDeadLetters = "dead-letters:redrive",
    /// Replay events of the past
    ReplayEvents = "events:replay",
    /// Have a Chatwoot account compared with what is here
    ReconcileAccounts = "accounts:reconcile",
    /// Read the tenant and its Chatwoot accounts, without their secrets
    ReadAccounts = "accounts:read",
    /// Change the tenant and its Chatwoot accounts
    ManageAccounts = "accounts:manage",
    /// Make, list and revoke API keys
    ManageKeys = "api-keys:manage",
    /// Read who did what
    ReadAudit = "audit:read",
    /// Read which tenants there are, and which claims mean them
    ReadTenants = "tenants:read",
    /// Make and rename tenants, and say which claims mean them
    ManageTenants = "tenants:manage",
}

impl Permission {
    /// Whether it is about tenants as a whole. Keys of the installation may have it, and nobody who
    /// belongs to a tenant.
    pub const fn is_above_tenants(self) -> bool {
        matches!(self, Self::ReadTenants | Self::ManageTenants)
    }
}

// Written by hand, since the derive does not see names that a macro gives.
impl utoipa::PartialSchema for Permission {
    fn schema() -> RefOr<Schema> {
        let names = Self::ALL.iter().map(|permission| permission.as_str());
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("Something that a caller may do: within their tenant, or, as `tenants:…`, with tenants \
                 as a whole."))
            .enum_values(Some(names))
            .into()
    }
}

impl utoipa::ToSchema for Permission {}

/// What a person is to the company; one may have several.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Looks, and changes nothing.
    Viewer,
    /// Answers customers.
    Agent,
    /// Decides what agents ask for.
    Approver,
    /// Keeps the pipeline healthy.
    Operator,
    /// Everything within the tenant.
    Admin,
}

impl Role {
    /// All of them, from the least to the most.
    pub const ALL: &'static [Self] =
        &[Self::Viewer, Self::Agent, Self::Approver, Self::Operator, Self::Admin];

    /// Its stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Agent => "agent",
            Self::Approver => "approver",
            Self::Operator => "operator",
            Self::Admin => "admin",
        }
    }

    /// What the role may do. This is the one place that says so.
    pub fn permissions(self) -> Permissions {
        use Permission::{
            DecideApprovals, ReadAccounts, ReadActivity, ReadApprovals, ReadConversations,
            ReadOperations, ReconcileAccounts, RedriveDeadLetters, ReplayEvents, Reply,
            RequestApprovals, UpdateConversations,
        };
        let reads = [ReadConversations, ReadApprovals, ReadActivity];
        let more: &[Permission] = match self {
            Self::Viewer => &[ReadOperations],
            Self::Agent => &[Reply, UpdateConversations, RequestApprovals],
            Self::Approver => &[RequestApprovals, DecideApprovals],
            Self::Operator => {
                &[ReadOperations, RedriveDeadLetters, ReplayEvents, ReconcileAccounts, ReadAccounts]
            }
            Self::Admin => Permission::ALL,
        };
        reads.iter().chain(more).copied().collect::<Permissions>().within_tenant()
    }
}

/// A set of permissions.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Permissions(u32);

impl Permissions {
    /// Whether the set has this permission.
    pub fn contains(self, permission: Permission) -> bool {
        self.0 & bit(permission) != 0
    }

    /// Whether the set has every permission of another one.
    pub fn covers(self, other: Self) -> bool {
        other.0 & !self.0 == 0
    }

    /// Whether the set is empty.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The set of those names that this program knows. Names of another version's permissions are ignored, and so allow
    /// nothing here.
    pub fn known(names: &[String]) -> Self {
        names.iter().filter_map(|name| name.parse::<Permission>().ok()).collect()
    }

    /// All permissions that a key of the installation can have.
    pub fn of_installation() -> Self {
        Permission::ALL.iter().copied().filter(|one| one.is_above_tenants()).collect()
    }

    /// The permissions that are about the inside of a tenant.
    #[must_use]
    pub fn within_tenant(self) -> Self {
        Self(self.0 & !Self::of_installation().0)
    }

    /// The names of the permissions.
    pub fn names(self) -> Vec<String> {
        self.iter().map(|permission| permission.to_string()).collect()
    }

    /// The permissions that either set has.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The permissions that both sets have.
    #[must_use]
    pub fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// The permissions, in the order of [`Permission::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Permission> {
        Permission::ALL.iter().copied().filter(move |permission| self.contains(*permission))
    }
}

const fn bit(permission: Permission) -> u32 {
    1 << permission as u32
}

impl FromIterator<Permission> for Permissions {
    fn from_iter<I: IntoIterator<Item = Permission>>(permissions: I) -> Self {
        Self(permissions.into_iter().fold(0, |set, permission| set | bit(permission)))
    }
}

impl FromIterator<Role> for Permissions {
    fn from_iter<I: IntoIterator<Item = Role>>(roles: I) -> Self {
        Self(roles.into_iter().fold(0, |set, role| set | role.permissions().0))
    }
}

impl fmt::Debug for Permissions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter().map(Permission::as_str)).finish()
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text is not the name of a permission or of a role.
#[derive(Debug, thiserror::Error)]
#[error("{text:?} is not one of {known}")]
pub struct UnknownAccess {
    text: String,
    known: String,
}

impl UnknownAccess {
    fn among(text: &str, known: impl Iterator<Item = &'static str>) -> Self {
        let known = known.collect::<Vec<_>>().join(", ");
        Self { text: text.chars().take(80).collect(), known }
    }
}

impl FromStr for Permission {
    type Err = UnknownAccess;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = Self::ALL.iter().copied().find(|permission| permission.as_str() == text);
        known.ok_or_else(|| UnknownAccess::among(text, Self::ALL.iter().map(|p| p.as_str())))
    }
}

impl FromStr for Role {
    type Err = UnknownAccess;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = Self::ALL.iter().copied().find(|role| role.as_str() == text);
        known.ok_or_else(|| UnknownAccess::among(text, Self::ALL.iter().map(|r| r.as_str())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_differ_by_what_they_are_for() {
        let viewer = Role::Viewer.permissions();
        assert!(viewer.iter().all(|permission| permission.as_str().ends_with(":read")));
        assert!(!Role::Agent.permissions().contains(Permission::DecideApprovals));
        assert!(!Role::Approver.permissions().contains(Permission::Reply));
        assert!(!Role::Operator.permissions().contains(Permission::ManageKeys));
        let above = Permissions::of_installation();
        assert_eq!(above.names(), ["tenants:read", "tenants:manage"]);
        assert!(Role::Admin.permissions().intersection(above).is_empty());
        assert_eq!(Role::Admin.permissions().union(above).iter().count(), Permission::ALL.len());
        assert!(Permission::ALL.len() <= 32, "a set has 32 bits");
    }

    #[test]
    fn sets_are_sets() {
        let both: Permissions = [Role::Agent, Role::Approver].into_iter().collect();
        assert!(
            both.covers(Role::Agent.permissions()) && both.covers(Role::Approver.permissions())
        );
        assert!(!Role::Agent.permissions().covers(both));
        let reply: Permissions = [Permission::Reply].into_iter().collect();
        assert_eq!(both.intersection(reply), reply);
        assert_eq!(Permissions::default().union(reply), reply);
        let names = ["conversations:reply".to_owned(), "of-another-version".to_owned()];
        assert_eq!(Permissions::known(&names).names(), names[..1]);
        assert!(Permissions::default().is_empty() && !reply.is_empty());
        assert_eq!(format!("{reply:?}"), "{\"conversations:reply\"}");
    }

    #[test]
    fn names_are_read_back() {
        for permission in Permission::ALL {
            assert_eq!(permission.to_string().parse::<Permission>().unwrap(), *permission);
            assert_eq!(serde_json::to_value(permission).unwrap(), permission.as_str());
        }
        for role in Role::ALL {
            assert_eq!(role.to_string().parse::<Role>().unwrap(), *role);
            assert_eq!(serde_json::to_value(role).unwrap(), role.as_str());
        }
        let unknown = "boss".parse::<Role>().unwrap_err().to_string();
        assert_eq!(unknown, "\"boss\" is not one of viewer, agent, approver, operator, admin");
    }
}
