//! `axis dead-letters …`

pub mod drop;
pub mod list;
pub mod redrive;
mod round;
mod selection;
pub mod show;

use clap::Subcommand;

use crate::{Answer, Place};

/// What to do with the dead letters.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List what could not be processed and why, newest first
    List(list::Arguments),
    /// Show one, with personal data masked
    Show(show::Arguments),
    /// Send what could not be processed to the workers again, once the cause is fixed
    Redrive(redrive::Arguments),
    /// Remove what will never be processed
    Drop(drop::Arguments),
}

impl Command {
    pub(crate) async fn run(self, place: &Place) -> anyhow::Result<Answer> {
        match self {
            Self::List(arguments) => list::run(&arguments, place).await,
            Self::Show(arguments) => show::run(&arguments, place).await,
            Self::Redrive(arguments) => redrive::run(arguments, place).await,
            Self::Drop(arguments) => drop::run(arguments, place).await,
        }
    }
}
