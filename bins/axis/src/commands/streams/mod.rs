//! `axis streams …`

pub mod apply;
pub mod check;
pub mod status;

use clap::Subcommand;

use crate::{Answer, Place};

/// What to do with the streams.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Create the streams that are missing and change what differs; nothing is ever deleted
    Apply(apply::Arguments),
    /// Compare the streams with their declarations; exit code 1 if something differs
    Check,
    /// Show how much the streams hold and how far their consumers are
    Status,
}

impl Command {
    pub(crate) async fn run(self, place: &Place) -> anyhow::Result<Answer> {
        match self {
            Self::Apply(arguments) => apply::run(&arguments, place).await,
            Self::Check => check::run(place).await,
            Self::Status => status::run(place).await,
        }
    }
}
