//! `axis keys add`

use anyhow::bail;
use chrono::{TimeDelta, Utc};
use clap::Args;
use domain::{Permission, Permissions, Role, TenantId, Token, TokenKind};
use serde_json::json;
use store::api_keys::{MOST_VALID, NewApiKey};

use super::value;
use crate::audit::{Act, Operator};
use crate::{Answer, Place};

/// Which key.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Tenant whose rows the key opens
    #[arg(long, required_unless_present = "installation")]
    tenant: Option<TenantId>,

    /// Create a key of the installation: it opens no tenant, but creates tenants and says which
    /// claims mean them
    #[arg(long, conflicts_with_all = ["tenant", "roles"])]
    installation: bool,

    /// What the key is for
    #[arg(long)]
    name: String,

    /// Role whose permissions the key gets: viewer, agent, approver, operator or admin; may be repeated
    #[arg(
        long = "role",
        value_name = "ROLE",
        required_unless_present_any = ["permissions", "installation"]
    )]
    roles: Vec<Role>,

    /// Permission that the key gets, such as `conversations:read`; may be repeated. A key of the
    /// installation gets `tenants:read` and `tenants:manage` unless one of them is named
    #[arg(long = "permission", value_name = "PERMISSION")]
    permissions: Vec<Permission>,

    /// Days until it expires. If unset, it never does
    #[arg(
        long = "days",
        value_name = "DAYS",
        value_parser = clap::value_parser!(i64).range(1..=3650)
    )]
    days: Option<i64>,

    #[command(flatten)]
    operator: Operator,
}

/// Creates a key and shows it.
pub async fn run(arguments: &Arguments, place: &Place) -> anyhow::Result<Answer> {
    let (name, tenant) = (arguments.name.trim(), arguments.tenant.as_ref());
    if name.is_empty() {
        bail!("say with --name what the key is for");
    }
    let permissions = arguments.permissions()?;
    let store = place.store().await?;
    let token = Token::generate(match tenant {
        Some(_) => TokenKind::ApiKey,
        None => TokenKind::InstallationKey,
    });
    let created_by = format!("operator {}", arguments.operator.name());
    let new = NewApiKey {
        tenant,
        name,
        digest: token.digest(),
        permissions,
        created_by: &created_by,
        expires_at: arguments.days.map(|days| Utc::now() + TimeDelta::days(days)),
    };
    let mut transaction = store.worker().await?;
    if let Some(tenant) = tenant {
        let tenants = store::tenants::list(&mut transaction).await?;
        if !tenants.iter().any(|one| one.id == *tenant) {
            bail!("there is no tenant {tenant}: add it with `axis tenants add {tenant}`");
        }
    }
    let Some(key) = store::api_keys::create(&mut transaction, &new).await? else {
        bail!("there are {MOST_VALID} valid keys already; revoke one that is not needed");
    };
    let act = Act {
        tenant: tenant.cloned(),
        ..Act::new("api-keys create", format!("api key {}", key.id))
    };
    let mut shown = value(&key);
    arguments.operator.did(&mut transaction, &act, json!({ "after": shown })).await?;
    store::commit(transaction).await?;
    shown["token"] = json!(token.expose());
    let text = format!("{}\nThis is key {}. It is not shown again.", token.expose(), key.id);
    Answer::new(text, &shown)
}

impl Arguments {
    /// What the key may do: within its tenant or, for a key of the installation, with tenants as a whole.
    fn permissions(&self) -> anyhow::Result<Permissions> {
        let roles: Permissions = self.roles.iter().copied().collect();
        let named: Permissions = self.permissions.iter().copied().collect();
        let above = Permissions::of_installation();
        if self.installation && named.is_empty() {
            return Ok(above);
        }
        let misplaced = named.iter().find(|one| one.is_above_tenants() != self.installation);
        match misplaced {
            Some(one) if self.installation => {
                bail!("a key of the installation opens no tenant, and so may not do {one}")
            }
            Some(one) => bail!("only a key of the installation may do {one}: see --installation"),
            None => Ok(roles.union(named)),
        }
    }
}
