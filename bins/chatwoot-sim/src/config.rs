//! Settings, from the command line or from code.

use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use tokio::net::TcpListener;

use crate::dispatch::DeliveryOptions;
use crate::faults::Millis;

/// A Chatwoot for development and tests: its state is in memory, it sends webhooks and answers REST
/// like the original, and it goes wrong on demand.
///
/// The application API is under /api/v1; the tokens of account 1 are `sim-admin-token`,
/// `sim-agent-1-token` to `sim-agent-4-token` and `sim-bot-token`. The control API is under `/_sim`
/// and asks for no token: listen on loopback only.
#[derive(Debug, Clone, clap::Parser)]
#[command(name = "chatwoot-sim", version)]
// The settings of several crates are all called `Config`, and groups go by the name of the type.
#[group(skip)]
pub struct Config {
    #[command(flatten)]
    settings: Settings,

    /// Settings of logs and shutdown.
    #[command(flatten)]
    pub service: service::Config,
}

/// The stand-in's settings, also as a part of another program's.
#[derive(Debug, Clone, Args)]
#[group(skip)]
pub struct Settings {
    /// Address to listen on
    #[arg(long = "sim-host", env = "SIM_HOST", default_value = "127.0.0.1")]
    pub host: String,

    /// Port to listen on; 0 picks a free one
    #[arg(long = "sim-port", env = "SIM_PORT", default_value_t = 3100)]
    pub port: u16,

    /// Seed of everything random. The same seed gives the same tokens, people and faults
    #[arg(long = "sim-seed", env = "SIM_SEED", default_value_t = 1)]
    pub seed: u64,

    /// Seconds between two things that happen by themselves; 0 turns that off
    #[arg(long = "trickle", env = "SIM_TRICKLE", default_value_t = 0.0, value_parser = seconds)]
    pub trickle: f64,

    /// How many conversations account 1 has at the start
    #[arg(long = "history", env = "SIM_HISTORY", default_value_t = 0)]
    pub history: usize,

    /// Register a webhook of account 1 to this URL, for all events but those of inboxes; may be
    /// given several times. GET /api/v1/accounts/1/webhooks shows its secret
    #[arg(long = "webhook-url", env = "SIM_WEBHOOK_URL", value_delimiter = ',')]
    pub webhook_urls: Vec<String>,

    /// Milliseconds that the receiver of a webhook has to answer
    #[arg(long, env = "SIM_WEBHOOK_TIMEOUT_MS", default_value_t = 5_000)]
    pub webhook_timeout_ms: u64,

    /// Webhooks sent at a time
    #[arg(long, env = "SIM_WEBHOOK_WORKERS", default_value_t = 8,
          value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..=1_000))]
    pub webhook_workers: usize,
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if (0.0..=86_400.0).contains(&value) => Ok(value),
        _ => Err("give seconds from 0 to 86400".to_owned()),
    }
}

impl Config {
    /// Opens the port.
    pub async fn listen(&self) -> anyhow::Result<TcpListener> {
        let address = (self.settings.host.as_str(), self.settings.port);
        TcpListener::bind(address)
            .await
            .with_context(|| format!("listening on {}:{}", address.0, address.1))
    }

    /// Returns the options that the settings ask for.
    pub fn options(&self) -> Options {
        self.settings.options()
    }
}

impl Settings {
    /// Returns the options that the settings ask for.
    pub fn options(&self) -> Options {
        Options {
            seed: self.seed,
            history: self.history,
            trickle: (self.trickle > 0.0).then(|| Duration::from_secs_f64(self.trickle)),
            delivery_receipts: Some(Millis::between(300, 1_500)),
            webhook_urls: self.webhook_urls.clone(),
            delivery: DeliveryOptions {
                workers: self.webhook_workers,
                timeout: Duration::from_millis(self.webhook_timeout_ms),
                ..DeliveryOptions::default()
            },
            ..Options::default()
        }
    }
}

/// What a stand-in is made of. The default is for tests: account 1, no history, and nothing happens
/// by itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Seed of everything random.
    pub seed: u64,
    /// Accounts to begin with, each with its own people, inboxes and tokens.
    pub accounts: Vec<i64>,
    /// Past conversations of each of them.
    pub history: usize,
    /// Time between two things that happen by themselves. `None` if nothing does.
    pub trickle: Option<Duration>,
    /// How many conversations the trickle lets grow up before the oldest resolved ones go.
    pub conversations_kept: usize,
    /// Time from an outgoing message to `delivered`, and from there to `read`. `None` leaves it at `sent`.
    pub delivery_receipts: Option<Millis>,
    /// Webhooks of the first account, subscribed to all events but those of inboxes.
    pub webhook_urls: Vec<String>,
    /// Most messages per conversation and minute that REST accepts.
    pub messages_per_minute: usize,
    /// How webhooks are delivered.
    pub delivery: DeliveryOptions,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seed: 1,
            accounts: vec![1],
            history: 0,
            trickle: None,
            conversations_kept: 200,
            delivery_receipts: None,
            webhook_urls: Vec::new(),
            messages_per_minute: 200,
            delivery: DeliveryOptions::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_sound() {
        super::Config::command().debug_assert();
    }
}
