//! `axis webhook …`

pub mod check;
pub mod register;
pub mod test;

use clap::Subcommand;

use crate::{Answer, Place};

/// What to do with the webhook.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Have Chatwoot call our receiver, and keep the secret; safe to repeat
    Register(register::Arguments),
    /// Ask Chatwoot how the webhook of each account is, and say what mends it; exit code 1 unless all
    /// are well
    Check(check::Arguments),
    /// Send an example of every event to the receiver, and see what becomes of it; exit code 1
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
