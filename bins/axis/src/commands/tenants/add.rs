//! `axis tenants add`

use anyhow::bail;
use clap::Args;
use domain::TenantId;
use serde_json::json;
use store::PgConnection;

use crate::audit::{Act, Operator};
use crate::{Answer, Place};

/// Which tenant.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Short name of the tenant: 1 to 64 of a-z, 0-9, - and _
    id: TenantId,

    /// Name for people. If unset, it stays as it was; a new tenant gets the short name
    #[arg(long)]
    name: Option<String>,

    #[command(flatten)]
    operator: Operator,
}

/// Adds a tenant, or renames it if a name is given.
pub async fn run(arguments: &Arguments, place: &Place) -> anyhow::Result<Answer> {
    if arguments.name.as_ref().is_some_and(|name| name.trim().is_empty()) {
        bail!(
            "a tenant's name is not empty: leave --name out to keep it, or to use the short name"
        );
    }
    let store = place.store().await?;
    let mut transaction = store.worker().await?;
    let name = named(&mut transaction, &arguments.id, arguments.name.as_deref()).await?;
    let tenant = Some(arguments.id.clone());
    let act = Act { tenant, ..Act::new("tenants add", format!("tenant {}", arguments.id)) };
    arguments.operator.did(&mut transaction, &act, json!({ "name": name })).await?;
    store::commit(transaction).await?;
    let text = format!("tenant {} is there, named {name}", arguments.id);
    Answer::new(text, &json!({ "id": arguments.id, "name": name }))
}

/// Makes sure that the tenant exists. Returns its name.
async fn named(
    connection: &mut PgConnection,
    id: &TenantId,
    given: Option<&str>,
) -> anyhow::Result<String> {
    if let Some(name) = given {
        store::tenants::put(connection, id, name).await?;
        return Ok(name.to_owned());
    }
    if store::tenants::create(connection, id, id.as_str()).await? {
        return Ok(id.to_string());
    }
    let tenants = store::tenants::list(connection).await?;
    let there = tenants.into_iter().find(|tenant| tenant.id == *id);
    Ok(there.map_or_else(|| id.to_string(), |tenant| tenant.name))
}
