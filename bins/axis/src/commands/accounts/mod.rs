//! `axis accounts …`

pub mod add;
pub mod list;
pub mod publish;

use clap::Subcommand;

use crate::{Answer, Place};

/// What to do with the accounts.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Add a Chatwoot account, or renew its token
    Add(add::Arguments),
    /// List the accounts, without their tokens
    List,
    /// Tell the receivers of all accounts again, from the database
    Publish,
}

impl Command {
    pub(crate) async fn run(self, place: &Place) -> anyhow::Result<Answer> {
        match self {
            Self::Add(arguments) => add::run(arguments, place).await,
            Self::List => list::run(place).await,
            Self::Publish => publish::run(place).await,
        }
    }
}
