//! Settings for administering accounts.

use clap::Args;
use domain::{SealError, SecretKey};
use secrecy::{ExposeSecret as _, SecretString};

use crate::registration::WEBHOOKS;

/// Settings for administering accounts.
#[derive(Debug, Clone, Args)]
#[group(skip)]
#[command(next_help_heading = "Accounts")]
pub struct Config {
    /// Key under which tokens and webhook secrets are sealed and tickets signed, 64 hexadecimal digits;
    /// of several, separated by commas, the first seals and signs and each opens and verifies; unset:
    /// accounts can be connected and changed with `axis` only, attachments whose address has expired
    /// are not available, and tickets of one process wait among made-up ones at another
    #[arg(long, env = "AXIS_SECRET_KEY", hide_env_values = true, value_name = "HEX")]
    pub secret_key: Option<SecretString>,

    /// Scheme and host under which Chatwoot reaches the receiver, `https://axis.example.com`; unset:
    /// webhooks are registered with `axis webhook register` only
    #[arg(long, env = "AXIS_PUBLIC_URL", value_name = "URL", value_parser = Config::receiver)]
    pub public_url: Option<String>,

    /// Lets callers connect installations at private addresses and without TLS: then whoever may
    /// manage accounts can have this program call machines of its own network
    #[arg(long, env = "ACCOUNTS_ALLOW_PRIVATE")]
    pub accounts_allow_private: bool,

    /// Accounts that a tenant may have connected by itself, 0: any number; operators connect more with
    /// `axis accounts add`
    #[arg(
        long,
        env = "ACCOUNTS_PER_TENANT",
        default_value_t = 20,
        value_name = "COUNT",
        value_parser = clap::value_parser!(u32).range(0..=1_000_000)
    )]
    pub accounts_per_tenant: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            secret_key: None,
            public_url: None,
            accounts_allow_private: false,
            accounts_per_tenant: 20,
        }
    }
}

impl Config {
    /// The key, if there is one.
    pub fn key(&self) -> Result<Option<SecretKey>, SealError> {
        self.secret_key.as_ref().map(|text| text.expose_secret().parse()).transpose()
    }

    /// Checks an address that Chatwoot can call or a person can open, and returns it without a slash at its end.
    pub fn address(text: &str) -> Result<String, String> {
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        match rest {
            Some(rest) if !rest.is_empty() && !rest.contains(['?', '#', '@', ' ']) => {
                Ok(text.trim_end_matches('/').to_owned())
            }
            _ => Err("give scheme and host, such as https://support.example.com".to_owned()),
        }
    }

    /// Checks the address of the receivers, which is followed by their own path. A proxy may have them below a path of
    /// its own, but an address that already ends in their path, or in the beginning of it, is a mistake.
    pub fn receiver(text: &str) -> Result<String, String> {
        let address = Self::address(text)?;
        let (_, place) = address.split_once("://").unwrap_or_default();
        let path = place.find('/').and_then(|at| place.get(at..)).unwrap_or_default();
        let begins =
            path.ends_with("/api") || path.ends_with("/api/v1") || path.ends_with("/webhooks");
        if begins || path.contains(WEBHOOKS) {
            return Err(format!(
                "Chatwoot would post to {address}{WEBHOOKS}/…: give the address without {path}"
            ));
        }
        Ok(address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_leads_to_receivers_may_be_below_a_path_and_does_not_end_in_their_own() {
        for fine in [
            "https://a.example.com",
            "http://10.0.0.1:8080/",
            "https://a.example.com/hooks",
            "https://a.example.com/api/hooks",
        ] {
            assert_eq!(Config::receiver(fine).unwrap(), fine.trim_end_matches('/'));
        }
        for wrong in [
            "https://a.example.com/api",
            "https://a.example.com/api/v1/",
            "https://a.example.com/hooks/api/v1/webhooks/chatwoot",
            "https://a.example.com/api/v1/webhooks/chatwoot/0f",
        ] {
            let refused = Config::receiver(wrong).unwrap_err();
            assert!(refused.contains("would post to"), "{refused}");
        }
        assert!(Config::receiver("a.example.com").unwrap_err().contains("scheme"));
    }
}
