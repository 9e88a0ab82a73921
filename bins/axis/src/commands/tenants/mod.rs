//! `axis tenants …`

pub mod add;
pub mod claims;
pub mod list;

use clap::Subcommand;

use crate::{Answer, Place};

/// What to do with the tenants.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Add a tenant, or rename it
    Add(add::Arguments),
    /// List the tenants
    List,
    /// Which tenant the OpenID provider means
    #[command(subcommand)]
    Claims(claims::Command),
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
