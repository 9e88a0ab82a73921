//! `axis reconcile …`

pub mod now;
pub mod status;

use clap::Subcommand;

use crate::{Answer, Place};

/// What to do about what webhooks missed.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Compare recent changes with Chatwoot at once; the sync workers do so every few minutes
    Now(now::Arguments),
    /// Show how far each account has been compared, and what was found
    Status,
}

impl Command {
    pub(crate) async fn run(self, place: &Place) -> anyhow::Result<Answer> {
        match self {
            Self::Now(arguments) => now::run(&arguments, place).await,
            Self::Status => status::run(place).await,
        }
    }
}
