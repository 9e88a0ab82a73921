//! `axis tenants add`

use anyhow::bail;
use clap::Args;
use domain::TenantId;
use serde_json::json;

use crate::audit::{Act, Operator};
use crate::{Answer, Place};

/// Which tenant.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Its short name: 1 to 64 of a-z, 0-9, - and _
    id: TenantId,

    /// Its name for people; unset: the short one
    #[arg(long)]
    name: Option<String>,

    #[command(flatten)]
    operator: Operator,
}

/// Adds a tenant, or renames it.
pub async fn run(arguments: &Arguments, place: &Place) -> anyhow::Result<Answer> {
    let name = arguments.name.as_deref().unwrap_or(arguments.id.as_str());
    if name.trim().is_empty() {
        bail!("a tenant's name is not empty: leave --name out for the short one");
    }
    let store = place.store().await?;
    let mut transaction = store.worker().await?;
    store::tenants::put(&mut transaction, &arguments.id, name).await?;
    let tenant = Some(arguments.id.clone());
    let act = Act { tenant, ..Act::new("tenants add", format!("tenant {}", arguments.id)) };
    arguments.operator.did(&mut transaction, &act, json!({ "name": name })).await?;
    store::commit(transaction).await?;
    let text = format!("tenant {} is there, named {name}", arguments.id);
    Answer::new(text, &json!({ "id": arguments.id, "name": name }))
}
