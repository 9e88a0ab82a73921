//! Settings of the database.

use clap::Args;
use secrecy::SecretString;

/// Where the database is.
#[derive(Debug, Clone, Args)]
#[group(skip)]
#[command(next_help_heading = "Postgres")]
pub struct Config {
    /// Address of the database, `postgres://user:password@host:port/name`; a transaction-pooling
    /// proxy is fine if it supports prepared statements (Neon; `PgBouncer` 1.21 and later)
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    pub database_url: SecretString,

    /// Address that bypasses a pooling proxy, for LISTEN, migrations and the outbound workers' locks;
    /// unset: the same as `DATABASE_URL`
    #[arg(long, env = "DATABASE_DIRECT_URL", hide_env_values = true, value_name = "URL")]
    pub database_direct_url: Option<SecretString>,

    /// Most connections that the program holds at once, 2 to 500
    #[arg(
        long,
        env = "DATABASE_CONNECTIONS",
        default_value_t = 16,
        value_name = "COUNT",
        value_parser = clap::value_parser!(u32).range(2..=500)
    )]
    pub database_connections: u32,
}

impl Config {
    /// The address to use for work that needs a session, such as LISTEN.
    pub fn direct(&self) -> &SecretString {
        self.database_direct_url.as_ref().unwrap_or(&self.database_url)
    }

    /// The default settings for a database at this address.
    pub fn for_url(url: &str) -> Self {
        Self { database_url: url.into(), database_direct_url: None, database_connections: 16 }
    }
}
