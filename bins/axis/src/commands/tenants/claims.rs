//! `axis tenants claims …`

use anyhow::bail;
use clap::{Args, Subcommand};
use domain::TenantId;
use serde_json::json;
use store::Error;

use crate::answer::table;
use crate::audit::{Act, Operator};
use crate::{Answer, Place};

/// What to do with the claims.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Let a claim mean a tenant
    Add(Arguments),
    /// List the claims
    List,
    /// Let a claim mean nobody any more
    Remove(Arguments),
}

/// Which claim, and which tenant.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The tenant
    tenant: TenantId,

    /// What the OpenID provider's tenant claim says of its people
    claim: String,

    #[command(flatten)]
    operator: Operator,
}

impl Command {
    pub(crate) async fn run(self, place: &Place) -> anyhow::Result<Answer> {
        match self {
            Self::Add(arguments) => add(&arguments, place).await,
            Self::List => list(place).await,
            Self::Remove(arguments) => remove(&arguments, place).await,
        }
    }
}

async fn add(arguments: &Arguments, place: &Place) -> anyhow::Result<Answer> {
    let Arguments { tenant, claim, operator } = arguments;
    if let Some(why) = identity::unfit(claim) {
        bail!("claim {claim:?} would let nobody in: it {why}");
    }
    let store = place.store().await?;
    let mut transaction = store.worker().await?;
    match store::tenant_claims::put(&mut transaction, claim, tenant).await {
        Ok(put) if put.claim.tenant == *tenant => {}
        Ok(_) => bail!("claim {claim:?} means another tenant: see `axis tenants claims list`"),
        Err(Error::Data(_)) => bail!("there is no tenant {tenant}: see `axis tenants list`"),
        Err(error) => return Err(error.into()),
    }
    let details = json!({ "claim": claim });
    operator.did(&mut transaction, &act("tenants claims add", tenant), details).await?;
    store::commit(transaction).await?;
    let text = format!("claim {claim:?} means tenant {tenant}");
    Answer::new(text, &json!({ "tenant": tenant, "claim": claim }))
}

async fn list(place: &Place) -> anyhow::Result<Answer> {
    let store = place.store().await?;
    let claims = store::tenant_claims::list(&mut *store.worker().await?, None).await?;
    let rows: Vec<_> =
        claims.iter().map(|one| [one.tenant.to_string(), one.claim.clone()]).collect();
    Answer::new(table(["tenant", "claim"], &rows), &claims)
}

async fn remove(arguments: &Arguments, place: &Place) -> anyhow::Result<Answer> {
    let Arguments { tenant, claim, operator } = arguments;
    let store = place.store().await?;
    let mut transaction = store.worker().await?;
    if !store::tenant_claims::remove(&mut transaction, claim, tenant).await? {
        bail!("claim {claim:?} does not mean tenant {tenant}: see `axis tenants claims list`");
    }
    let details = json!({ "claim": claim });
    operator.did(&mut transaction, &act("tenants claims remove", tenant), details).await?;
    store::commit(transaction).await?;
    let text = format!("claim {claim:?} means nobody");
    Answer::new(text, &json!({ "tenant": tenant, "claim": claim }))
}

fn act(action: &'static str, tenant: &TenantId) -> Act {
    Act { tenant: Some(tenant.clone()), ..Act::new(action, format!("tenant {tenant}")) }
}
