//! Settings for consuming events.

use clap::Args;

/// How much a worker takes at once.
#[derive(Debug, Clone, Args)]
#[group(skip)]
#[command(next_help_heading = "Consuming")]
pub struct Config {
    /// Most events in one transaction, 1 to 1000
    #[arg(
        long,
        env = "SYNC_BATCH",
        default_value_t = 200,
        value_name = "COUNT",
        value_parser = clap::value_parser!(u16).range(1..=1000)
    )]
    pub sync_batch: u16,

    /// Transactions at the same time, 1 to 32; each holds a database connection, and one account's
    /// events all but one of them at most, a quarter while there are others'
    #[arg(
        long,
        env = "SYNC_CONCURRENCY",
        default_value_t = 4,
        value_name = "COUNT",
        value_parser = clap::value_parser!(u16).range(1..=32)
    )]
    pub sync_concurrency: u16,
}

impl Default for Config {
    fn default() -> Self {
        Self { sync_batch: 200, sync_concurrency: 4 }
    }
}
