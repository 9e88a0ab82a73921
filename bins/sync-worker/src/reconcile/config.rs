//! Settings for comparing rows with Chatwoot.

use std::time::Duration;

use clap::Args;
use domain::{SealError, SecretKey};
use secrecy::{ExposeSecret, SecretString};

/// How often and how fast the rows are compared with Chatwoot.
#[derive(Debug, Clone, Args)]
#[group(skip)]
#[command(next_help_heading = "Comparing with Chatwoot")]
pub struct Config {
    /// The key under which access tokens are sealed: 64 hexadecimal digits, or several such keys,
    /// separated by commas, any of which opens; unset: nothing is
    /// compared, and what webhooks miss stays missing
    #[arg(
        id = "reconcile_secret_key",
        long = "secret-key",
        env = "AXIS_SECRET_KEY",
        hide_env_values = true,
        value_name = "HEX"
    )]
    pub secret_key: Option<SecretString>,

    /// Seconds between two looks at what changed lately, 1 to 86400
    #[arg(
        long,
        env = "RECONCILE_PERIOD_SECONDS",
        default_value_t = 300,
        value_name = "SECONDS",
        value_parser = clap::value_parser!(u64).range(1..=86_400)
    )]
    pub reconcile_period_seconds: u64,

    /// Hours from the end of one walk through everything to the next, 1 to 8760
    #[arg(
        long,
        env = "RECONCILE_WALK_HOURS",
        default_value_t = 24,
        value_name = "HOURS",
        value_parser = clap::value_parser!(u64).range(1..=8_760)
    )]
    pub reconcile_walk_hours: u64,

    /// Requests a second to one Chatwoot host, 1 to 1000, and no more than replies to it leave of
    /// `CHATWOOT_REQUESTS_PER_MINUTE`
    #[arg(
        long,
        env = "RECONCILE_REQUESTS_PER_SECOND",
        default_value_t = 5,
        value_name = "COUNT",
        value_parser = clap::value_parser!(u32).range(1..=1_000)
    )]
    pub reconcile_requests_per_second: u32,

    /// Seconds that a webhook has to arrive before its event counts as missed, 0 to 3600
    #[arg(
        long,
        env = "RECONCILE_GRACE_SECONDS",
        default_value_t = 30,
        value_name = "SECONDS",
        value_parser = clap::value_parser!(u32).range(0..=3_600)
    )]
    pub reconcile_grace_seconds: u32,
}

impl Config {
    /// The default settings, with this key.
    pub fn with(secret_key: SecretString) -> Self {
        Self { secret_key: Some(secret_key), ..Self::default() }
    }

    /// Checks the settings without asking any server, so that a mistake in them is reported first. Fails if the key
    /// cannot be used.
    pub fn check(&self) -> Result<(), SealError> {
        self.key().map(drop)
    }

    /// The key, or `None` if there is none.
    pub(crate) fn key(&self) -> Result<Option<SecretKey>, SealError> {
        let text = self.secret_key.as_ref().map(ExposeSecret::expose_secret);
        text.map(str::parse).transpose()
    }

    pub(super) fn period(&self) -> Duration {
        Duration::from_secs(self.reconcile_period_seconds)
    }

    pub(super) fn walk_period(&self) -> Duration {
        Duration::from_hours(self.reconcile_walk_hours)
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            secret_key: None,
            reconcile_period_seconds: 300,
            reconcile_walk_hours: 24,
            reconcile_requests_per_second: 5,
            reconcile_grace_seconds: 30,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory as _, Parser as _};

    use super::*;

    #[derive(Debug, clap::Parser)]
    struct Alone {
        #[command(flatten)]
        config: Config,
    }

    #[test]
    fn the_defaults_are_those_of_the_help_and_no_secret_is_shown() {
        Alone::command().debug_assert();
        let key = SecretKey::generate_text();
        let parsed = Alone::try_parse_from(["sync-worker", "--secret-key", &key]).unwrap();
        let config = Config::with(key.clone().into());
        assert_eq!(format!("{:?}", parsed.config), format!("{config:?}"));
        assert!(!format!("{parsed:?}").contains(&key));
    }
}
