//! Config of administering accounts.

use clap::Args;
use domain::{SealError, SecretKey};
use secrecy::{ExposeSecret as _, SecretString};

/// What administering accounts needs to know.
#[derive(Debug, Clone, Default, Args)]
#[group(skip)]
#[command(next_help_heading = "Accounts")]
pub struct Config {
    /// Key under which tokens and webhook secrets are sealed, 64 hexadecimal digits; unset: accounts
    /// are connected and changed with `axis` only, and an attachment whose address is good no more is
    /// not available
    #[arg(long, env = "AXIS_SECRET_KEY", hide_env_values = true, value_name = "HEX")]
    pub secret_key: Option<SecretString>,

    /// Scheme and host under which Chatwoot reaches the receiver, `https://axis.example.com`; unset:
    /// webhooks are registered with `axis webhook register` only
    #[arg(long, env = "AXIS_PUBLIC_URL", value_name = "URL", value_parser = Config::address)]
    pub public_url: Option<String>,

    /// Lets callers connect installations at private addresses and without TLS: then whoever may
    /// manage accounts can have this program call machines of its own network
    #[arg(long, env = "ACCOUNTS_ALLOW_PRIVATE")]
    pub accounts_allow_private: bool,
}

impl Config {
    /// The key, if there is one.
    pub fn key(&self) -> Result<Option<SecretKey>, SealError> {
        self.secret_key.as_ref().map(|text| text.expose_secret().parse()).transpose()
    }

    /// Refuses what is no address that Chatwoot could call, or a person open.
    pub fn address(text: &str) -> Result<String, String> {
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        match rest {
            Some(rest) if !rest.is_empty() && !rest.contains(['?', '#', '@', ' ']) => {
                Ok(text.trim_end_matches('/').to_owned())
            }
            _ => Err("give scheme and host, such as https://support.example.com".to_owned()),
        }
    }
}
