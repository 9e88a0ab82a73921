//! `axis keys list`

use chrono::{DateTime, Utc};
use clap::Args;
use domain::TenantId;
use serde_json::Value;
use store::api_keys::{ApiKey, Owner};

use super::value;
use crate::answer::table;
use crate::commands::tenants;
use crate::{Answer, Place};

/// Which keys.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Only keys of this tenant
    #[arg(long)]
    tenant: Option<TenantId>,

    /// Only those of the installation
    #[arg(long, conflicts_with = "tenant")]
    installation: bool,

    /// Most to list, 1 to 1000
    #[arg(
        long,
        default_value_t = 100,
        value_name = "COUNT",
        value_parser = clap::value_parser!(u16).range(1..=1000)
    )]
    limit: u16,
}

/// Lists the keys, newest first.
pub async fn run(arguments: &Arguments, place: &Place) -> anyhow::Result<Answer> {
    let store = place.store().await?;
    let mut transaction = store.worker().await?;
    if let Some(tenant) = &arguments.tenant {
        tenants::require(&mut transaction, tenant).await?;
    }
    let owner = match &arguments.tenant {
        Some(tenant) => Owner::Tenant(tenant),
        None if arguments.installation => Owner::Installation,
        None => Owner::Any,
    };
    let keys = store::api_keys::list(&mut transaction, owner, 0, arguments.limit.into()).await?;
    let headings = ["key", "tenant", "name", "may", "made by", "last used", "state"];
    let rows: Vec<_> = keys.iter().map(row).collect();
    let values: Vec<Value> = keys.iter().map(value).collect();
    Answer::new(table(headings, &rows), &values)
}

fn row(key: &ApiKey) -> [String; 7] {
    let day = |at: DateTime<Utc>| at.format("%Y-%m-%d").to_string();
    let state = match (key.revoked_at, key.expires_at) {
        (Some(at), _) => format!("revoked {}", day(at)),
        (None, Some(at)) if at <= Utc::now() => format!("expired {}", day(at)),
        (None, Some(at)) => format!("until {}", day(at)),
        (None, None) => "valid".to_owned(),
    };
    [
        key.id.to_string(),
        key.tenant.as_ref().map_or("(installation)".to_owned(), ToString::to_string),
        key.name.clone(),
        key.permissions.names().join(" "),
        key.created_by.clone(),
        key.last_used_at.map_or("never".to_owned(), day),
        state,
    ]
}
