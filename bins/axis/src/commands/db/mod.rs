//! `axis db …`

pub mod check;
pub mod restored;

use clap::Subcommand;

use crate::{Answer, Place};

/// What to do with the database.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show what is in the database, newest first, and what looks wrong. Exit code 1 if something
    /// does that does not pass by itself
    Check(check::Arguments),
    /// After a restore: let the outbound workers carry out what waits, once looked up, and have every screen
    /// load again
    Restored(restored::Arguments),
}

impl Command {
    pub(crate) async fn run(self, place: &Place) -> anyhow::Result<Answer> {
        match self {
            Self::Check(arguments) => check::run(&arguments, place).await,
            Self::Restored(arguments) => restored::run(&arguments, place).await,
        }
    }
}
