//! Config of the API.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use axum::http::HeaderValue;
use clap::Args;

use crate::auth::AuthMode;

/// What the API alone needs to know.
#[derive(Debug, Clone, Args)]
#[group(skip)]
#[command(next_help_heading = "API")]
pub struct Config {
    /// Origins whose pages may call the API from a browser, such as `https://desk.example.com`,
    /// separated by commas; none: only pages that the API serves itself
    #[arg(
        long,
        env = "CORS_ORIGIN",
        value_delimiter = ',',
        value_name = "ORIGIN",
        value_parser = origin
    )]
    pub cors_origin: Vec<HeaderValue>,

    /// How callers prove who they are
    #[arg(long, env = "AUTH_MODE", value_enum, default_value_t = AuthMode::Dev)]
    pub auth_mode: AuthMode,

    /// Lets `AUTH_MODE=dev` listen on addresses that other machines can reach: then whoever reaches
    /// it is an administrator
    #[arg(long, env = "DEV_AUTH_ANYWHERE")]
    pub dev_auth_anywhere: bool,

    /// Seconds during which a message can be taken back before it leaves, 0 to 600
    #[arg(
        long,
        env = "UNDO_SECONDS",
        default_value_t = 0,
        value_name = "SECONDS",
        value_parser = clap::value_parser!(u64).range(0..=600)
    )]
    pub undo_seconds: u64,

    /// Seconds of silence after which a live stream gets a sign of life, 1 to 30
    #[arg(
        long,
        env = "SSE_HEARTBEAT_SECONDS",
        default_value_t = 15,
        value_name = "SECONDS",
        value_parser = clap::value_parser!(u64).range(1..=30)
    )]
    pub sse_heartbeat_seconds: u64,

    /// Folder with the built Shell, served under `/app/`; unset: it is served by somebody else
    #[arg(long, env = "SHELL_DIR", value_name = "FOLDER")]
    pub shell_dir: Option<PathBuf>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            cors_origin: Vec::new(),
            auth_mode: AuthMode::Dev,
            dev_auth_anywhere: false,
            undo_seconds: 0,
            sse_heartbeat_seconds: 15,
            shell_dir: None,
        }
    }
}

/// These settings would open the API to strangers.
#[derive(Debug, thiserror::Error)]
#[error(
    "AUTH_MODE=dev lets everybody in, so it listens on this machine only, not on {host}; \
     set HOST=127.0.0.1, or DEV_AUTH_ANYWHERE=true if that is wanted"
)]
pub struct OpenToAll {
    host: String,
}

impl Config {
    /// Refuses to let strangers in by mistake when listening on this address.
    pub fn check(&self, host: &str) -> Result<(), OpenToAll> {
        let local = host == "localhost"
            || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
        match self.auth_mode {
            AuthMode::Dev if !local && !self.dev_auth_anywhere => {
                Err(OpenToAll { host: host.to_owned() })
            }
            AuthMode::Dev => Ok(()),
        }
    }

    pub(crate) fn undo(&self) -> Duration {
        Duration::from_secs(self.undo_seconds)
    }

    pub(crate) fn heartbeat(&self) -> Duration {
        Duration::from_secs(self.sse_heartbeat_seconds)
    }
}

/// Any page of any site is no origin: such a page could act for whoever opens it.
fn origin(text: &str) -> Result<HeaderValue, String> {
    let refusal = || format!("{text:?} is no origin; write it like https://desk.example.com");
    if !text.starts_with("http://") && !text.starts_with("https://") || text.ends_with('/') {
        return Err(refusal());
    }
    text.parse().map_err(|_| refusal())
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
        let parsed = Alone::try_parse_from(["api"]).unwrap();
        assert_eq!(format!("{:?}", parsed.config), format!("{:?}", Config::default()));
    }

    #[test]
    fn bad_values_are_refused() {
        for (option, value) in [
            ("--undo-seconds", "601"),
            ("--sse-heartbeat-seconds", "31"),
            ("--auth-mode", "none"),
            ("--cors-origin", "*"),
            ("--cors-origin", "https://a\nb"),
            ("--cors-origin", "https://desk.example/"),
        ] {
            assert!(Alone::try_parse_from(["api", option, value]).is_err(), "{option}");
        }
    }

    #[test]
    fn development_access_stays_on_this_machine_unless_told_otherwise() {
        let config = Config::default();
        for host in ["127.0.0.1", "::1", "localhost"] {
            assert!(config.check(host).is_ok(), "{host}");
        }
        let anywhere = Config { dev_auth_anywhere: true, ..Config::default() };
        for host in ["0.0.0.0", "::", "10.1.2.3", "desk.example.com"] {
            assert!(config.check(host).is_err(), "{host}");
            assert!(anywhere.check(host).is_ok(), "{host}");
        }
    }
}
