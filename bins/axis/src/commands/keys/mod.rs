//! `axis keys …`

pub mod add;
pub mod list;
pub mod revoke;

use clap::Subcommand;
use serde_json::{Value, json};
use store::api_keys::ApiKey;

use crate::{Answer, Place};

/// What to do with the API keys: those of tenants, and those of the installation, which create
/// tenants and open none.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Create a key for a machine, and show it this once
    Add(add::Arguments),
    /// List the keys, without their secrets
    List(list::Arguments),
    /// Revoke a key
    Revoke(revoke::Arguments),
}

impl Command {
    pub(crate) async fn run(self, place: &Place) -> anyhow::Result<Answer> {
        match self {
            Self::Add(arguments) => add::run(&arguments, place).await,
            Self::List(arguments) => list::run(&arguments, place).await,
            Self::Revoke(arguments) => revoke::run(&arguments, place).await,
        }
    }
}

fn value(key: &ApiKey) -> Value {
    json!({
        "id": key.id,
        "tenant": key.tenant,
        "name": key.name,
        "permissions": key.permissions.names(),
        "createdBy": key.created_by,
        "createdAt": key.created_at,
        "expiresAt": key.expires_at,
        "lastUsedAt": key.last_used_at,
        "revokedAt": key.revoked_at,
    })
}
