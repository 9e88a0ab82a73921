//! `axis accounts …`

pub mod add;
pub mod disconnect;
pub mod links;
pub mod list;
pub mod publish;
pub mod reseal;
pub mod rotate;
pub mod unlink;

use clap::Subcommand;
use domain::AccountKey;
use store::Store;

use crate::{Answer, Place};

/// What to do with the accounts.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Add a Chatwoot account, or renew its token
    Add(add::Arguments),
    /// List the accounts, without their tokens
    List,
    /// Replace an account's token, or have Chatwoot sign with a new secret
    Rotate(rotate::Arguments),
    /// Seal all tokens and secrets anew, under the first of several keys in `AXIS_SECRET_KEY`
    Reseal(reseal::Arguments),
    /// List people whose own tokens their replies go out with
    Links(links::Arguments),
    /// Delete somebody's own token, when they have left
    Unlink(unlink::Arguments),
    /// Stop serving an account; its data stay
    Disconnect(disconnect::Arguments),
    /// Tell the receivers about all accounts again, from the database
    Publish,
}

/// Returns the key of the account that an operator means. A disconnected account can be named by
/// its key only.
pub(crate) async fn known(store: &Store, wanted: &str) -> anyhow::Result<AccountKey> {
    if let Ok(key) = wanted.parse::<AccountKey>()
        && store::accounts::ended(store).await?.iter().any(|(ended, _)| *ended == key)
    {
        return Ok(key);
    }
    Ok(accounts::find(store::accounts::all(store).await?, wanted)?.id)
}

impl Command {
    pub(crate) async fn run(self, place: &Place) -> anyhow::Result<Answer> {
        match self {
            Self::Add(arguments) => add::run(arguments, place).await,
            Self::List => list::run(place).await,
            Self::Rotate(arguments) => rotate::run(arguments, place).await,
            Self::Reseal(arguments) => reseal::run(arguments, place).await,
            Self::Links(arguments) => links::run(&arguments, place).await,
            Self::Unlink(arguments) => unlink::run(&arguments, place).await,
            Self::Disconnect(arguments) => disconnect::run(&arguments, place).await,
            Self::Publish => publish::run(place).await,
        }
    }
}
