//! Settings that all programs have.

use std::time::Duration;

use clap::{Args, ValueEnum};

/// Settings that all programs have.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Running")]
pub struct Config {
    /// Which log lines are written: a level, or levels by module (`info,bus=debug`)
    #[arg(
        id = "log",
        long = "log",
        env = "AXIS_LOG",
        default_value = "info",
        value_name = "FILTER"
    )]
    pub log: String,

    /// How log lines look
    #[arg(long, env = "AXIS_LOG_FORMAT", value_enum, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,

    /// Seconds that work in hand may take after a signal to stop, 1 to 600
    #[arg(
        long,
        env = "AXIS_SHUTDOWN_SECONDS",
        default_value_t = 20,
        value_name = "SECONDS",
        value_parser = clap::value_parser!(u64).range(1..=600)
    )]
    pub shutdown_seconds: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self { log: "info".to_owned(), log_format: LogFormat::Text, shutdown_seconds: 20 }
    }
}

impl Config {
    /// How long work in hand may take after a signal to stop.
    pub fn shutdown_deadline(&self) -> Duration {
        Duration::from_secs(self.shutdown_seconds)
    }
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people
    Text,
    /// For machines: one JSON object a line
    Json,
}
