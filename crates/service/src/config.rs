//! Settings common to all programs.

use std::net::IpAddr;
use std::time::Duration;

use clap::{Args, ValueEnum};
use tokio::net::TcpListener;

use crate::serve::MOST_CONNECTIONS;
use crate::{ListenError, Listener};

/// Quietens the NATS client, which logs every attempt to reconnect. The bus logs that once.
const DEFAULT_LOG: &str = "info,async_nats=warn";

/// Settings common to all programs.
#[derive(Debug, Clone, Args)]
#[group(skip)]
#[command(next_help_heading = "Running")]
pub struct Config {
    /// Which log lines are written: a level, or levels by module (`info,bus=debug`)
    #[arg(
        id = "log",
        long = "log",
        env = "AXIS_LOG",
        default_value = DEFAULT_LOG,
        value_name = "FILTER"
    )]
    pub log: String,

    /// How log lines look
    #[arg(long, env = "AXIS_LOG_FORMAT", value_enum, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,

    /// Seconds that work in hand may take after a signal to stop, requests 10 of them at most; 1 to 600
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
        Self { log: DEFAULT_LOG.to_owned(), log_format: LogFormat::Text, shutdown_seconds: 20 }
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

/// Where a program listens. `PORT` is its default port.
#[derive(Debug, Clone, Args)]
#[group(skip)]
#[command(next_help_heading = "Listening")]
pub struct HttpConfig<const PORT: u16> {
    /// Address to listen on; 0.0.0.0 for all
    #[arg(long, env = "HOST", default_value = "127.0.0.1")]
    pub host: String,

    /// Port to listen on; 0 for a free one
    #[arg(long, env = "PORT", default_value_t = PORT)]
    pub port: u16,

    /// How many connections are served.
    #[command(flatten)]
    pub places: Places,
}

/// How many connections are served.
#[derive(Debug, Clone, Args)]
#[group(skip)]
#[command(next_help_heading = "Listening")]
pub struct Places {
    /// How many connections are served at a time; further ones wait
    #[arg(
        long,
        env = "MAX_CONNECTIONS",
        default_value_t = MOST_CONNECTIONS,
        value_parser = clap::value_parser!(u32).range(1..=1_000_000)
    )]
    pub max_connections: u32,

    /// Addresses of proxies and balancers that may have any number of the connections, separated by commas;
    /// those of private networks may anyway, any other address has an eighth at most
    #[arg(long, env = "TRUSTED_PROXIES", value_delimiter = ',', value_name = "ADDRESS")]
    pub trusted_proxies: Vec<IpAddr>,
}

impl Places {
    /// Makes a listener that serves at most [`Places::max_connections`] at a time.
    pub fn at(&self, tcp: TcpListener) -> Listener {
        Listener::with_places(tcp, self.max_connections).trusting(&self.trusted_proxies)
    }
}

impl<const PORT: u16> HttpConfig<PORT> {
    /// Listens on the configured address.
    pub async fn listen(&self) -> Result<Listener, ListenError> {
        Ok(self.places.at(crate::listen(&self.host, self.port).await?))
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Program {
        #[command(flatten)]
        service: Config,
        #[command(flatten)]
        http: HttpConfig<8080>,
    }

    #[test]
    fn what_nobody_sets_is_as_in_the_default() {
        let parsed = Program::try_parse_from(["program"]).unwrap();
        assert_eq!(format!("{:?}", parsed.service), format!("{:?}", Config::default()));
        assert_eq!(parsed.http.places.max_connections, MOST_CONNECTIONS);
    }
}
