//! Settings of files.

use clap::Args;
use secrecy::SecretString;

/// How files are fetched from Chatwoot.
#[derive(Debug, Clone, Args)]
#[group(skip)]
#[command(next_help_heading = "Attachments")]
pub struct Config {
    /// The key under which access tokens are sealed, 64 hexadecimal digits: for asking Chatwoot where
    /// an attachment is whose address is good no more; unset: such attachments are not available
    #[arg(
        id = "files_secret_key",
        long = "secret-key",
        env = "AXIS_SECRET_KEY",
        hide_env_values = true,
        value_name = "HEX"
    )]
    pub secret_key: Option<SecretString>,

    /// Hosts on private networks to which Chatwoot may redirect for an attachment, besides itself, as
    /// `minio.internal` or `10.1.2.3:9000`, separated by commas; public hosts need not be named
    #[arg(long, env = "ATTACHMENT_HOSTS", value_delimiter = ',', value_name = "HOST")]
    pub attachment_hosts: Vec<String>,

    /// The largest attachment that is fetched from Chatwoot, in MiB, 1 to 2048
    #[arg(
        long,
        env = "ATTACHMENT_MAX_MIB",
        default_value_t = 256,
        value_name = "MIB",
        value_parser = clap::value_parser!(u32).range(1..=2_048)
    )]
    pub attachment_max_mib: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self { secret_key: None, attachment_hosts: Vec::new(), attachment_max_mib: 256 }
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
    fn the_defaults_are_those_of_the_help() {
        Alone::command().debug_assert();
        let parsed = Alone::try_parse_from(["api", "--attachment-hosts", "a,b:9000"]).unwrap();
        let config = Config {
            attachment_hosts: vec!["a".to_owned(), "b:9000".to_owned()],
            ..Config::default()
        };
        let without_key = Config { secret_key: None, ..parsed.config };
        assert_eq!(format!("{without_key:?}"), format!("{config:?}"));
    }
}
