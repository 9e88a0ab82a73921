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
    /// The tenant whose rows it opens
    #[arg(long)]
    tenant: TenantId,

    /// What it is for
    #[arg(long)]
    name: String,

    /// It may do what this role may; may be repeated: viewer, agent, approver, operator, admin
    #[arg(long = "role", value_name = "ROLE", required_unless_present = "permissions")]
    roles: Vec<Role>,

    /// It may do this, such as `conversations:read`; may be repeated
    #[arg(long = "permission", value_name = "PERMISSION")]
    permissions: Vec<Permission>,

    /// Days until it is worth nothing; unset: never
    #[arg(
        long = "days",
        value_name = "DAYS",
        value_parser = clap::value_parser!(i64).range(1..=3650)
    )]
    days: Option<i64>,

    #[command(flatten)]
    operator: Operator,
}

/// Makes a key and shows it.
pub async fn run(arguments: &Arguments, place: &Place) -> anyhow::Result<Answer> {
    let (name, tenant) = (arguments.name.trim(), &arguments.tenant);
    if name.is_empty() {
        bail!("say by --name what the key is for");
    }
    let store = place.store().await?;
    let token = Token::generate(TokenKind::ApiKey);
    let roles: Permissions = arguments.roles.iter().copied().collect();
    let permissions: Permissions = arguments.permissions.iter().copied().collect();
    let created_by = format!("operator {}", arguments.operator.name());
    let new = NewApiKey {
        tenant,
        name,
        digest: token.digest(),
        permissions: roles.union(permissions),
        created_by: &created_by,
        expires_at: arguments.days.map(|days| Utc::now() + TimeDelta::days(days)),
    };
    let mut transaction = store.worker().await?;
    let tenants = store::tenants::list(&mut transaction).await?;
    if !tenants.iter().any(|one| one.id == *tenant) {
        bail!("there is no tenant {tenant}: add it with `axis tenants add {tenant}`");
    }
    let Some(key) = store::api_keys::create(&mut transaction, &new).await? else {
        bail!("tenant {tenant} has {MOST_VALID} valid keys; revoke one that is not needed");
    };
    let act = Act {
        tenant: Some(tenant.clone()),
        ..Act::new("api-keys create", format!("api key {}", key.id))
    };
    let mut shown = value(&key);
    arguments.operator.did(&mut transaction, &act, json!({ "after": shown })).await?;
    store::commit(transaction).await?;
    shown["token"] = json!(token.expose());
    let text = format!("{}\nThis is key {}. It is not shown again.", token.expose(), key.id);
    Answer::new(text, &shown)
}
