//! `axis tenants …`

pub mod add;
pub mod claims;
pub mod list;

use anyhow::bail;
use clap::Subcommand;
use domain::TenantId;
use store::PgConnection;

use crate::{Answer, Place};

/// What to do with the tenants.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Add a tenant, or rename it
    Add(add::Arguments),
    /// List the tenants
    List,
    /// Say which tenant the OpenID provider's claims mean
    #[command(subcommand)]
    Claims(claims::Command),
}

/// Fails for a tenant that does not exist.
pub(crate) async fn require(
    connection: &mut PgConnection,
    tenant: &TenantId,
) -> anyhow::Result<()> {
    if !store::tenants::list(connection).await?.iter().any(|one| one.id == *tenant) {
        bail!("there is no tenant {tenant}: see `axis tenants list`");
    }
    Ok(())
}

impl Command {
    pub(crate) async fn run(self, place: &Place) -> anyhow::Result<Answer> {
        match self {
            Self::Add(arguments) => add::run(&arguments, place).await,
            Self::List => list::run(place).await,
            Self::Claims(command) => command.run(place).await,
        }
    }
}
