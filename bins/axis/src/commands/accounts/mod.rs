//! `axis accounts …`

pub mod add;
pub mod disconnect;
pub mod list;
pub mod publish;
pub mod rotate;

use clap::Subcommand;

use crate::{Answer, Place};

/// What to do with the accounts.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Add a Chatwoot account, or renew its token
    Add(add::Arguments),
    /// List the accounts, without their tokens
    List,
    /// Take another token into use, or have Chatwoot sign with another secret
    Rotate(rotate::Arguments),
    /// Serve an account no more; its data stay
    Disconnect(disconnect::Arguments),
    /// Tell the receivers of all accounts again, from the database
    Publish,
}

impl Command {
    pub(crate) async fn run(self, place: &Place) -> anyhow::Result<Answer> {
        match self {
            Self::Add(arguments) => add::run(arguments, place).await,
            Self::List => list::run(place).await,
            Self::Rotate(arguments) => rotate::run(arguments, place).await,
            Self::Disconnect(arguments) => disconnect::run(&arguments, place).await,
            Self::Publish => publish::run(place).await,
        }
    }
}
