//! `axis webhook …`

pub mod check;
pub mod register;
pub mod test;

pub(crate) use test::is_example;

use clap::Subcommand;

use crate::{Answer, Place};

/// What to do with the webhook.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Have Chatwoot call our receiver, and store the secret; safe to repeat
    Register(register::Arguments),
    /// Ask Chatwoot for the state of each account's webhook, and say how to mend it. Exit code 1
    /// unless all are well
    Check(check::Arguments),
    /// Send an example of every event to the receiver, and see what becomes of it. Exit code 1
    /// unless all are applied
    Test(test::Arguments),
}

impl Command {
    pub(crate) async fn run(self, place: &Place) -> anyhow::Result<Answer> {
        match self {
            Self::Register(arguments) => register::run(&arguments, place).await,
            Self::Check(arguments) => check::run(&arguments, place).await,
            Self::Test(arguments) => test::run(&arguments, place).await,
        }
    }
}
