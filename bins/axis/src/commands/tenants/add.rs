//! `axis tenants add`

use clap::Args;
use domain::TenantId;
use serde_json::json;

use crate::{Answer, Place};

/// Which tenant.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Its short name: 1 to 64 of a-z, 0-9, - and _
    id: TenantId,

    /// Its name for people; unset: the short one
    #[arg(long)]
    name: Option<String>,
}

/// Adds a tenant, or renames it.
pub async fn run(arguments: &Arguments, place: &Place) -> anyhow::Result<Answer> {
    let store = place.store().await?;
    let name = arguments.name.as_deref().unwrap_or(arguments.id.as_str());
    let mut transaction = store.worker().await?;
    store::tenants::put(&mut transaction, &arguments.id, name).await?;
    store::commit(transaction).await?;
    let text = format!("tenant {} is there, named {name}", arguments.id);
    Answer::new(text, &json!({ "id": arguments.id, "name": name }))
}
