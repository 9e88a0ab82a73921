//! Settings of files.

use clap::Args;

/// How files are fetched from Chatwoot, and how many are kept.
#[derive(Debug, Clone, Args)]
#[group(skip)]
#[command(next_help_heading = "Attachments")]
pub struct Config {
    /// Hosts on private networks to which Chatwoot may redirect for an attachment, besides itself, such as
    /// `minio.internal` or `10.1.2.3:9000`, separated by commas; public hosts need not be named
    #[arg(
        long,
        env = "ATTACHMENT_HOSTS",
        value_delimiter = ',',
        value_name = "HOST",
        value_parser = host
    )]
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

    /// MiB of files that a tenant's callers may send with messages in 24 hours. Beyond that they
    /// are refused (409 `too-many-bytes`). 0 means no limit
    #[arg(
        long,
        env = "ATTACHMENT_MIB_PER_DAY",
        default_value_t = 20_480,
        value_name = "MIB",
        value_parser = clap::value_parser!(u32).range(0..=1_000_000_000)
    )]
    pub attachment_mib_per_day: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            attachment_hosts: Vec::new(),
            attachment_max_mib: 256,
            attachment_mib_per_day: 20_480,
        }
    }
}

/// Refuses what cannot be the host of a redirect. An IPv6 address is in brackets, as it is there.
fn host(text: &str) -> Result<String, String> {
    let host = text.trim();
    let behind = host.rsplit_once(']').map_or(host, |(_, behind)| behind);
    let is_port = |port: &str| port.parse::<u16>().is_ok();
    let fits = !host.starts_with(':')
        && !host.contains(['/', '@', ' '])
        && behind.split_once(':').is_none_or(|(_, port)| is_port(port));
    if fits {
        Ok(host.to_owned())
    } else {
        Err("give a host, or a host and its port, such as minio.internal:9000".to_owned())
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
        assert_eq!(format!("{:?}", parsed.config), format!("{config:?}"));
    }

    #[test]
    fn a_host_is_no_address() {
        for fine in ["", "minio", " minio.internal:9000", "10.1.2.3", "[fd00::1]:9000", "[fd00::1]"]
        {
            assert_eq!(host(fine).unwrap(), fine.trim());
        }
        for wrong in ["http://minio", "minio/bucket", "minio:", "minio:port", ":9000", "fd00::1"] {
            assert!(host(wrong).is_err(), "{wrong}");
        }
    }
}
