//! The operator's tool: runs everything on one machine, sets up, checks and repairs.
//!
//! One file per command under [`commands`]: its arguments, and a function that returns an
//! [`Answer`], printed as text or JSON. What commands share:
//!
//! - [`Place`]: which database, which NATS, which key; those of an `axis up` in the data folder
//!   unless told otherwise;
//! - [`up`]: every program of the project in one process.

mod answer;
mod audit;
pub mod commands;
mod conflict;
mod place;
mod progress;
pub mod up;

use std::process::ExitCode;

use clap::Parser;

pub use answer::{Answer, Output};
pub use place::Place;

/// Runs, sets up and checks AXIS-AFENDA
///
/// `axis up` runs everything on this machine. The other commands act on the database and NATS that
/// `DATABASE_URL` and `NATS_URL` name, or else on those of an `axis up` that runs in this folder.
#[derive(Debug, Parser)]
#[command(name = "axis", version)]
pub struct Axis {
    /// How answers are printed
    #[arg(long, global = true, value_enum, default_value_t = Output::Text)]
    output: Output,

    #[command(flatten)]
    place: Place,

    #[command(subcommand)]
    command: commands::Command,
}

impl Axis {
    /// Runs the command, whose answer decides the exit code.
    pub async fn run(self) -> anyhow::Result<ExitCode> {
        let answer = tokio::select! {
            answer = Box::pin(self.command.run(&self.place, self.output)) => answer?,
            silence = self.place.silence() => return Err(silence),
        };
        answer.print(self.output)?;
        Ok(answer.exit_code())
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_sound() {
        super::Axis::command().debug_assert();
    }

    #[test]
    fn the_help_of_up_says_that_the_settings_of_all_programs_work() {
        let mut all = super::Axis::command();
        let help = all.find_subcommand_mut("up").map(|up| up.render_long_help().to_string());
        assert!(help.is_some_and(|help| help.contains("Settings that are not listed here")));
    }
}
